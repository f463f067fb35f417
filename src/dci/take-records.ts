import type { Writer } from '../registry/index.ts';
import type { Tx } from '../storage/index.ts';
import type { RegistryName } from './registries/registry.ts';

/** What became of records that were to be taken in. */
export interface Taken {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly failed: number;
  /** `line` is the record's place, from 1; the reason names fields, never values. */
  readonly errors: readonly { readonly line: number; readonly reason: string }[];
}

/** Records that a peer sent us. */
export interface SentRecords {
  readonly registry: RegistryName;
  readonly records: readonly unknown[];
  /** Whom the feed and the provenance name; see `writerFor`. */
  readonly writer: Writer;
}

/** Records to be taken into our registry. */
export interface RecordsToTake extends SentRecords {
  /** The programme that all of them are put into. */
  readonly programme?: string;
}

/** Takes records of another registry into ours, in the caller's transaction. */
export type TakeRecords = (tx: Tx, records: RecordsToTake) => Promise<Taken>;

/** Deactivates those of a source's own registrants that it says to be gone, in the caller's transaction. */
export type EndRecords = (tx: Tx, records: SentRecords) => Promise<Taken>;

/** Whom feed and provenance name for what a peer's record brought. */
export const writerFor = (senderId: string): Writer => `dci:${senderId}`;

export const nothingTaken: Taken = { created: 0, updated: 0, unchanged: 0, failed: 0, errors: [] };

export const sumOf = (a: Taken, b: Taken): Taken => ({
  created: a.created + b.created,
  updated: a.updated + b.updated,
  unchanged: a.unchanged + b.unchanged,
  failed: a.failed + b.failed,
  errors: [...a.errors, ...b.errors],
});
