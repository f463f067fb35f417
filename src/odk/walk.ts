import { setImmediate as breathe } from 'node:timers/promises';
import { readAhead } from '../core/async.ts';
import { Fault } from '../core/fault.ts';
import { earlier, later } from '../core/order.ts';
import { isCentralError } from './central/answer.ts';
import type { Page, PageCursor } from './central/api.ts';
import type { PollContext } from './ports.ts';
import { readSource, type Source, updateSource, type Walk } from './sources.store.ts';
import { idOf, latestStamp } from './stage.ts';
import { takeRows } from './take-rows.ts';

// A token whose row was purged gives an empty last page: the walk looks complete and is not (odk.md §6). Restarting
// helps; more often than this it would not.
const MAX_RESTARTS = 3;

// One waits while another is on its way, so that a page which takes long to map does not keep Central idle.
const PAGES_AHEAD = 2;

const EVERYTHING = '__system/deletedAt eq null or __system/deletedAt ne null';

/** What to ask for: everything at first, else what was touched since the watermark, with an overlap. */
const filterOf = ({ watermark, settings, central }: Source): string => {
  if (watermark === undefined) return central.noDeletedAt ? '' : EVERYTHING;
  // Commit order is not stamp order: a row stamped before the watermark may become visible after it was set.
  const from = new Date(Date.parse(watermark) - settings.overlapMs).toISOString();
  const stamps = ['submissionDate', 'updatedAt', ...(central.noDeletedAt ? [] : ['deletedAt'])];
  return stamps.map((stamp) => `__system/${stamp} ge ${from}`).join(' or ');
};

/** A finished walk, or why it is none. */
type Attempt =
  | { readonly is: 'complete'; readonly walk: Walk; readonly gate: Source['central']['gate'] }
  | { readonly is: 'short' }
  | { readonly is: 'not-modified' };

/**
 * Reads what changed. A walk that was broken off is brought to its end first; it says nothing of what came after it
 * began, so another one follows.
 */
export const runWalk = async (context: PollContext, taken: (expected: number) => Promise<void>): Promise<void> => {
  const isResumed = context.source.walk?.cursor !== undefined;
  await walkOnce(context, taken);
  if (!isResumed) return;
  const source = await context.db.read((reader) => readSource(reader, context.source.name));
  if (source) await walkOnce({ ...context, source: { ...context.source, ...pickWalk(source) } }, taken);
};

const pickWalk = ({ watermark, walk, central }: Source): Pick<Source, 'watermark' | 'walk' | 'central'> => ({
  watermark,
  walk,
  central,
});

/**
 * Reads every page of what changed, newest first (odk.md §15.3). The next pages are fetched while this one is taken and,
 * in `taken`, mapped; the place in the walk is saved with each page, so that a killed process goes on from there. The
 * watermark moves only when the walk is complete, comes from the data, and never passes Central's time at the walk's
 * first answer.
 */
const walkOnce = async (context: PollContext, taken: (expected: number) => Promise<void>): Promise<void> => {
  const { central } = context;
  let { source } = context;
  const { pageSize } = source.settings;
  const update = async (progress: Parameters<typeof updateSource>[2]): Promise<void> => {
    await context.write((tx) => updateSource(tx, source.name, progress));
  };

  const fetch = async (filter: string, cursor?: PageCursor, ifNoneMatch?: string): Promise<Page> =>
    await central.page({ filter: filter === '' ? undefined : filter, pageSize, cursor, ifNoneMatch });

  async function* pagesFrom(first: Page, filter: string): AsyncGenerator<Page, void> {
    let page = first;
    yield page;
    while (page.next) {
      page = await fetch(filter, page.next);
      yield page;
    }
  }

  /** One try from `start` on. */
  const attempt = async (start: Walk | undefined): Promise<Attempt> => {
    const filter = start?.filter ?? filterOf(source);
    const { gate } = source.central;
    const etag = start || gate?.filter !== filter ? undefined : gate.etag;
    let walk = start;
    const first = await fetch(filter, start?.cursor, etag);
    if (first.notModified) return { is: 'not-modified' };
    for await (const page of readAhead(pagesFrom(first, filter), PAGES_AHEAD)) {
      // The request for the next page leaves now, and not when this one no longer keeps the processor busy.
      await breathe();
      const { rows, count } = page;
      const saved: Walk = {
        filter,
        ...(page.next ? { cursor: page.next } : {}),
        startedAt: walk?.startedAt ?? page.serverTime ?? 0,
        seen: rows.map(latestStamp).reduce(later, walk?.seen ?? ''),
        // By id: two current versions of one submission are two rows and count as one.
        rows: (walk?.rows ?? 0) + new Set(rows.map(idOf)).size,
        count: walk?.count ?? count ?? 0,
      };
      // Only a server that pages by `$skip` counts each time; when its count moved, rows slipped past.
      if (walk && count !== undefined && count !== walk.count) return { is: 'short' };
      walk = saved;
      await takeRows(context, rows, (tx) => updateSource(tx, source.name, { walk: saved }));
      await taken(saved.count);
    }
    if (!walk || walk.rows < walk.count) return { is: 'short' };
    // The ETag is about the rows of its page: it tells of the whole only where that is one page.
    const isWhole = !start && !first.next && first.etag !== undefined;
    return { is: 'complete', walk, gate: isWhole ? { filter, etag: first.etag as string } : undefined };
  };

  /** Servers before v2024.3 know no `deletedAt` and refuse a filter that names it (odk.md §20). */
  const attemptOrLearn = async (start: Walk | undefined): Promise<Attempt> => {
    try {
      return await attempt(start);
    } catch (error) {
      if (!isCentralError(error, 501, 501.5) || source.central.noDeletedAt) throw error;
      source = { ...source, central: { noDeletedAt: true } };
      await update({ central: source.central });
      return await attempt(undefined);
    }
  };

  // A walk whose last page was read has no cursor: asking anew costs little, and nothing is missed.
  let outcome = await attemptOrLearn(source.walk?.cursor ? source.walk : undefined);
  for (let restarts = 0; outcome.is === 'short' && restarts < MAX_RESTARTS; restarts += 1) {
    outcome = await attemptOrLearn(undefined);
  }
  if (outcome.is === 'not-modified') return;
  if (outcome.is === 'short') {
    // What was read is kept, the watermark stays, and the next poll asks for all of it again.
    await update({ walk: null });
    throw new Fault('net.upstream', 'ODK Central delivers fewer submissions than it counts');
  }
  const { walk, gate } = outcome;
  const reached = earlier(walk.seen, new Date(walk.startedAt).toISOString());
  const watermark = later(source.watermark ?? '', reached);
  const { gate: _old, ...notes } = source.central;
  await update({
    walk: null,
    watermark: watermark === '' ? null : watermark,
    central: gate ? { ...notes, gate } : notes,
  });
};
