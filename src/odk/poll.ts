import { toTimestamp } from '../core/clock.ts';
import { Fault, isFault } from '../core/fault.ts';
import type { Apply } from './apply/apply.ts';
import { askDue } from './ask-due.ts';
import { type Centrals, explain, type OpenCentral } from './centrals.ts';
import { readInfo, readKnownForm } from './check-form.ts';
import { type Hold, holdSource } from './hold-source.ts';
import { compileMapping } from './mappings.ts';
import type { PollContext, PollStage } from './ports.ts';
import { type Reconciled, reconcile } from './reconcile.ts';
import { type Progress, readSource, type Source, updateSource } from './sources.store.ts';
import { askForLetters } from './submissions.store.ts';
import { type Counts, createTally } from './tally.ts';
import { addTotals } from './totals.ts';
import { runWalk } from './walk.ts';

export type PollDeps = Pick<PollContext, 'db' | 'registry' | 'programmes' | 'blobs' | 'clock' | 'log'> & {
  readonly centrals: Centrals;
  readonly apply: Apply;
  /** What follows once the submissions are in: files, review, entity lists. */
  readonly further: readonly PollStage[];
};

export interface PollOptions {
  /** Somebody waits for this poll: back-off times are ignored. */
  readonly eager?: boolean;
  /** Compares with Central's own list, too. Without it that is done once a night. */
  readonly reconcile?: boolean;
  /** The right to the source, when the caller has it already. */
  readonly held?: Hold;
  /** Ends the poll at its next write; the next one goes on from there. */
  readonly signal?: AbortSignal;
  /** Told after each page, for progress on a terminal. */
  readonly onProgress?: (progress: { readonly done: number; readonly expected: number }) => void;
}

export type PollReport = Counts & { readonly reconciled?: Reconciled };

const NIGHT_MS = 24 * 3600_000;
// Hammering a server that refuses the login helps nobody; `odk add` with other credentials polls at once.
const REFUSED_MS = 3600_000;

const messageOf = (error: unknown): string => (isFault(error) ? error.message : 'internal error; the log says more');

/** One poll of one source (odk.md §15.3): everything due, in stages, each of which can be killed and resumed. */
export const createPoll = (deps: PollDeps) => {
  const { db, clock, log, apply, centrals } = deps;

  /** Looks at the form first: what is read of it depends on its version (odk.md §3.1). */
  const checkForm = async (source: Source, { form }: OpenCentral, write: Hold['write']): Promise<Source> => {
    const info = await readInfo(form, source.settings);
    const known = source.form;
    if (known?.key === info.createdAt && known.hash === info.hash && known.version === info.version) return source;
    const isOther = known !== undefined && known.key !== info.createdAt;
    const earlier = [...(known?.earlier ?? []), ...(isOther ? [known.key] : [])];
    const now = await readKnownForm(form, source.settings, info, known?.mapped ?? {}, earlier);
    const { gate: _stale, ...central } = source.central;
    // A form made anew under the old name is another form: what was read of the other is no measure (odk.md §15.7).
    const progress: Progress = { form: now, central, ...(isOther ? { watermark: null, walk: null } : {}) };
    if (isOther) log.error({ source: source.name }, 'the form was deleted and made anew: importing it from the start');
    if (now.vanished.length > 0) {
      log.error({ source: source.name, paths: now.vanished }, 'the form lacks fields that the mapping reads');
    }
    await write(async (tx) => {
      await updateSource(tx, source.name, progress);
      // Its rows may show now what they lacked.
      await askForLetters(tx, { source: source.name, formKey: now.key }, 'form-version-unmapped');
    });
    return { ...source, form: now, central, ...(isOther ? { watermark: undefined, walk: undefined } : {}) };
  };

  const runStages = async (context: PollContext, options: PollOptions): Promise<Reconciled | undefined> => {
    const { source, place, tally } = context;
    const drain = async (expected = 0): Promise<void> => {
      await apply.drain(context);
      options.onProgress?.({ done: tally.size(), expected: Math.max(expected, tally.size()) });
    };
    await drain();
    await runWalk(context, drain);
    await askDue(context);
    await drain();
    let reconciled: Reconciled | undefined;
    if (options.reconcile || source.reconcileAt <= clock()) {
      reconciled = await reconcile(context);
      await drain();
      const { difference } = reconciled;
      if (difference > 0) log.warn({ source: source.name, difference }, 'reconciliation found what was missed');
      await context.write(async (tx) => {
        const { totals = {} } = (await readSource(tx, place.source)) ?? {};
        await updateSource(tx, place.source, {
          reconcileAt: clock() + NIGHT_MS,
          totals: { ...totals, 'reconcile.difference': difference },
        });
      });
    }
    for (const stage of deps.further) await stage.run(context);
    return reconciled;
  };

  const pollHeld = async (name: string, held: Hold, options: PollOptions): Promise<PollReport> => {
    const write: Hold['write'] = (work) => {
      if (options.signal?.aborted) throw new Fault('server.stopping', 'the server is shutting down');
      return held.write(work);
    };
    const stored = await db.read((reader) => readSource(reader, name));
    if (!stored) throw new Fault('odk.source-unknown', `there is no ODK source ${name}`);
    if (stored.state === 'paused') throw new Fault('odk.source-paused', `${name} is paused: ${stored.lastError ?? ''}`);
    const tally = createTally();
    const finish = async (progress: Progress, totals: Record<string, number>): Promise<void> => {
      await write(async (tx) => {
        const now = await readSource(tx, name);
        if (now) await updateSource(tx, name, { ...progress, totals: addTotals(now.totals, totals) });
      });
    };
    let central: OpenCentral | undefined;
    try {
      const opened = centrals.open(stored);
      central = opened;
      const source = await checkForm(stored, opened, write);
      const context: PollContext = {
        source,
        place: { source: name, formKey: source.form?.key ?? '' },
        mapping: compileMapping(source.mapping),
        central: opened.form,
        client: opened.client,
        db,
        registry: deps.registry,
        programmes: deps.programmes,
        blobs: deps.blobs,
        clock,
        log,
        writer: `odk:${name}`,
        write,
        eager: options.eager ?? false,
        tally,
      };
      const reconciled = await runStages(context, options);
      const counts = tally.counts();
      const done = { state: 'ok', lastSuccessAt: toTimestamp(clock()), lastError: null } as const;
      const totals = { ...opened.takeTotals(), polls: 1, read: counts.read, echo: counts.echo };
      await finish({ ...done, nextAt: clock() + source.settings.everyMs }, totals);
      return { ...counts, ...(reconciled ? { reconciled } : {}) };
    } catch (failure) {
      const error = explain(failure);
      if (options.signal?.aborted) throw error;
      const isGone = isFault(error) && error.code === 'odk.form-gone';
      const isRefused = isFault(error) && error.code === 'odk.login-refused';
      const isPaused = isFault(error) && error.code === 'odk.source-paused';
      const { everyMs } = stored.settings;
      const progress: Progress = {
        ...(isGone ? { state: 'gone' } : {}),
        ...(isPaused ? {} : { lastError: messageOf(error) }),
        nextAt: clock() + (isRefused ? Math.max(REFUSED_MS, everyMs) : everyMs),
      };
      await finish(progress, { ...central?.takeTotals(), failures: 1 }).catch((second: unknown) =>
        log.error({ err: second, source: name }, 'cannot note that a poll failed'),
      );
      throw error;
    }
  };

  return async (name: string, options: PollOptions = {}): Promise<PollReport> => {
    if (options.held) return await pollHeld(name, options.held, options);
    const held = await holdSource(db, name);
    try {
      return await pollHeld(name, held, options);
    } finally {
      await held.release();
    }
  };
};

export type Poll = ReturnType<typeof createPoll>;
