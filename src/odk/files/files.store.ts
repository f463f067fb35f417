import { anyOf, insertRows, knexOf, listOf, type Reader, rowsOf, type Tx } from '../../storage/index.ts';
import type { DeadLetterReason } from '../reasons.ts';
import type { Place } from '../submissions.store.ts';

/** Whom a file is for, and as what. */
export interface FileTarget {
  readonly registrant: string;
  readonly target: 'photo' | 'document';
}

/** A file that the answers of a submission name: wanted, there, or given up. */
export interface FileEntry {
  readonly instanceId: string;
  readonly name: string;
  readonly state: 'outstanding' | 'stored' | 'failed';
  readonly targets: readonly FileTarget[];
  /** The source path that names it. */
  readonly path: string;
  readonly blob: string | null;
  readonly contentType: string | null;
  readonly size: number | null;
  /** MD5 of the content, hexadecimal: Central's ETag. */
  readonly md5: string | null;
  readonly reason: FileReason | null;
  readonly tries: number;
  /** Milliseconds: when to ask for it; of a stored file, when to look whether it was sent again (0: no more). */
  readonly nextAt: number;
  readonly firstAt: number;
  readonly askedAt: number;
  readonly fetchedAt: number | null;
}

export type FileReason = Extract<DeadLetterReason, 'attachment-missing' | 'attachment-too-large'>;

interface FileRow {
  readonly instance_id: string;
  readonly name: string;
  readonly state: FileEntry['state'];
  readonly targets: string;
  readonly path: string | null;
  readonly blob: string | null;
  readonly content_type: string | null;
  readonly size: number | string | null;
  readonly etag: string | null;
  readonly reason: FileReason | null;
  readonly tries: number;
  readonly next_at: number | string;
  readonly first_at: number | string;
  readonly asked_at: number | string;
  readonly fetched_at: number | string | null;
}

const fromRow = (row: FileRow): FileEntry => ({
  instanceId: row.instance_id,
  name: row.name,
  state: row.state,
  targets: JSON.parse(row.targets),
  path: row.path ?? '',
  blob: row.blob,
  contentType: row.content_type,
  size: row.size === null ? null : Number(row.size),
  md5: row.etag,
  reason: row.reason,
  tries: row.tries,
  nextAt: Number(row.next_at),
  firstAt: Number(row.first_at),
  askedAt: Number(row.asked_at),
  fetchedAt: row.fetched_at === null ? null : Number(row.fetched_at),
});

const columns = [
  'source',
  'form_key',
  'instance_id',
  'name',
  'state',
  'targets',
  'path',
  'blob',
  'content_type',
  'size',
  'etag',
  'reason',
  'tries',
  'next_at',
  'first_at',
  'asked_at',
  'fetched_at',
] as const; // prettier-ignore

export const readFiles = async (
  reader: Reader,
  { source, formKey }: Place,
  instanceIds: readonly string[],
): Promise<readonly FileEntry[]> => {
  if (instanceIds.length === 0) return [];
  const rows = await rowsOf<FileRow>(
    reader,
    `select * from odk_files where source = ? and form_key = ? and ${anyOf(reader.profile, 'instance_id')}`,
    [source, formKey, listOf(reader.profile, instanceIds)],
  );
  return rows.map(fromRow);
};

export const writeFiles = async (tx: Tx, { source, formKey }: Place, files: readonly FileEntry[]): Promise<void> => {
  const rows = files.map((file) => [
    source,
    formKey,
    file.instanceId,
    file.name,
    file.state,
    JSON.stringify(file.targets),
    file.path,
    file.blob,
    file.contentType,
    file.size,
    file.md5,
    file.reason,
    file.tries,
    file.nextAt,
    file.firstAt,
    file.askedAt,
    file.fetchedAt,
  ]);
  const updated = columns.slice(4).map((column) => `${column} = excluded.${column}`);
  await insertRows(
    tx,
    'odk_files',
    [...columns],
    rows,
    `on conflict (source, form_key, instance_id, name) do update set ${updated.join(', ')}`,
  );
};

export const dropFiles = async (tx: Tx, { source, formKey }: Place, files: readonly FileEntry[]): Promise<void> => {
  for (const { instanceId, name } of files) {
    await knexOf(tx)('odk_files').where({ source, form_key: formKey, instance_id: instanceId, name }).delete();
  }
};

/**
 * Files to ask for, of submissions that are there and stand: those not asked since `before`, and due by `now`; without
 * `now`, all.
 */
export const readDueFiles = async (
  reader: Reader,
  { source, formKey }: Place,
  state: 'outstanding' | 'stored',
  due: { readonly before: number; readonly now: number | undefined; readonly limit: number },
): Promise<readonly FileEntry[]> => {
  const rows: FileRow[] = await knexOf(reader)('odk_files as f')
    .join('odk_submissions as s', (join) =>
      join.on('s.source', 'f.source').andOn('s.form_key', 'f.form_key').andOn('s.instance_id', 'f.instance_id'),
    )
    .where({ 'f.source': source, 'f.form_key': formKey, 'f.state': state, 's.retired': 0 })
    .whereNull('s.deleted_at')
    .where('f.asked_at', '<', due.before)
    .modify((query) => due.now !== undefined && query.where('f.next_at', '<=', due.now))
    // A stored file without a time is not looked at again.
    .modify((query) => state === 'stored' && query.where('f.next_at', '>', 0))
    .orderBy([{ column: 'f.asked_at' }, { column: 'f.instance_id' }, { column: 'f.name' }])
    .limit(due.limit)
    .select('f.*');
  return rows.map(fromRow);
};

/** Bytes that came since then, of all forms of the source. */
export const sumFetched = async (reader: Reader, source: string, since: number): Promise<number> => {
  const [row] = await rowsOf<{ bytes: number | string | null }>(
    reader,
    'select sum(size) as bytes from odk_files where source = ? and fetched_at > ?',
    [source, since],
  );
  return Number(row?.bytes ?? 0);
};

export interface FileCounts {
  readonly outstanding: number;
  readonly stored: number;
  readonly failed: number;
  /** Of those stored. */
  readonly bytes: number;
}

export const countFiles = async (reader: Reader, { source, formKey }: Place): Promise<FileCounts> => {
  const rows = await rowsOf<{ state: FileEntry['state']; n: number | string; bytes: number | string | null }>(
    reader,
    'select state, count(*) as n, sum(size) as bytes from odk_files where source = ? and form_key = ? group by state',
    [source, formKey],
  );
  const of = (state: FileEntry['state']) => rows.find((row) => row.state === state);
  return {
    outstanding: Number(of('outstanding')?.n ?? 0),
    stored: Number(of('stored')?.n ?? 0),
    failed: Number(of('failed')?.n ?? 0),
    bytes: Number(of('stored')?.bytes ?? 0),
  };
};

const fileReasons: readonly FileReason[] = ['attachment-missing', 'attachment-too-large'];

/**
 * Says of a submission that it lacks a file, as a dead letter beside what was imported of it; or that it lacks none
 * any more. A submission that could not be imported keeps the reason of that.
 */
export const noteMissingFile = async (
  tx: Tx,
  { source, formKey }: Place,
  instanceId: string,
  at: { readonly now: string; readonly mappingVersion: string },
  failed: FileEntry | undefined,
): Promise<void> => {
  const entry = knexOf(tx)('odk_submissions').where({ source, form_key: formKey, instance_id: instanceId });
  if (!failed) {
    await entry
      .whereIn('reason', fileReasons)
      .update({ reason: null, path: null, value: null, tries: 0, first_at: null });
    return;
  }
  await entry
    .where((query) => query.whereNull('reason').orWhereIn('reason', fileReasons))
    .update({
      reason: failed.reason,
      path: failed.path,
      value: JSON.stringify(failed.name),
      tries: failed.tries,
      first_at: knexOf(tx).raw('coalesce(first_at, ?)', [at.now]),
      last_at: at.now,
      mapping_version: at.mappingVersion,
    });
};
