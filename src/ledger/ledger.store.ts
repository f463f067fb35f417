import { anyOf, insertRows, knexOf, listOf, type Profile, type Reader, rowsOf, type Tx } from '../storage/index.ts';
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

/** An entry as it stands in the store, which somebody may have altered. */
export interface StoredEntry extends EntryRow {
  readonly erasedBy: number | undefined;
}

export interface BodyRow {
  readonly seq: number;
  readonly salt: Buffer;
  readonly body: Buffer;
}

// What is random is indexed block by block; see the migration.
const ENTRIES_PER_BLOCK = 1024;
const blockOf = (seq: number): number => Math.floor(seq / ENTRIES_PER_BLOCK);

export interface SubjectRow {
  readonly seq: number;
  readonly subject: Buffer;
}

const HASH_BYTES = 32;

const split = (packed: Buffer): Buffer[] =>
  Array.from({ length: Math.floor(packed.length / HASH_BYTES) }, (_, i) =>
    packed.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );

export const readState = async (reader: Reader): Promise<LedgerState> => {
  const [row] = await rowsOf<{
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

export const writeState = async (tx: Tx, { size, roots }: Frontier, lastAt: string): Promise<void> => {
  await rowsOf(tx, 'update ledger_state set size = ?, frontier = ?, last_at = ? where id = 1', [
    size,
    Buffer.concat(roots),
    lastAt,
  ]);
};

export const writeOrigin = async (tx: Tx, origin: string): Promise<void> => {
  await rowsOf(tx, 'update ledger_state set origin = ? where id = 1 and origin is null', [origin]);
};

const ENTRY_COLUMNS = [
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

export const insertEntries = async (
  tx: Tx,
  entries: readonly EntryRow[],
  bodies: readonly BodyRow[],
  subjects: readonly SubjectRow[],
  subtrees: readonly (Subtree & { readonly hash: Buffer })[],
): Promise<void> => {
  await insertRows(
    tx,
    'ledger_entries',
    ENTRY_COLUMNS,
    entries.map((entry) => [
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
  );
  await insertRows(
    tx,
    'ledger_bodies',
    ['seq', 'salt', 'body'],
    bodies.map(({ seq, salt, body }) => [seq, salt, body]),
  );
  await insertRows(
    tx,
    'ledger_subjects',
    ['block', 'subject', 'seq'],
    subjects.map(({ subject, seq }) => [blockOf(seq), subject, seq]),
  );
  await insertRows(
    tx,
    'ledger_subtrees',
    ['level', 'position', 'hash'],
    subtrees.map(({ level, position, hash }) => [level, position, hash]),
  );
};

interface RawEntry {
  seq: number;
  leaf: string;
  leaf_hash: Buffer;
  recorded_at: string;
  kind: string;
  direction: string;
  peer: string | null;
  message_id: string | null;
  transaction_id: string | null;
  reply_to: number | null;
  erased_by: number | null;
}

const fromRaw = (row: RawEntry): StoredEntry => ({
  seq: Number(row.seq),
  leaf: row.leaf,
  leafHash: row.leaf_hash,
  recordedAt: row.recorded_at,
  kind: row.kind,
  direction: row.direction,
  peer: row.peer ?? undefined,
  messageId: row.message_id ?? undefined,
  transactionId: row.transaction_id ?? undefined,
  replyTo: row.reply_to ?? undefined,
  erasedBy: row.erased_by ?? undefined,
});

const ENTRIES = `select ${ENTRY_COLUMNS.join(', ')}, erased_by from ledger_entries`;

/** Entries from seq `begin` up to `end`, at most `limit`, in order. */
export const readEntries = async (
  reader: Reader,
  begin: number,
  end: number,
  limit: number,
): Promise<readonly StoredEntry[]> => {
  const rows = await rowsOf<RawEntry>(reader, `${ENTRIES} where seq >= ? and seq < ? order by seq limit ?`, [
    begin,
    end,
    limit,
  ]);
  return rows.map(fromRaw);
};

/** Bodies of the entries from seq `begin` up to `end`, in order. */
export const readBodies = async (reader: Reader, begin: number, end: number): Promise<readonly BodyRow[]> => {
  const rows = await rowsOf<BodyRow>(
    reader,
    'select seq, salt, body from ledger_bodies where seq >= ? and seq < ? order by seq',
    [begin, end],
  );
  return rows.map((row) => ({ seq: Number(row.seq), salt: row.salt, body: row.body }));
};

export const readBody = async (reader: Reader, seq: number): Promise<BodyRow | undefined> =>
  (await readBodies(reader, seq, seq + 1))[0];

/** The first seq recorded at or after `time`; the ledger's size when there is none. */
export const firstSeqAt = async (reader: Reader, time: string, size: number): Promise<number> => {
  // `recorded_at` never falls as seq rises, so halving finds the place without an index on it.
  let [low, high] = [0, size];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [row] = await rowsOf<{ recorded_at: string }>(
      reader,
      'select recorded_at from ledger_entries where seq = ?',
      [middle],
    );
    if (!row || row.recorded_at < time) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The number of rows that should be there, and the highest that is. */
export const readExtent = async (reader: Reader): Promise<{ size: number; lastSeq: number | undefined }> => {
  const { frontier } = await readState(reader);
  const [row] = await rowsOf<{ seq: number | null }>(reader, 'select max(seq) as seq from ledger_entries');
  return { size: frontier.size, lastSeq: row?.seq ?? undefined };
};

/** Stored roots of one level by position, from `begin` up to `end`. */
export const readSubtrees = async (
  reader: Reader,
  level: number,
  begin: number,
  end: number,
): Promise<ReadonlyMap<number, Buffer>> => {
  const rows = await rowsOf<{ position: number; hash: Buffer }>(
    reader,
    'select position, hash from ledger_subtrees where level = ? and position >= ? and position < ?',
    [level, begin, end],
  );
  return new Map(rows.map(({ position, hash }) => [Number(position), hash]));
};

export interface EntryFilter {
  readonly kind?: string;
  readonly direction?: string;
  readonly peer?: string;
  readonly messageId?: string;
  readonly transactionId?: string;
  readonly subject?: Buffer;
  readonly begin: number;
  readonly end: number;
  readonly newestFirst: boolean;
  readonly limit: number;
}

/**
 * The entries with a value in a column that is indexed by block, asking block after block; with its bindings. The
 * joins are written so that neither planner can choose to read the whole table instead.
 */
const hits = (
  profile: Profile,
  [source, column]: readonly [source: string, column: string],
  value: unknown,
  { begin, end }: Pick<EntryFilter, 'begin' | 'end'>,
): readonly [sql: string, bindings: readonly unknown[]] => {
  const [first, last] = [blockOf(begin), blockOf(Math.max(begin, end - 1))];
  const block = source === 'ledger_subjects' ? 'block' : '(seq >> 10)';
  if (profile.name === 'sqlite') {
    const blocks = 'with recursive blocks(b) as (select ? union all select b + 1 from blocks where b < ?)';
    const sql = `${blocks} select seq from blocks cross join ${source} on ${block} = b and ${column} = ?`;
    return [sql, [first, last, value]];
  }
  const inside = `select seq from ${source} where ${block} = b and ${column} = ? limit ${ENTRIES_PER_BLOCK}`;
  return [
    `select seq from generate_series(?::bigint, ?::bigint) b cross join lateral (${inside}) one`,
    [first, last, value],
  ];
};

/** The rarest thing that was asked for, if it is one that is indexed by block. */
const rarest = ({ messageId, subject, transactionId }: EntryFilter): [[string, string], unknown] | undefined => {
  if (messageId !== undefined) return [['ledger_entries', 'message_id'], messageId];
  if (subject !== undefined) return [['ledger_subjects', 'subject'], subject];
  if (transactionId !== undefined) return [['ledger_entries', 'transaction_id'], transactionId];
  return undefined;
};

export const findEntries = async (reader: Reader, filter: EntryFilter): Promise<readonly StoredEntry[]> => {
  const conditions = ['seq >= ?', 'seq < ?'];
  const bindings: unknown[] = [filter.begin, filter.end];
  const equals = (column: string, value: string | undefined): void => {
    if (value === undefined) return;
    conditions.push(`${column} = ?`);
    bindings.push(value);
  };
  const rare = rarest(filter);
  if (rare) {
    const [sql, values] = hits(reader.profile, ...rare, filter);
    conditions.push(`seq in (${sql})`);
    bindings.push(...values);
  }
  if (filter.subject && rare?.[1] !== filter.subject) {
    conditions.push(
      'seq in (select seq from ledger_subjects where block = (ledger_entries.seq >> 10) and subject = ?)',
    );
    bindings.push(filter.subject);
  }
  equals('peer', filter.peer);
  equals('message_id', filter.messageId);
  equals('transaction_id', filter.transactionId);
  equals('direction', filter.direction);
  equals('kind', filter.kind);
  // Said as the index says it, so that it is used: the rare kinds are indexed, messages are nearly everything.
  if (filter.kind !== undefined && filter.kind !== 'message') conditions.push("kind <> 'message'");
  const order = filter.newestFirst ? 'desc' : 'asc';
  const rows = await rowsOf<RawEntry>(
    reader,
    `${ENTRIES} where ${conditions.join(' and ')} order by seq ${order} limit ?`,
    [...bindings, filter.limit],
  );
  return rows.map(fromRaw);
};

/** Hashes of nodes on one level, from `begin` up to `end`; level 0 are the leaves. */
export const readHashes = async (
  reader: Reader,
  level: number,
  begin: number,
  end: number,
): Promise<readonly Buffer[]> => {
  const rows = await rowsOf<{ hash: Buffer }>(
    reader,
    level === 0
      ? 'select leaf_hash as hash from ledger_entries where seq >= ? and seq < ? order by seq'
      : `select hash from ledger_subtrees where level = ${level} and position >= ? and position < ? order by position`,
    [begin, end],
  );
  return rows.map(({ hash }) => hash);
};

export interface CheckpointRow {
  readonly size: number;
  readonly root: Buffer;
  readonly at: string;
  readonly note: string;
}

const CHECKPOINTS = 'select size, root, at, note from ledger_checkpoints';

export const latestCheckpoint = async (reader: Reader): Promise<CheckpointRow | undefined> => {
  const [row] = await rowsOf<CheckpointRow>(reader, `${CHECKPOINTS} order by size desc limit 1`);
  return row && { ...row, size: Number(row.size) };
};

/** Checkpoints of sizes from `begin` through `end`, by size. */
export const readCheckpoints = async (
  reader: Reader,
  begin: number,
  end: number,
): Promise<readonly CheckpointRow[]> => {
  const rows = await rowsOf<CheckpointRow>(reader, `${CHECKPOINTS} where size >= ? and size <= ? order by size`, [
    begin,
    end,
  ]);
  return rows.map((row) => ({ ...row, size: Number(row.size) }));
};

export const insertCheckpoint = async (tx: Tx, { size, root, at, note }: CheckpointRow): Promise<void> => {
  await insertRows(
    tx,
    'ledger_checkpoints',
    ['size', 'root', 'at', 'note'],
    [[size, root, at, note]],
    'on conflict (size) do nothing',
  );
};

/** Seqs, in order, of entries that still have a body and name this subject, or answer or ask one that does. */
export const seqsOfSubject = async (reader: Reader, subject: Buffer): Promise<readonly number[]> => {
  const end = (await readState(reader)).frontier.size;
  const [named, bindings] = hits(reader.profile, ['ledger_subjects', 'subject'], subject, { begin: 0, end });
  const rows = await rowsOf<{ seq: number }>(
    reader,
    `with named as (select seq from (${named}) found),
      asked as (
        select reply_to as seq from ledger_entries where seq in (select seq from named) and reply_to is not null
        union select seq from named
      ),
      whole as (
        select seq from ledger_entries where reply_to in (select seq from asked) union select seq from asked
      )
    select seq from ledger_bodies where seq in (select seq from whole) order by seq`,
    bindings,
  );
  return rows.map(({ seq }) => Number(seq));
};

/** Seqs from `begin` up to `end`, in order, of messages of one direction that still have a body. */
export const seqsWithBody = async (
  reader: Reader,
  direction: string,
  begin: number,
  end: number,
  limit: number,
): Promise<readonly number[]> => {
  const rows = await rowsOf<{ seq: number }>(
    reader,
    `select b.seq from ledger_bodies b join ledger_entries e on e.seq = b.seq
     where b.seq >= ? and b.seq < ? and e.direction = ? order by b.seq limit ?`,
    [begin, end, direction, limit],
  );
  return rows.map(({ seq }) => Number(seq));
};

/** Deletes bodies, salts and subjects; answers, in order, the entries that still had a body. */
export const deleteBodies = async (tx: Tx, seqs: readonly number[]): Promise<readonly number[]> => {
  const list = [listOf(tx.profile, seqs)];
  const gone = await rowsOf<{ seq: number }>(
    tx,
    `delete from ledger_bodies where ${anyOf(tx.profile, 'seq')} returning seq`,
    list,
  );
  const blocks = [...new Set(seqs.map(blockOf))];
  await rowsOf(tx, `delete from ledger_subjects where ${anyOf(tx.profile, 'block')} and ${anyOf(tx.profile, 'seq')}`, [
    listOf(tx.profile, blocks),
    ...list,
  ]);
  return gone.map(({ seq }) => Number(seq)).sort((a, b) => a - b);
};

export const markErased = async (tx: Tx, seqs: readonly number[], by: number): Promise<void> => {
  await rowsOf(tx, `update ledger_entries set erased_by = ? where ${anyOf(tx.profile, 'seq')}`, [
    by,
    listOf(tx.profile, seqs),
  ]);
};

/** The erasure entries, from seq `begin` on, that erased bodies of the entries from `from` up to `to`. */
export const erasersOf = async (
  reader: Reader,
  from: number,
  to: number,
  begin: number,
): Promise<readonly number[]> => {
  const rows = await rowsOf<{ seq: number }>(
    reader,
    'select distinct erased_by as seq from ledger_entries where seq >= ? and seq < ? and erased_by >= ? order by 1',
    [from, to, begin],
  );
  return rows.map(({ seq }) => Number(seq));
};

export interface WitnessedRow {
  readonly url: string;
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  readonly at: string;
  /** JSON: the public keys that have signed checkpoints we saw. */
  readonly keys: string;
  readonly note: string;
}

export const latestWitnessed = async (reader: Reader, url: string): Promise<WitnessedRow | undefined> => {
  const row = await knexOf(reader)<WitnessedRow>('ledger_witnessed').where({ url }).orderBy('size', 'desc').first();
  return row && { ...row, size: Number(row.size) };
};

export const insertWitnessed = async (tx: Tx, row: WitnessedRow): Promise<void> => {
  await knexOf(tx)('ledger_witnessed').insert(row).onConflict(['url', 'size']).merge();
};
