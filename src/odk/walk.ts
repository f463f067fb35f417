import { Fault } from '../core/fault.ts';
import { earlier, later } from '../core/order.ts';
import type { Database, Tx } from '../storage/index.ts';
import { isCentralError } from './central/answer.ts';
import type { CentralForm, ODataRow, Page, PageCursor } from './central/api.ts';
import { type Source, updateSource, type Walk } from './sources.store.ts';
import { idOf, latestStamp } from './stage.ts';

export interface WalkDeps {
  readonly db: Database;
  readonly central: CentralForm;
  /** Takes the rows of one page into the ledger, in the transaction that also saves where the walk stands. */
  readonly take: (tx: Tx, rows: readonly ODataRow[]) => Promise<void>;
  /** Told after each page that is durable: staged rows are mapped there while the next page is on its way. */
  readonly taken: () => Promise<void>;
}

// A token whose row was purged gives an empty last page: the walk looks complete and is not (odk.md §6). Restarting
// helps; more often than this it would not.
const MAX_RESTARTS = 3;

const EVERYTHING = '__system/deletedAt eq null or __system/deletedAt ne null';

/** What to ask for: everything at first, else what was touched since the watermark, with an overlap. */
const filterOf = (source: Source): string => {
  if (source.watermark === undefined) return EVERYTHING;
  // Commit order is not stamp order: a row stamped before the watermark may become visible after it was set.
  const from = new Date(Date.parse(source.watermark) - source.settings.overlapMs).toISOString();
  return ['submissionDate', 'updatedAt', 'deletedAt'].map((stamp) => `__system/${stamp} ge ${from}`).join(' or ');
};

/** Servers before v2024.3 know no `deletedAt` and refuse a filter that names it (odk.md §20). */
const withoutDeleted = (filter: string): string =>
  filter
    .split(' or ')
    .filter((test) => !test.includes('deletedAt'))
    .join(' or ');

/**
 * Reads every page of what changed, newest first (odk.md §15.3). The next page is fetched while this one is taken; the
 * place in the walk is saved with each page, so that a killed process goes on from there. The watermark moves only
 * when the walk is complete, comes from the data, and never passes Central's time at the walk's first answer.
 */
export const runWalk = async ({ db, central, take, taken }: WalkDeps, source: Source): Promise<void> => {
  const { pageSize } = source.settings;

  const fetch = async (filter: string, cursor: PageCursor | undefined): Promise<Page> => {
    const ask = (text: string) => central.page({ filter: text === '' ? undefined : text, pageSize, cursor });
    try {
      return await ask(filter);
    } catch (error) {
      if (isCentralError(error, 501, 501.5) && filter.includes('deletedAt')) return await ask(withoutDeleted(filter));
      throw error;
    }
  };

  /** One try from `start` on; answers the finished walk, or nothing when it came short. */
  const attempt = async (start: Walk | undefined): Promise<Walk | undefined> => {
    const filter = start?.filter ?? filterOf(source);
    let walk = start;
    let page = await fetch(filter, start?.cursor);
    for (;;) {
      const next = page.next && fetch(filter, page.next);
      next?.catch(() => {});
      const { rows } = page;
      const saved: Walk = {
        filter,
        ...(page.next ? { cursor: page.next } : {}),
        startedAt: walk?.startedAt ?? page.serverTime ?? 0,
        seen: rows.map(latestStamp).reduce(later, walk?.seen ?? ''),
        // By id: two current versions of one submission are two rows and count as one.
        rows: (walk?.rows ?? 0) + new Set(rows.map(idOf)).size,
        count: walk?.count ?? page.count ?? 0,
      };
      walk = saved;
      await db.write(async (tx) => {
        await take(tx, rows);
        await updateSource(tx, source.name, { walk: saved });
      });
      await taken();
      if (!next) break;
      page = await next;
    }
    return walk.rows >= walk.count ? walk : undefined;
  };

  // A walk whose last page was read has no cursor: asking anew costs little, and nothing is missed.
  let walk = await attempt(source.walk?.cursor ? source.walk : undefined);
  for (let restarts = 0; !walk && restarts < MAX_RESTARTS; restarts += 1) walk = await attempt(undefined);
  if (!walk) {
    // What was read is kept, the watermark stays, and the next poll asks for all of it again.
    await db.write((tx) => updateSource(tx, source.name, { walk: null }));
    throw new Fault('net.upstream', 'ODK Central delivers fewer submissions than it counts');
  }
  const reached = earlier(walk.seen, new Date(walk.startedAt).toISOString());
  const watermark = later(source.watermark ?? '', reached);
  await db.write((tx) => updateSource(tx, source.name, { walk: null, watermark: watermark === '' ? null : watermark }));
};
