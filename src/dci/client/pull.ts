import type { PeerDirectory } from '../../access/index.ts';
import { isEqualJson } from '../../core/equal.ts';
import { Fault } from '../../core/fault.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Database } from '../../storage/index.ts';
import { findByRegType } from '../registries/all.ts';
import type { RegistryName } from '../registries/registry.ts';
import { nothingTaken, sumOf, type Taken, type TakeRecords, writerFor } from '../take-records.ts';
import { writeTaking } from '../write-taking.ts';
import type { SearchQuestion } from './ask-search.ts';
import type { DciClient } from './client.ts';
import { fromG2pRecords } from './g2p-registrants.ts';
import type { AnsweredItem } from './read-search.ts';
import { asksForGroups } from './since.ts';

export interface PullDeps {
  readonly client: Pick<DciClient, 'search'>;
  readonly peers: Pick<PeerDirectory, 'bySenderId'>;
  readonly db: Database;
  readonly takeRecords: TakeRecords;
}

export interface PullOptions {
  readonly pageSize?: number;
  readonly programme?: string;
  /** Called before each page; throws when the walk may not go on. */
  readonly goOn?: () => Promise<void>;
}

/** What a walk through another registry's answer brought. */
export interface PullReport extends Taken {
  readonly pages: number;
  readonly records: number;
}

const PAGE_SIZE = 100;
// A registry that counts its pages wrongly must not keep us for ever.
const MAX_PAGES = 100_000;

const itemOf = (peerId: string, [item]: readonly AnsweredItem[]): AnsweredItem | undefined => {
  // One registry leaves out the item of a question that nothing answers (dci.md §5.3).
  if (item?.status !== 'rjct') return item;
  const why = [item.reasonCode, item.reason].filter((part) => part !== undefined).join(': ');
  throw new Fault('dci.ask-refused', `${peerId} refused the question${why === '' ? '' : `: ${why}`}`);
};

/** The records of a page, and whose they are; answers in GraphQL have a shape of their own. */
const readPage = (
  question: SearchQuestion,
  item: AnsweredItem | undefined,
): { readonly registry: RegistryName; readonly records: readonly JsonObject[] } => {
  const records = item?.records ?? [];
  if (question.queryType === 'graphql') {
    return { registry: 'social', records: fromG2pRecords(records, asksForGroups(question)) };
  }
  return { registry: findByRegType(item?.regType)?.name ?? question.registry, records };
};

/**
 * Asks a question page by page and takes the records in, a page in each transaction. Walking again after a failure
 * begins at the first page: what is in already changes nothing.
 */
export const createPull =
  ({ client, peers, db, takeRecords }: PullDeps) =>
  async (peerId: string, question: SearchQuestion, options: PullOptions = {}): Promise<PullReport> => {
    if (!(await peers.bySenderId(peerId))?.source) {
      throw new Fault(
        'peer.invalid',
        `records of ${peerId} may not be taken in: it is no source (peer update --source)`,
      );
    }
    const { pageSize = PAGE_SIZE, programme, goOn } = options;
    const hasPages = question.queryType !== 'graphql';
    let taken = nothingTaken;
    let records = 0;
    let before: readonly JsonObject[] = [];
    for (let number = 1; number <= MAX_PAGES; number += 1) {
      await goOn?.();
      const asked = hasPages ? { ...question, page: { size: pageSize, number } } : question;
      const { items } = await client.search(peerId, [asked]);
      const item = itemOf(peerId, items);
      const { registry, records: page } = readPage(question, item);
      // A registry that knows no pages answers with the same one for ever.
      if (page.length === 0 || isEqualJson(page, before)) return { pages: number - 1, records, ...taken };
      const more = await writeTaking(db, (tx) =>
        takeRecords(tx, {
          registry,
          records: page,
          writer: writerFor(peerId),
          ...(programme === undefined ? {} : { programme }),
        }),
      );
      taken = sumOf(taken, more);
      records += page.length;
      before = page;
      const isLast = page.length < pageSize || (item?.total !== undefined && records >= item.total);
      if (isLast || !hasPages) {
        return { pages: number, records, ...taken };
      }
    }
    return { pages: MAX_PAGES, records, ...taken };
  };
export type Pull = ReturnType<typeof createPull>;
