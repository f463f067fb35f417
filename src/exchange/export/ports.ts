import type { Clock } from '../../core/clock.ts';
import type { RegistryName } from '../../dci/registries/registry.ts';
import type { Registry } from '../../registry/index.ts';
import type { BlobStore } from '../../storage/index.ts';
import type { RowKind } from '../kinds.ts';

export interface ExportDeps {
  readonly registry: Registry;
  readonly blobs: BlobStore;
  readonly clock: Clock;
}

export interface ExportOptions {
  /** Absent: individuals, then groups. */
  readonly kind?: RowKind;
  /** A date, or an RFC 3339 timestamp: what was not changed since then is left out. */
  readonly since?: string;
  /** `dci`: records of this registry instead of resources of API V2. */
  readonly format?: { readonly dci: RegistryName };
}

/** What `export --json` prints. */
export interface ExportReport {
  readonly individuals: number;
  readonly groups: number;
}
