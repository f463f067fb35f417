import { chunk } from '../../core/async.ts';
import { Fault, isFault } from '../../core/fault.ts';
import type { Engine } from '../mapping/expressions/engine.ts';
import type { AfterApply, PollContext } from '../ports.ts';
import { type KnownForm, readSource, updateSource } from '../sources.store.ts';
import { type Entry, readEntries, readQueue } from '../submissions.store.ts';
import { addTotals, countApplied } from '../totals.ts';
import type { Applied } from './applied.ts';
import { applyBatch } from './apply-batch.ts';
import { isTripped, noteOutcomes } from './breaker.ts';
import { type Letter, type Prepared, prepare } from './prepare.ts';

/** Rows in one transaction: on SQLite nobody else writes meanwhile (odk.md §18.9). */
export const BATCH_ROWS = 100;

export interface ApplyDeps {
  readonly engine: Engine;
  readonly after: readonly AfterApply[];
}

export type DrainContext = Pick<
  PollContext,
  'source' | 'place' | 'mapping' | 'registry' | 'programmes' | 'clock' | 'log' | 'writer' | 'db' | 'write' | 'tally'
>;

/** What the registry has against a submission that could not be foreseen: somebody else was quicker, or a limit. */
const letterOf = (error: unknown): Letter => {
  if (isFault(error) && error.code === 'identifier.taken') {
    return { reason: 'duplicate-identifier', path: `identifiers.${String(error.details['type'] ?? '')}`, value: null };
  }
  const first = isFault(error) ? error.details.errors?.[0] : undefined;
  return { reason: 'target-rejected', path: first?.path ?? null, value: first?.message ?? null };
};

// Somebody else changed the same registrants meanwhile; looking again sees what they did.
const ATTEMPTS = 3;

/** Maps what waits in the queue and takes it into the registry, batch by batch. */
export const createApply = ({ engine, after }: ApplyDeps) => {
  const write = async (context: DrainContext, batch: readonly Prepared[]): Promise<readonly Applied[]> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await context.write(async (tx) => {
          const applied = await applyBatch(tx, context, batch, after);
          const { breaker = '', totals = {} } = (await readSource(tx, context.source.name)) ?? {};
          const progress = {
            breaker: noteOutcomes(breaker, applied),
            totals: addTotals(totals, countApplied(applied)),
          };
          await updateSource(tx, context.source.name, progress);
          return applied;
        });
      } catch (error) {
        const isRace =
          isFault(error) && (error.code === 'record.version-conflict' || error.code === 'identifier.taken');
        if (!isRace || tries === ATTEMPTS) throw error;
      }
    }
  };

  /** In one transaction, or in smaller ones when that is refused, so that a bad submission fails alone. */
  const writeApart = async (context: DrainContext, batch: readonly Prepared[]): Promise<readonly Applied[]> => {
    try {
      return await write(context, batch);
    } catch (error) {
      if (isFault(error) && error.kind === 'unavailable') throw error;
      const [first] = batch;
      if (!first) return [];
      if (batch.length > 1) {
        const middle = batch.length >> 1;
        return [
          ...(await writeApart(context, batch.slice(0, middle))),
          ...(await writeApart(context, batch.slice(middle))),
        ];
      }
      if (!isFault(error)) {
        context.log.error({ err: error, instance: first.entry.instance_id }, 'a submission could not be written');
      }
      // When the database itself is broken, or the lease lost, this fails too, and ends the poll.
      const letter = { entry: first.entry, trace: first.trace, do: 'park', ...letterOf(error) } as const;
      return await write(context, [{ ...letter, path: letter.path ?? '' }]);
    }
  };

  const applyEntries = async (context: DrainContext, entries: readonly Entry[]): Promise<void> => {
    const { source, mapping } = context;
    const form = source.form as KnownForm;
    const prepared = await prepare({ engine, mapping, settings: source.settings, form }, entries);
    const applied = await writeApart(context, withoutTwins(prepared));
    for (const { prepared: one, outcome } of applied) context.tally.note(one.entry.instance_id, outcome);
  };

  return {
    /** Until the queue is empty, or so much fails that it must be the mapping. */
    async drain(context: DrainContext): Promise<void> {
      const { db, place, source } = context;
      for (;;) {
        const entries = await db.read((reader) => readQueue(reader, place, BATCH_ROWS));
        if (entries.length === 0) return;
        await applyEntries(context, entries);
        const now = await db.read((reader) => readSource(reader, source.name));
        if (!isTripped(now?.breaker ?? '')) continue;
        const lastError = 'more than half of the last 100 submissions could not be mapped; see the dead letters';
        await context.write((tx) => updateSource(tx, source.name, { state: 'paused', lastError }));
        context.log.error({ source: source.name }, 'too many submissions cannot be mapped: the source is paused');
        throw new Fault('odk.source-paused', `${source.name}: ${lastError}`);
      }
    },

    /** The given ones of the queue, whatever the breaker says: somebody asked for them. */
    async retry(context: DrainContext, ids: readonly string[]): Promise<void> {
      for (const some of chunk(ids, BATCH_ROWS)) {
        const known = await context.db.read((reader) => readEntries(reader, context.place, some));
        let entries = some.flatMap((id) => known.get(id) ?? []).filter(({ queued }) => queued > 0);
        while (entries.length > 0) {
          const before = entries.length;
          await applyEntries(context, entries);
          const after = await context.db.read((reader) => readEntries(reader, context.place, some));
          entries = entries
            .flatMap(({ instance_id }) => after.get(instance_id) ?? [])
            .filter(({ queued }) => queued > 0);
          if (entries.length === before) break;
        }
      }
    },
  };
};

/** Of several submissions of one registrant only the first: the next must see what it did, and waits for its turn. */
const withoutTwins = (prepared: readonly Prepared[]): readonly Prepared[] => {
  const seen = new Set<string>();
  return prepared.filter((one) => {
    const keys = [
      ...(one.entry.subject === null ? [] : [`subject ${one.entry.subject}`]),
      ...(one.do === 'import' ? [`key ${one.mapped.key}`] : []),
    ];
    const isTwin = keys.some((key) => seen.has(key));
    for (const key of keys) seen.add(key);
    return !isTwin;
  });
};

export type Apply = ReturnType<typeof createApply>;
