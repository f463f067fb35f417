import type { Json } from '../core/json.ts';
import { anyOf, type Database, insertRows, knexOf, listOf, type Reader, rowsOf, type Tx } from '../storage/index.ts';
import type { DeadLetterReason } from './reasons.ts';

/** The source and form whose ledger is meant. */
export interface Place {
  readonly source: string;
  readonly formKey: string;
}

export type Outcome = 'created' | 'updated' | 'unchanged' | 'parked' | 'held' | 'retired' | 'restored';

/** A row of the ledger of submissions. */
export interface Entry {
  readonly instance_id: string;
  readonly fingerprint: string;
  readonly version_id: string;
  readonly submission_date: string;
  readonly updated_at: string | null;
  readonly deleted_at: string | null;
  readonly review_state: string | null;
  readonly form_version: string | null;
  readonly status: string | null;
  readonly edits: number;
  readonly files_present: number;
  readonly files_expected: number;
  readonly anomaly: number;
  readonly row: string;
  readonly queued: number;
  readonly outcome: Outcome | null;
  readonly subject: string | null;
  readonly applied_edits: number | null;
  readonly retired: number;
  readonly reason: DeadLetterReason | null;
  readonly path: string | null;
  readonly value: string | null;
  readonly tries: number;
  readonly first_at: string | null;
  readonly last_at: string | null;
  readonly mapping_version: string | null;
  readonly ask_at: number | null;
  readonly asked: number;
  readonly vanished: number;
  readonly echo: string | null;
  readonly told: string | null;
}

export const readEntries = async (
  reader: Reader,
  { source, formKey }: Place,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Entry>> => {
  if (ids.length === 0) return new Map();
  const rows = await rowsOf<Entry>(
    reader,
    `select * from odk_submissions where source = ? and form_key = ? and ${anyOf(reader.profile, 'instance_id')}`,
    [source, formKey, listOf(reader.profile, ids)],
  );
  return new Map(rows.map((row) => [row.instance_id, row]));
};

/** What a reading says of a submission. */
export type Reading = Pick<
  Entry,
  | 'instance_id'
  | 'fingerprint'
  | 'version_id'
  | 'submission_date'
  | 'updated_at'
  | 'deleted_at'
  | 'review_state'
  | 'form_version'
  | 'status'
  | 'edits'
  | 'files_present'
  | 'files_expected'
  | 'anomaly'
  | 'row'
>;

const readingColumns = [
  'fingerprint',
  'version_id',
  'submission_date',
  'updated_at',
  'deleted_at',
  'review_state',
  'form_version',
  'status',
  'edits',
  'files_present',
  'files_expected',
  'anomaly',
  'row',
  'queued',
] as const; // prettier-ignore

/** Takes readings into the ledger; what became of earlier ones stays beside them. */
export const writeReadings = async (
  tx: Tx,
  { source, formKey }: Place,
  readings: readonly Reading[],
  queued: 0 | 1,
): Promise<void> => {
  const rows = readings.map((one) => [
    source,
    formKey,
    one.instance_id,
    ...readingColumns.map((column) => (column === 'queued' ? queued : one[column])),
  ]);
  const update = readingColumns.map((column) => `${column} = excluded.${column}`).join(', ');
  await insertRows(
    tx,
    'odk_submissions',
    ['source', 'form_key', 'instance_id', ...readingColumns],
    rows,
    `on conflict (source, form_key, instance_id) do update set ${update}, vanished = 0`,
  );
};

/** Files came or went, and nothing else: what was imported stands, and the files are looked after by themselves. */
export const noteFileCounts = async (
  tx: Tx,
  { source, formKey }: Place,
  readings: readonly Reading[],
): Promise<void> => {
  for (const { instance_id, files_present, files_expected, updated_at } of readings) {
    await rowsOf(
      tx,
      `update odk_submissions set files_present = ?, files_expected = ?, updated_at = ?
       where source = ? and form_key = ? and instance_id = ?`,
      [files_present, files_expected, updated_at, source, formKey, instance_id],
    );
  }
};

/** What waits to be mapped, in the order of arrival at Central: households before their follow-ups, as far as possible. */
export const readQueue = (reader: Reader, { source, formKey }: Place, limit: number): Promise<readonly Entry[]> =>
  rowsOf<Entry>(
    reader,
    `select * from odk_submissions where source = ? and form_key = ? and queued > 0
     order by submission_date, instance_id limit ?`,
    [source, formKey, limit],
  );

export const countQueue = async (reader: Reader, { source, formKey }: Place): Promise<number> => {
  const [row] = await rowsOf<{ n: number }>(
    reader,
    'select count(*) as n from odk_submissions where source = ? and form_key = ? and queued > 0',
    [source, formKey],
  );
  return row?.n ?? 0;
};

/** What Central is to be asked for by id, as its time has come; without `now` all of it. */
export const readDue = (reader: Reader, { source, formKey }: Place, now?: number): Promise<readonly Entry[]> =>
  rowsOf<Entry>(
    reader,
    `select * from odk_submissions where source = ? and form_key = ? and ask_at is not null
     ${now === undefined ? '' : 'and ask_at <= ?'} order by ask_at, instance_id`,
    now === undefined ? [source, formKey] : [source, formKey, now],
  );

export const setAskAt = async (
  tx: Tx,
  { source, formKey }: Place,
  id: string,
  askAt: number | null,
  asked: number,
): Promise<void> => {
  await rowsOf(
    tx,
    'update odk_submissions set ask_at = ?, asked = ? where source = ? and form_key = ? and instance_id = ?',
    [askAt, asked, source, formKey, id],
  );
};

/** Central does not know these any more. They go through the queue once, so that the policy for deletions is met. */
export const markVanished = async (tx: Tx, { source, formKey }: Place, ids: readonly string[]): Promise<void> => {
  await rowsOf(
    tx,
    `update odk_submissions set vanished = 1, ask_at = null, queued = 1
     where source = ? and form_key = ? and vanished = 0 and ${anyOf(tx.profile, 'instance_id')}`,
    [source, formKey, listOf(tx.profile, ids)],
  );
};

const WALK_PAGE = 5000;

/** Ids of everything the ledger holds for live, page by page. */
export async function* readLiveIds(
  db: Pick<Database, 'read'>,
  { source, formKey }: Place,
): AsyncGenerator<readonly Pick<Entry, 'instance_id' | 'submission_date'>[]> {
  for (let after = ''; ; ) {
    const page = await db.read((reader) =>
      rowsOf<Pick<Entry, 'instance_id' | 'submission_date'>>(
        reader,
        `select instance_id, submission_date from odk_submissions where source = ? and form_key = ?
         and deleted_at is null and vanished = 0 and instance_id > ? order by instance_id limit ?`,
        [source, formKey, after, WALK_PAGE],
      ),
    );
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (!last || page.length < WALK_PAGE) return;
    after = last.instance_id;
  }
}

/** Fingerprints of those that wait in the queue, of the ones asked for. */
export const readClaims = async (
  reader: Reader,
  { source, formKey }: Place,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const rows = await rowsOf<{ instance_id: string; fingerprint: string }>(
    reader,
    `select instance_id, fingerprint from odk_submissions
     where source = ? and form_key = ? and queued > 0 and ${anyOf(reader.profile, 'instance_id')}`,
    [source, formKey, listOf(reader.profile, ids)],
  );
  return new Map(rows.map((row) => [row.instance_id, row.fingerprint]));
};

/** Which registrants other submissions than the given ones stand for, too. */
export const sharedSubjects = async (
  reader: Reader,
  { source, formKey }: Place,
  subjects: readonly string[],
  ids: readonly string[],
): Promise<ReadonlySet<string>> => {
  const { profile } = reader;
  const rows = await rowsOf<{ subject: string }>(
    reader,
    `select distinct subject from odk_submissions where source = ? and form_key = ? and retired = 0
     and ${anyOf(profile, 'subject')} and not (${anyOf(profile, 'instance_id')})`,
    [source, formKey, listOf(profile, subjects), listOf(profile, ids)],
  );
  return new Set(rows.map(({ subject }) => subject));
};

/** What became of a submission. `undefined` members leave the ledger as it is. */
export interface Settled {
  readonly id: string;
  readonly outcome: Outcome;
  readonly subject: string | null;
  readonly appliedEdits: number | null;
  readonly retired: boolean;
  readonly letter:
    | { readonly reason: DeadLetterReason; readonly path: string | null; readonly value: Json }
    | undefined;
  readonly askAt: number | null;
}

const settledColumns = [
  ['outcome', 'outcome', 'text'],
  ['subject', 'subject', 'text'],
  ['applied_edits', 'appliedEdits', 'integer'],
  ['retired', 'retired', 'integer'],
  ['reason', 'reason', 'text'],
  ['path', 'path', 'text'],
  ['value', 'value', 'text'],
  ['tries', 'tries', 'integer'],
  ['first_at', 'firstAt', 'text'],
  ['ask_at', 'askAt', 'bigint'],
] as const;

/** Writes what became of many submissions, and takes them out of the queue. */
export const settleEntries = async (
  tx: Tx,
  { source, formKey }: Place,
  at: { readonly mappingVersion: string; readonly now: string },
  settled: readonly (Settled & Pick<Entry, 'tries' | 'first_at'>)[],
): Promise<void> => {
  if (settled.length === 0) return;
  const rows = settled.map(({ id, outcome, subject, appliedEdits, retired, letter, askAt, tries, first_at }) => ({
    id,
    outcome,
    subject,
    appliedEdits,
    retired: retired ? 1 : 0,
    reason: letter?.reason ?? null,
    path: letter?.path ?? null,
    value: letter ? JSON.stringify(letter.value) : null,
    // An entry clears itself when a later version, or a later attempt, imports.
    tries: letter ? tries + 1 : 0,
    firstAt: letter ? (first_at ?? at.now) : null,
    askAt,
  }));
  const common = 'update odk_submissions set queued = 0, asked = 0, last_at = ?, mapping_version = ?';
  if (!tx.profile.shared) {
    // In the same process a statement costs next to nothing, and one over a list would look at every row for each.
    const assignments = settledColumns.map(([column]) => `${column} = ?`).join(', ');
    for (const row of rows) {
      await rowsOf(tx, `${common}, ${assignments} where source = ? and form_key = ? and instance_id = ?`, [
        at.now,
        at.mappingVersion,
        ...settledColumns.map(([, member]) => row[member]),
        source,
        formKey,
        row.id,
      ]);
    }
    return;
  }
  const list = settledColumns.map(([, member, type]) => `"${member}" ${type}`).join(', ');
  const assignments = settledColumns.map(([column, member]) => `${column} = j."${member}"`).join(', ');
  await rowsOf(
    tx,
    `${common}, ${assignments} from jsonb_to_recordset(?::jsonb) as j(id text, ${list})
     where source = ? and form_key = ? and instance_id = j.id`,
    [at.now, at.mappingVersion, JSON.stringify(rows), source, formKey],
  );
};

/** Puts parked rows back into the queue, and only them; answers their ids. */
export const requeueLetters = async (
  tx: Tx,
  place: Place,
  which: { readonly instanceId?: string; readonly reason?: string },
): Promise<readonly string[]> => {
  const rows: { instance_id: string }[] = await knexOf(tx)('odk_submissions')
    .where({ source: place.source, form_key: place.formKey })
    .whereNotNull('reason')
    .modify((query) => which.instanceId !== undefined && query.where('instance_id', which.instanceId))
    .modify((query) => which.reason !== undefined && query.where('reason', which.reason))
    .select('instance_id');
  const ids = rows.map((row) => row.instance_id);
  await requeueIds(tx, place, ids);
  return ids;
};

export const requeueIds = async (tx: Tx, { source, formKey }: Place, ids: readonly string[]): Promise<void> => {
  await rowsOf(
    tx,
    `update odk_submissions set queued = 1 where source = ? and form_key = ? and ${anyOf(tx.profile, 'instance_id')}`,
    [source, formKey, listOf(tx.profile, ids)],
  );
};

/** Has Central asked again, by id, for what is parked for a reason: its rows may have changed without a stamp. */
export const askForLetters = async (tx: Tx, { source, formKey }: Place, reason: DeadLetterReason): Promise<void> => {
  await rowsOf(tx, 'update odk_submissions set ask_at = 0 where source = ? and form_key = ? and reason = ?', [
    source,
    formKey,
    reason,
  ]);
};

/** Everything that was settled under another mapping may come out otherwise now. */
export const requeueForMapping = async (tx: Tx, { source, formKey }: Place, mappingVersion: string): Promise<void> => {
  await knexOf(tx)('odk_submissions')
    .where({ source, form_key: formKey, queued: 0 })
    .whereNotNull('mapping_version')
    .whereNot('mapping_version', mappingVersion)
    .update({ queued: 1 });
};

export const readDeadLetters = (reader: Reader, { source, formKey }: Place, limit: number): Promise<readonly Entry[]> =>
  rowsOf<Entry>(
    reader,
    `select * from odk_submissions where source = ? and form_key = ? and reason is not null
     order by first_at, instance_id limit ?`,
    [source, formKey, limit],
  );

/** Counts by outcome, and of what Central has deleted. */
export const countEntries = async (
  reader: Reader,
  { source, formKey }: Place,
): Promise<Readonly<Record<string, number>>> => {
  const rows = await rowsOf<{ outcome: string | null; n: number; deleted: number; waiting: number }>(
    reader,
    `select outcome, count(*) as n, sum(case when deleted_at is not null or vanished = 1 then 1 else 0 end) as deleted, sum(case when queued > 0 then 1 else 0 end) as waiting
     from odk_submissions where source = ? and form_key = ? group by outcome`,
    [source, formKey],
  );
  const sum = (of: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((total, row) => total + Number(of(row)), 0);
  const settled = Object.fromEntries(rows.flatMap(({ outcome, n }) => (outcome === null ? [] : [[outcome, n]])));
  return {
    submissions: sum(({ n }) => n),
    waiting: sum(({ waiting }) => waiting),
    ...settled,
    deletedInCentral: sum(({ deleted }) => deleted),
  }; // prettier-ignore
};
