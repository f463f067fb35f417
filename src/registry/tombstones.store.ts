import { anyOf, listOf, type Reader, rowsOf, type Tx } from '../storage/index.ts';
import type { Kind } from './model.ts';
import type { RegistrantRow } from './registrant.store.ts';

/** What is left of a registrant that was deleted. */
export interface Tombstone {
  readonly id: string;
  readonly kind: Kind;
  readonly deletedAt: string;
  readonly reason: string;
}

/** Deletes a registrant's row with all by which it was found, and leaves a tombstone. */
export const bury = async (tx: Tx, row: RegistrantRow, now: string, reason: string): Promise<void> => {
  await rowsOf(tx, 'delete from identifiers where registrant = ?', [row.seq]);
  await rowsOf(tx, 'delete from registrant_values where registrant = ?', [row.seq]);
  await rowsOf(tx, 'delete from registrants where seq = ?', [row.seq]);
  await rowsOf(tx, 'insert into tombstones (id, seq, kind, deleted_at, reason) values (?, ?, ?, ?, ?)', [
    row.id,
    row.seq,
    row.kind,
    now,
    reason,
  ]);
};

export const readTombstones = async (
  reader: Reader,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Tombstone>> => {
  const rows = await rowsOf<{ id: string; kind: Kind; deleted_at: string; reason: string }>(
    reader,
    `select id, kind, deleted_at, reason from tombstones where ${anyOf(reader.profile, 'id')}`,
    [listOf(reader.profile, ids)],
  );
  return new Map(rows.map(({ id, kind, deleted_at, reason }) => [id, { id, kind, deletedAt: deleted_at, reason }]));
};
