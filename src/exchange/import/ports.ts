import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import type { RegistryName } from '../../dci/registries/registry.ts';
import type { Registry } from '../../registry/index.ts';
import type { BlobStore, Database } from '../../storage/index.ts';
import type { RowKind } from '../kinds.ts';
import type { Outcome } from './outcome.ts';
import type { ImportReport } from './report.ts';

export interface ImportDeps {
  readonly db: Database;
  readonly registry: Registry;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** A folder for what must wait on disk until the file was read; everything in it goes with the import. */
  readonly temporary: string;
}

export interface ImportOptions {
  readonly path: string;
  /** What every line is; absent: each line says it. */
  readonly kind?: RowKind;
  /** `dci`: one record of this registry per line. */
  readonly format?: { readonly dci: RegistryName };
  /** Writes nothing and reports what would happen. */
  readonly dryRun?: boolean;
  /** Called after each batch. */
  readonly onProgress?: (report: ImportReport) => void;
}

/** Rows of one sort, gathered and written batch by batch. */
export interface RowWriter {
  /** Takes a row, or tells at once why it cannot go in. */
  take(line: number, json: unknown, kind: RowKind): Promise<Outcome | undefined>;
  /** Writes what was taken. */
  flush(): Promise<readonly Outcome[]>;
  /** Writes what waited for the end of the file. */
  finish(): AsyncIterable<readonly Outcome[]>;
  close(): Promise<void>;
}
