import { Fault } from '../core/fault.ts';
import { isObject, type Json } from '../core/json.ts';
import type { Database, Tx } from '../storage/index.ts';
import type { Applied } from './apply/applied.ts';
import { applyBatch } from './apply/apply-batch.ts';
import { prepare } from './apply/prepare.ts';
import { readByIds } from './by-id.ts';
import type { ODataRow } from './central/api.ts';
import { type Centrals, explain } from './centrals.ts';
import { readInfo, readKnownForm } from './check-form.ts';
import { shownValue } from './letters.ts';
import { unusedFields } from './mapping/check.ts';
import type { Engine } from './mapping/expressions/engine.ts';
import { toForm } from './mapping/form.ts';
import { compileMapping } from './mappings.ts';
import type { ApplyContext, PollContext } from './ports.ts';
import { type KnownForm, readSource, type Source } from './sources.store.ts';
import { stageReadings, toReadings } from './stage.ts';
import { placeOf } from './status.ts';
import { type Entry, readEntries, requeueIds } from './submissions.store.ts';

export interface PreviewRow {
  readonly instanceId: string;
  readonly outcome: 'create' | 'update' | 'unchanged' | 'dead-letter' | 'held' | 'retire';
  readonly reason: string | null;
  readonly path: string | null;
  readonly value: Json;
  readonly fields: readonly { readonly target: string; readonly source: string; readonly value: unknown }[];
}

export interface Preview {
  readonly rows: readonly PreviewRow[];
  /** Source paths that nothing in the mapping reads. */
  readonly unmapped: readonly string[];
}

export interface PreviewOptions {
  /** As many of the newest; default 20. */
  readonly limit?: number;
  readonly ids?: readonly string[];
  /** Recorded rows, instead of a Central. */
  readonly recorded?: unknown;
}

export type PreviewDeps = Pick<PollContext, 'db' | 'registry' | 'programmes' | 'clock' | 'log'> & {
  readonly centrals: Centrals;
  readonly engine: Engine;
};

const DEFAULT_LIMIT = 20;
const MOST = 250;

/** Carries a result out of a transaction that is not to be. */
class Undone<T> extends Error {
  readonly result: T;
  constructor(result: T) {
    super('rolled back on purpose');
    this.result = result;
  }
}

const undone = async <T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> => {
  try {
    await db.write(async (tx) => {
      throw new Undone(await work(tx));
    });
  } catch (error) {
    if (error instanceof Undone) return error.result as T;
    throw error;
  }
  throw new Error('a preview was not rolled back');
};

/** Rows as Central answers them: its whole answer, a list of rows, or one row. */
const readRecorded = (recorded: unknown): readonly ODataRow[] => {
  const list = isObject(recorded) && Array.isArray(recorded['value']) ? recorded['value'] : [recorded].flat();
  if (list.every((row): row is ODataRow => isObject(row) && typeof row['__id'] === 'string')) return list;
  throw new Fault('odk.source-invalid', 'the file holds no submissions as Central answers them (rows with __id)');
};

const outcomes: Readonly<Record<Applied['outcome'], PreviewRow['outcome']>> = {
  created: 'create',
  updated: 'update',
  restored: 'update',
  unchanged: 'unchanged',
  parked: 'dead-letter',
  held: 'held',
  retired: 'retire',
};

const toRow = ({ prepared, outcome, letter }: Applied, { settings }: Source): PreviewRow => {
  const reason = prepared.do === 'hold' ? prepared.why : (letter?.reason ?? null);
  return {
    instanceId: prepared.entry.instance_id,
    outcome: outcomes[outcome],
    reason,
    path: letter?.path ?? null,
    value: shownValue(reason, letter?.value ?? null, settings),
    fields: prepared.trace.map(({ target, source, value }) => ({ target, source, value })),
  };
};

/**
 * Shows what an import would do, by doing it in a transaction that is rolled back: the same way as the real one, up to
 * the very end (odk.md §18.8).
 */
export const createPreview = ({ centrals, engine, ...deps }: PreviewDeps) => {
  const { db } = deps;

  const readLive = async (source: Source, options: PreviewOptions): Promise<readonly ODataRow[]> => {
    const central = centrals.open(source).form;
    if (options.ids) {
      const rows: ODataRow[] = [];
      const asked = options.ids.map((id) => ({ id, submissionDate: '' }));
      for await (const found of readByIds({ central, source } as PollContext, asked)) rows.push(...found.rows);
      return rows;
    }
    const pageSize = Math.min(MOST, Math.max(1, options.limit ?? DEFAULT_LIMIT));
    return (await central.page({ filter: undefined, pageSize })).rows;
  };

  /** With the form as it is now; a recorded file is looked at with the form that was known last. */
  const atPresent = async (source: Source): Promise<Source> => {
    const central = centrals.open(source).form;
    const info = await readInfo(central, source.settings);
    if (info.hash === source.form?.hash && info.createdAt === source.form.key) return source;
    return { ...source, form: await readKnownForm(central, source.settings, info, source.form?.mapped ?? {}, []) };
  };

  const run = async (source: Source, rows: readonly ODataRow[]): Promise<readonly Applied[]> => {
    const place = placeOf(source);
    const form = source.form as KnownForm;
    const mapping = compileMapping(source.mapping);
    const context: ApplyContext = { ...deps, source, place, mapping, writer: `odk:${source.name}` };
    const readings = toReadings(rows, { ...place, formHash: form.hash, mappingVersion: source.mappingVersion });
    const ids = readings.map(({ instance_id }) => instance_id);
    const stage = async (tx: Tx): Promise<readonly Entry[]> => {
      await stageReadings(tx, place, readings);
      await requeueIds(tx, place, ids);
      const entries = [...(await readEntries(tx, place, ids)).values()];
      return entries.sort((a, b) => (a.submission_date < b.submission_date ? -1 : 1));
    };
    // Twice, as expressions may take their time and a transaction must not.
    const prepared = await prepare({ engine, mapping, settings: source.settings, form }, await undone(db, stage));
    return await undone(db, async (tx) => {
      await stage(tx);
      return await applyBatch(tx, context, prepared, []);
    });
  };

  return async (name: string, options: PreviewOptions = {}): Promise<Preview> => {
    const stored = await db.read((reader) => readSource(reader, name));
    if (!stored) throw new Fault('odk.source-unknown', `there is no ODK source ${name}`);
    try {
      const isRecorded = options.recorded !== undefined;
      const source = isRecorded ? stored : await atPresent(stored);
      const rows = isRecorded ? readRecorded(options.recorded) : await readLive(source, options);
      const { mapped = {}, version = '', fields = [] } = source.form ?? {};
      const used = { fields: new Map(Object.entries(mapped)) };
      return {
        rows: (await run(source, rows)).map((one) => toRow(one, source)),
        unmapped: unusedFields(used, toForm(source.settings.form, version, fields)),
      };
    } catch (error) {
      throw explain(error);
    }
  };
};
