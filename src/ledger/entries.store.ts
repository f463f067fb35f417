import { type Profile, type Reader, rowsOf } from '../storage/index.ts';
import { type BodyRow, blockOf, ENTRIES_PER_BLOCK, ENTRY_COLUMNS, type EntryRow, readState } from './append.store.ts';
import { listHolds } from './subjects.store.ts';

/** An entry as it stands in the store, which somebody may have altered. */
export interface StoredEntry extends EntryRow {
  readonly erasedBy: number | undefined;
}

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

/** A statement that selects seqs, with its bindings. */
type Hits = readonly [sql: string, bindings: readonly unknown[]];

/**
 * The entries with a value in a column that is indexed by block, asking block after block; with its bindings. The
 * joins are written so that neither planner can choose to read the whole table instead.
 */
const hits = (
  profile: Profile,
  [source, column]: readonly [source: string, column: string],
  value: unknown,
  { begin, end }: Pick<EntryFilter, 'begin' | 'end'>,
): Hits => {
  const [first, last] = [blockOf(begin), blockOf(Math.max(begin, end - 1))];
  const block = source === 'ledger_subjects' ? 'block' : '(seq >> 8)';
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

/** The entries that name a subject, among few or among many. */
export const subjectHits = (profile: Profile, subject: Buffer, within: Pick<EntryFilter, 'begin' | 'end'>): Hits => {
  const [few, bindings] = hits(profile, ['ledger_subjects', 'subject'], subject, within);
  const many = `select seq from ledger_subject_lists where seq >= ? and seq < ? and ${listHolds(profile)}`;
  return [`select seq from (${few}) few union all ${many}`, [...bindings, within.begin, within.end, subject]];
};

/** The entries with the rarest thing that was asked for, if it is one that is indexed by block. */
const rarest = (profile: Profile, filter: EntryFilter): Hits | undefined => {
  const { messageId, subject, transactionId } = filter;
  if (messageId !== undefined) return hits(profile, ['ledger_entries', 'message_id'], messageId, filter);
  if (subject !== undefined) return subjectHits(profile, subject, filter);
  if (transactionId !== undefined) return hits(profile, ['ledger_entries', 'transaction_id'], transactionId, filter);
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
  const rare = rarest(reader.profile, filter);
  if (rare) {
    const [sql, values] = rare;
    conditions.push(`seq in (${sql})`);
    bindings.push(...values);
  }
  if (filter.subject && filter.messageId !== undefined) {
    const inLists = `select 1 from ledger_subject_lists l where l.seq = ledger_entries.seq and ${listHolds(reader.profile)}`;
    conditions.push(
      `(seq in (select seq from ledger_subjects where block = (ledger_entries.seq >> 8) and subject = ?)
        or exists (${inLists}))`,
    );
    bindings.push(filter.subject, filter.subject);
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
