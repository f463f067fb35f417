import { columnOf, insertRows, preparedRowsOf, type Reader, rowsOf, type Tx } from '../storage/index.ts';
import { type NamedSubjects, namedInOne, namedOneByOne } from './subjects.store.ts';
import type { Frontier, Subtree } from './tree.ts';

/** The one row that every append moves. */
export interface LedgerState {
  readonly frontier: Frontier;
  readonly lastAt: string;
  readonly origin: string | undefined;
  readonly subjectKey: Buffer;
}

export interface EntryRow {
  readonly seq: number;
  readonly leaf: string;
  readonly leafHash: Buffer;
  readonly recordedAt: string;
  readonly kind: string;
  readonly direction: string;
  readonly peer: string | undefined;
  readonly messageId: string | undefined;
  readonly transactionId: string | undefined;
  readonly replyTo: number | undefined;
}

export interface BodyRow {
  readonly seq: number;
  readonly salt: Buffer;
  readonly body: Buffer;
}

// What is random is indexed block by block; see the migration.
export const ENTRIES_PER_BLOCK = 256;

export const blockOf = (seq: number): number => Math.floor(seq / ENTRIES_PER_BLOCK);

const HASH_BYTES = 32;

const split = (packed: Buffer): Buffer[] =>
  Array.from({ length: Math.floor(packed.length / HASH_BYTES) }, (_, i) =>
    packed.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );

export const readState = async (reader: Reader): Promise<LedgerState> => {
  const [row] = await preparedRowsOf<{
    size: number;
    frontier: Buffer;
    last_at: string;
    origin: string | null;
    subject_key: Buffer;
  }>(reader, 'select size, frontier, last_at, origin, subject_key from ledger_state where id = 1');
  if (!row) throw new Error('the ledger has no state row');
  return {
    frontier: { size: Number(row.size), roots: split(row.frontier) },
    lastAt: row.last_at,
    origin: row.origin ?? undefined,
    subjectKey: row.subject_key,
  };
};

export const writeOrigin = async (tx: Tx, origin: string): Promise<void> => {
  await rowsOf(tx, 'update ledger_state set origin = ? where id = 1 and origin is null', [origin]);
};

export const ENTRY_COLUMNS = [
  'seq',
  'leaf',
  'leaf_hash',
  'recorded_at',
  'kind',
  'direction',
  'peer',
  'message_id',
  'transaction_id',
  'reply_to',
];

/** All that one append writes. */
export interface AppendedRows {
  readonly entries: readonly EntryRow[];
  readonly bodies: readonly BodyRow[];
  readonly subjects: readonly NamedSubjects[];
  readonly subtrees: readonly (Subtree & { readonly hash: Buffer })[];
  readonly frontier: Frontier;
  readonly lastAt: string;
}

type Rows = readonly (readonly unknown[])[];

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly rows: Rows;
}

const tablesOf = ({ entries, bodies, subjects, subtrees }: AppendedRows): Table[] => [
  {
    name: 'ledger_entries',
    columns: ENTRY_COLUMNS,
    types: ['bigint', 'text', 'bytea', 'text', 'text', 'text', 'text', 'text', 'text', 'bigint'],
    rows: entries.map((entry) => [
      entry.seq,
      entry.leaf,
      entry.leafHash,
      entry.recordedAt,
      entry.kind,
      entry.direction,
      entry.peer ?? null,
      entry.messageId ?? null,
      entry.transactionId ?? null,
      entry.replyTo ?? null,
    ]),
  },
  {
    name: 'ledger_bodies',
    columns: ['seq', 'salt', 'body'],
    types: ['bigint', 'bytea', 'bytea'],
    rows: bodies.map(({ seq, salt, body }) => [seq, salt, body]),
  },
  {
    name: 'ledger_subjects',
    columns: ['block', 'subject', 'seq'],
    types: ['bigint', 'bytea', 'bigint'],
    rows: namedOneByOne(subjects).map(({ seq, subject }) => [blockOf(seq), subject, seq]),
  },
  {
    name: 'ledger_subject_lists',
    columns: ['seq', 'subjects'],
    types: ['bigint', 'bytea'],
    rows: namedInOne(subjects).map(({ seq, subjects }) => [seq, subjects]),
  },
  {
    name: 'ledger_subtrees',
    columns: ['level', 'position', 'hash'],
    types: ['integer', 'bigint', 'bytea'],
    rows: subtrees.map(({ level, position, hash }) => [level, position, hash]),
  },
];

const STATE = 'update ledger_state set size = ?, frontier = ?, last_at = ? where id = 1';

/**
 * One statement for everything: on PostgreSQL each further one would be a round trip under the lock that all
 * processes wait for. Columns go as arrays, so the text is the same however many rows there are.
 */
const writeAtOnce = async (tx: Tx, tables: readonly Table[], state: readonly unknown[]): Promise<void> => {
  const inserts = tables.map(({ name, columns, types }) => {
    const values = types.map((type) => `?::${type}[]`).join(', ');
    return `${name}_new as (insert into ${name} (${columns.join(', ')}) select * from unnest(${values}))`;
  });
  const bindings = tables.flatMap(({ types, rows }) =>
    types.map((type, i) =>
      columnOf(
        type,
        rows.map((row) => row[i]),
      ),
    ),
  );
  await preparedRowsOf(tx, `with ${inserts.join(', ')} ${STATE}`, [...bindings, ...state]);
};

/** Writes entries with all that belongs to them, and the new state of the tree. */
export const writeAppended = async (tx: Tx, appended: AppendedRows): Promise<void> => {
  const tables = tablesOf(appended);
  const state = [appended.frontier.size, Buffer.concat(appended.frontier.roots), appended.lastAt];
  if (tx.profile.name === 'postgres') return await writeAtOnce(tx, tables, state);
  for (const { name, columns, rows } of tables) await insertRows(tx, name, columns, rows);
  await preparedRowsOf(tx, STATE, state);
};
