import type { Json } from '../core/json.ts';
import { anyOf, knexOf, listOf, type Reader, rowsOf, type Tx, touch } from '../storage/index.ts';
import type { DeadLetterReason, ODataRow } from './ports.ts';
import type { SourceSettings } from './source.ts';

export const SOURCES_TOPIC = 'odk-sources';

export type SourceState = 'ok' | 'degraded' | 'paused' | 'gone';

/** A walk that has not come to its end: asked again from where it stopped (odk.md §15.3). */
export interface Walk {
  readonly filter?: string;
  readonly skipToken?: string;
  /** Central's time at the walk's first answer, milliseconds; the watermark never passes it. */
  readonly startedAt: number;
  /** Greatest stamp seen so far. */
  readonly seen: string;
  readonly rows: number;
  readonly count: number;
}

export interface Source {
  readonly name: string;
  readonly settings: SourceSettings;
  readonly sealedPassword: string;
  readonly mapping: string;
  readonly mappingVersion: string;
  readonly state: SourceState;
  readonly formKey?: string;
  readonly formHash?: string;
  readonly watermark?: string;
  readonly walk?: Walk;
  readonly lastSuccessAt?: string;
  readonly lastError?: string;
}

interface SourceRow {
  readonly name: string;
  readonly settings: string;
  readonly secret: string;
  readonly mapping: string;
  readonly mapping_version: string;
  readonly state: SourceState;
  readonly form_key: string | null;
  readonly form_hash: string | null;
  readonly watermark: string | null;
  readonly walk: string | null;
  readonly last_success_at: string | null;
  readonly last_error: string | null;
}

const fromRow = (row: SourceRow): Source => ({
  name: row.name,
  settings: JSON.parse(row.settings) as SourceSettings,
  sealedPassword: row.secret,
  mapping: row.mapping,
  mappingVersion: row.mapping_version,
  state: row.state,
  ...(row.form_key === null ? {} : { formKey: row.form_key }),
  ...(row.form_hash === null ? {} : { formHash: row.form_hash }),
  ...(row.watermark === null ? {} : { watermark: row.watermark }),
  ...(row.walk === null ? {} : { walk: JSON.parse(row.walk) as Walk }),
  ...(row.last_success_at === null ? {} : { lastSuccessAt: row.last_success_at }),
  ...(row.last_error === null ? {} : { lastError: row.last_error }),
});

export const readSources = async (reader: Reader): Promise<readonly Source[]> => {
  const rows: SourceRow[] = await knexOf(reader)('odk_sources').orderBy('name');
  return rows.map(fromRow);
};

export const readSource = async (reader: Reader, name: string): Promise<Source | undefined> => {
  const row: SourceRow | undefined = await knexOf(reader)('odk_sources').where({ name }).first();
  return row && fromRow(row);
};

/** Adds a source, or replaces mapping and settings of one that keeps its ledger and watermark. */
export const putSource = async (
  tx: Tx,
  source: Pick<Source, 'name' | 'settings' | 'sealedPassword' | 'mapping' | 'mappingVersion'>,
): Promise<void> => {
  const row = {
    name: source.name,
    settings: JSON.stringify(source.settings),
    secret: source.sealedPassword,
    mapping: source.mapping,
    mapping_version: source.mappingVersion,
    state: 'ok',
    last_error: null,
  };
  const { name: _name, ...replaced } = row;
  await knexOf(tx)('odk_sources').insert(row).onConflict('name').merge(replaced);
  await touch(tx, SOURCES_TOPIC);
};

type Progress = Partial<
  Pick<SourceRow, 'state' | 'form_key' | 'form_hash' | 'watermark' | 'walk' | 'last_success_at' | 'last_error'>
>;

export const updateSource = async (tx: Tx, name: string, progress: Progress): Promise<void> => {
  await knexOf(tx)('odk_sources').where({ name }).update(progress);
};

export const removeSource = async (tx: Tx, name: string): Promise<boolean> => {
  await knexOf(tx)('odk_submissions').where({ source: name }).delete();
  const removed = await knexOf(tx)('odk_sources').where({ name }).delete();
  await touch(tx, SOURCES_TOPIC);
  return removed > 0;
};

export type Outcome = 'created' | 'updated' | 'unchanged' | 'parked' | 'held' | 'retired';

/** A row of the ledger of submissions. */
export interface Entry {
  readonly instance_id: string;
  readonly fingerprint: string;
  readonly submission_date: string;
  readonly deleted_at: string | null;
  readonly review_state: string | null;
  readonly edits: number;
  readonly applied_edits: number | null;
  readonly row: string;
  readonly queued: number;
  readonly outcome: Outcome | null;
  readonly registrant_id: string | null;
  readonly reason: DeadLetterReason | null;
  readonly path: string | null;
  readonly value: string | null;
  readonly tries: number;
  readonly first_at: string | null;
  readonly last_at: string | null;
  readonly mapping_version: string | null;
}

export const readEntries = async (
  reader: Reader,
  source: string,
  formKey: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Entry>> => {
  if (ids.length === 0) return new Map();
  const rows = await rowsOf<Entry>(
    reader,
    `select * from odk_submissions where source = ? and form_key = ? and ${anyOf(reader.profile, 'instance_id')}`,
    [source, formKey, listOf(reader.profile, [...ids])],
  );
  return new Map(rows.map((row) => [row.instance_id, row]));
};

export interface StagedEntry {
  readonly instanceId: string;
  readonly fingerprint: string;
  readonly submissionDate: string;
  readonly deletedAt: string | null;
  readonly reviewState: string | null;
  readonly edits: number;
  readonly row: ODataRow;
}

/** Puts new readings into the ledger and into the queue; what became of earlier ones stays beside them. */
export const stageEntries = async (
  tx: Tx,
  source: string,
  formKey: string,
  staged: readonly StagedEntry[],
): Promise<void> => {
  const knex = knexOf(tx);
  const size = 50;
  for (let at = 0; at < staged.length; at += size) {
    const rows = staged.slice(at, at + size).map((one) => ({
      source,
      form_key: formKey,
      instance_id: one.instanceId,
      fingerprint: one.fingerprint,
      submission_date: one.submissionDate,
      deleted_at: one.deletedAt,
      review_state: one.reviewState,
      edits: one.edits,
      row: JSON.stringify(one.row),
      queued: 1,
    }));
    await knex('odk_submissions')
      .insert(rows)
      .onConflict(['source', 'form_key', 'instance_id'])
      .merge(['fingerprint', 'submission_date', 'deleted_at', 'review_state', 'edits', 'row', 'queued']);
  }
};

/** What waits to be mapped, in the order of arrival at Central. */
export const readQueue = async (
  reader: Reader,
  source: string,
  formKey: string,
  limit: number,
): Promise<readonly Entry[]> =>
  await knexOf(reader)('odk_submissions')
    .where({ source, form_key: formKey, queued: 1 })
    .orderBy(['submission_date', 'instance_id'])
    .limit(limit);

export interface Settled {
  readonly instanceId: string;
  readonly outcome: Outcome;
  readonly registrantId: string | null;
  readonly appliedEdits: number | null;
  readonly reason: DeadLetterReason | null;
  readonly path: string | null;
  readonly value: Json | null;
  readonly tries: number;
  readonly firstAt: string | null;
}

/** Writes what became of rows, with the registrants they made, in one transaction. */
export const settleEntries = async (
  tx: Tx,
  { source, formKey, mappingVersion, now }: { source: string; formKey: string; mappingVersion: string; now: string },
  settled: readonly Settled[],
): Promise<void> => {
  for (const one of settled) {
    await rowsOf(
      tx,
      `update odk_submissions set queued = 0, outcome = ?, registrant_id = ?, applied_edits = ?, reason = ?, path = ?, value = ?,
         tries = ?, first_at = ?, last_at = ?, mapping_version = ?
       where source = ? and form_key = ? and instance_id = ?`,
      [
        one.outcome,
        one.registrantId,
        one.appliedEdits,
        one.reason,
        one.path,
        one.value === null ? null : JSON.stringify(one.value),
        one.tries,
        one.firstAt,
        now,
        mappingVersion,
        source,
        formKey,
        one.instanceId,
      ],
    );
  }
};

/** Puts parked (and held) rows back into the queue; answers how many. */
export const requeue = async (
  tx: Tx,
  source: string,
  which: { readonly instanceId?: string; readonly reason?: string },
): Promise<number> =>
  await knexOf(tx)('odk_submissions')
    .where({ source })
    .whereNotNull('reason')
    .modify((query) => which.instanceId !== undefined && query.where('instance_id', which.instanceId))
    .modify((query) => which.reason !== undefined && query.where('reason', which.reason))
    .update({ queued: 1 });

/** Everything that was mapped with another mapping may come out otherwise now. */
export const requeueForMapping = async (tx: Tx, source: string, mappingVersion: string): Promise<void> => {
  await knexOf(tx)('odk_submissions')
    .where({ source })
    .andWhere((query) => query.whereNot('mapping_version', mappingVersion).orWhereNotNull('reason'))
    .update({ queued: 1 });
};

export const readDeadLetters = async (reader: Reader, source: string): Promise<readonly Entry[]> =>
  await knexOf(reader)('odk_submissions')
    .where({ source })
    .whereNotNull('reason')
    .orderBy(['first_at', 'instance_id'])
    .limit(1000);

export const countOutcomes = async (reader: Reader, source: string): Promise<Readonly<Record<string, number>>> => {
  const rows: { outcome: string | null; n: number | string }[] = await knexOf(reader)('odk_submissions')
    .where({ source })
    .select('outcome')
    .count({ n: '*' })
    .groupBy('outcome');
  const [deleted] = await knexOf(reader)('odk_submissions')
    .where({ source })
    .whereNotNull('deleted_at')
    .count({ n: '*' });
  return {
    ...Object.fromEntries(rows.map(({ outcome, n }) => [outcome ?? 'waiting', Number(n)])),
    deletedInCentral: Number(deleted?.['n'] ?? 0),
  };
};
