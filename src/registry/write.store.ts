import { insertRows, rowsOf, type Tx, takeOrder } from '../storage/index.ts';
import { toDocumentText } from './draft.ts';
import type { Registrant } from './model.ts';
import { toDocument } from './registrant.store.ts';
import { type SearchRows, searchColumns } from './search-rows.ts';

const columns = [
  ...['seq', 'id', 'kind', 'active', 'version', 'created_at', 'updated_at', 'member_count', 'document'],
  ...searchColumns,
];
const overwrite = `on conflict (seq) do update set ${columns
  .slice(3)
  .map((column) => `${column} = excluded.${column}`)
  .join(', ')}`;

/**
 * Numbers for new registrants. They are the default order of every answer, so they are given out in commit order:
 * were a lower number to appear after a higher one was seen, somebody paging through would miss a record.
 */
export const allocateSeqs = async (tx: Tx, count: number): Promise<readonly number[]> => {
  if (count === 0) return [];
  await takeOrder(tx);
  if (tx.profile.name === 'postgres') {
    const rows = await rowsOf<{ seq: number }>(
      tx,
      "select nextval(pg_get_serial_sequence('registrants', 'seq')) as seq from generate_series(1, ?)",
      [count],
    );
    return rows.map(({ seq }) => seq).sort((a, b) => a - b);
  }
  // The writing lock is held, so nobody else can take the numbers that follow.
  const [row] = await rowsOf<{ seq: number }>(tx, "select seq from sqlite_sequence where name = 'registrants'");
  const last = row?.seq ?? 0;
  return Array.from({ length: count }, (_, i) => last + 1 + i);
};

export interface RegistrantWrite {
  readonly seq: number;
  readonly fresh: boolean;
  readonly registrant: Registrant;
  readonly rows: SearchRows;
  /** Place in the caller's batch, for faults. */
  readonly index: number;
}

/** Writes rows of registrants, new and changed. */
export const writeRegistrants = async (tx: Tx, writes: readonly RegistrantWrite[]): Promise<void> => {
  const toRow = ({ seq, registrant, rows, index }: RegistrantWrite): unknown[] => [
    seq,
    registrant.id,
    registrant.kind,
    registrant.active ? 1 : 0,
    registrant.version,
    registrant.createdAt,
    registrant.updatedAt,
    registrant.kind === 'group' ? (registrant.memberCount ?? 0) : null,
    toDocumentText(toDocument(registrant), index),
    ...searchColumns.map((column) => rows.columns[column] ?? null),
  ];
  const fresh = writes.filter((write) => write.fresh).map(toRow);
  const known = writes.filter((write) => !write.fresh).map(toRow);
  await insertRows(tx, 'registrants', columns, fresh);
  await insertRows(tx, 'registrants', columns, known, overwrite);
};
