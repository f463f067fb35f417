import { earlier, later } from '../core/order.ts';
import type { Database, Tx } from '../storage/index.ts';
import type { Central, Page } from './central/client.ts';
import { type Source, updateSource, type Walk } from './odk.store.ts';
import type { ODataRow } from './ports.ts';
import { latestStamp } from './stage.ts';

export interface WalkDeps {
  readonly db: Database;
  readonly central: Central;
}

/** Takes the rows of one page into the ledger, in the transaction that also saves where the walk stands. */
export type TakePage = (tx: Tx, rows: readonly ODataRow[]) => Promise<void>;

// A token whose row was purged gives an empty last page: the walk looks complete and is not (odk.md §6). Restarting
// helps; a count that never fits does not stop the source, because deletions may race with the reading.
const MAX_RESTARTS = 3;

const filterFrom = (from: string): string =>
  `__system/submissionDate ge ${from} or __system/updatedAt ge ${from} or __system/deletedAt ge ${from}`;

const EVERYTHING = '__system/deletedAt eq null or __system/deletedAt ne null';

/** What to ask for: everything at first, else what was touched since the watermark, with an overlap. */
const filterOf = (source: Source): string => {
  if (!source.watermark) return EVERYTHING;
  // Commit order is not stamp order: a row stamped before the watermark may become visible after it was set.
  const from = new Date(Date.parse(source.watermark) - source.settings.overlapMs);
  return filterFrom(from.toISOString());
};

/**
 * Reads every page of what changed, newest first (odk.md §15.3). The next page is fetched while this one is taken;
 * the place in the walk is saved with each page, so that a killed process goes on from there. The watermark moves
 * only when the walk is complete, comes from the data, and never passes Central's time at the walk's first answer.
 *
 * `between` runs after each saved page: staged rows are mapped there while the next page is on its way.
 */
export const runWalk = async (
  { db, central }: WalkDeps,
  source: Source,
  take: TakePage,
  between: () => Promise<void>,
): Promise<void> => {
  const top = source.settings.pageSize;
  const filter = source.walk?.filter ?? filterOf(source);

  const fetch = (skipToken: string | undefined): Promise<Page> =>
    central.page({ filter, top, count: true, ...(skipToken === undefined ? {} : { skipToken }) });

  const save = (walk: Walk, rows: readonly ODataRow[]): Promise<void> =>
    db.write(async (tx) => {
      await take(tx, rows);
      await updateSource(tx, source.name, { walk: JSON.stringify(walk) });
    });

  /** One try from `start` on; answers the finished walk, or nothing when it came short. */
  const attempt = async (start: Walk | undefined): Promise<Walk | undefined> => {
    let walk = start;
    let page = await fetch(start?.skipToken);
    for (;;) {
      const next = page.skipToken === undefined ? undefined : fetch(page.skipToken);
      next?.catch(() => {});
      const seen: string = page.rows.map(latestStamp).reduce(later, walk?.seen ?? '');
      walk = {
        filter,
        ...(page.skipToken === undefined ? {} : { skipToken: page.skipToken }),
        startedAt: walk?.startedAt ?? page.serverTime,
        seen,
        rows: (walk?.rows ?? 0) + page.rows.length,
        count: walk?.count ?? page.count ?? 0,
      };
      await save(walk, page.rows);
      await between();
      if (!next) break;
      page = await next;
    }
    return walk.rows >= walk.count ? walk : undefined;
  };

  let walk = await attempt(source.walk);
  for (let restarts = 0; !walk && restarts < MAX_RESTARTS; restarts += 1) {
    walk = await attempt(undefined);
  }
  await db.write(async (tx) => {
    if (!walk) {
      // Still short: what was read is kept, the watermark stays, and the next poll asks for all of it again.
      await updateSource(tx, source.name, { walk: null });
      return;
    }
    const started = new Date(walk.startedAt).toISOString();
    const reached = earlier(walk.seen, started);
    const watermark = later(source.watermark ?? '', reached);
    await updateSource(tx, source.name, { walk: null, ...(watermark === '' ? {} : { watermark }) });
  });
};
