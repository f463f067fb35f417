import { type Clock, toWholeSeconds } from '../core/clock.ts';
import { dayOf } from '../registry/index.ts';
import type { Kinship, RegistryReader } from '../registry/ports.ts';
import { WrittenList, writeElements } from '../trust/index.ts';
import { subjectsOf } from './entry-facts.ts';
import { idText, overallStatus } from './envelope.ts';
import type { Question, Reply } from './exchange.ts';
import { type Rejection, rejectItem, toRejection } from './fault.ts';
import { isToBeEncrypted } from './seal.ts';
import { planItem, type SearchItem } from './search-plan.ts';
import { findAll, type Items, type Work } from './search-runs.ts';

export interface SearchDeps {
  readonly registry: RegistryReader;
  readonly clock: Clock;
}

/** Makes the items of a message into work. */
const toItems = (items: readonly SearchItem[], question: Question, registry: RegistryReader): Items => {
  const seen = new Set<string>();
  return {
    length: items.length,
    plan(at) {
      const item = items[at] as SearchItem;
      const reference = idText(item.reference_id);
      try {
        if (seen.has(reference))
          throw rejectItem('rjct.reference_id.duplicate', 'reference_id: was used before in this message');
        seen.add(reference);
        return { reference, plan: planItem(item, question.place, registry.catalogue) };
      } catch (error) {
        return { reference, rejection: toRejection(error) };
      }
    },
  };
};

const noKin: readonly Kinship[] = [];

/** The members or groups that records show, loaded for all of them at once. */
const loadKin = async (
  registry: RegistryReader,
  works: readonly Work[],
): Promise<ReadonlyMap<string, readonly Kinship[]>> => {
  const ids = new Set<string>();
  for (const { plan, found } of works) {
    if (!plan || !found || !plan.definition.showsKin(plan.search.kind)) continue;
    for (const { id } of found.registrants) ids.add(id);
  }
  return ids.size === 0 ? new Map() : await registry.kinships([...ids]);
};

// Members stand in the order of their names, as in the header: the text that is signed is then the text that is sent.
const toItem = (work: Work, kin: ReadonlyMap<string, readonly Kinship[]>, timestamp: string, today: string): object => {
  const { reference, plan, found, rejection } = work;
  if (!plan || !found || rejection) {
    const { code, message } = rejection as Rejection;
    return {
      locale: 'eng',
      reference_id: reference,
      status: 'rjct',
      status_reason_code: code,
      status_reason_message: message,
      timestamp,
    };
  }
  const { definition, page, reveal, search } = plan;
  return {
    data: {
      reg_record_type: definition.recordTypes[search.kind] ?? definition.recordTypes.individual,
      reg_records: found.registrants.map((one) =>
        reveal(definition.toRecord(one, { kin: kin.get(one.id) ?? noKin, today })),
      ),
      reg_type: definition.regType,
      version: '1.0.0',
    },
    locale: 'eng',
    pagination: { page_number: page.number, page_size: page.size, total_count: found.total },
    reference_id: reference,
    status: 'succ',
    timestamp,
  };
};

/** Takes the items of an answer, in their order, as they are made. */
type Take = (items: readonly object[]) => void;

/** Answers a search; `list` is its items, which `take` fills. */
const answer = async (
  { registry, clock }: SearchDeps,
  question: Question,
  { list, take }: { readonly list: object; readonly take: Take },
): Promise<Reply> => {
  const message = question.message as { transaction_id: string | number; search_request: readonly SearchItem[] };
  const now = clock();
  const timestamp = toWholeSeconds(now);
  const today = dayOf(now);
  const outcomes: ('rjct' | 'succ')[] = [];
  for await (const run of findAll(registry, toItems(message.search_request, question, registry))) {
    const kin = await loadKin(registry, run);
    take(run.map((work) => toItem(work, kin, timestamp, today)));
    for (const { rejection } of run) outcomes.push(rejection ? 'rjct' : 'succ');
  }
  return {
    action: 'on-search',
    ...overallStatus(outcomes),
    total: outcomes.length,
    completed: outcomes.length,
    message: {
      correlation_id: question.correlationId,
      search_response: list,
      transaction_id: idText(message.transaction_id),
    },
  };
};

/**
 * Answers a search (dci.md §5.3): one item for each one asked, in their order. An item that cannot be answered is
 * refused by itself and spoils no other.
 */
export const answerSearch =
  (deps: SearchDeps) =>
  async (question: Question): Promise<Reply> => {
    const list: object[] = [];
    return await answer(deps, question, { list, take: (items) => list.push(...items) });
  };

// Shorter messages are not worth it.
const MANY_ITEMS = 32;

/** As `answerSearch`, for an answer that leaves at once: a long one is put into bytes as it is made. */
export const answerSearchNow =
  (deps: SearchDeps) =>
  async (question: Question): Promise<Reply> => {
    const { search_request } = question.message as { search_request: readonly unknown[] };
    // What is to be encrypted is needed as it is.
    if (search_request.length < MANY_ITEMS || isToBeEncrypted(question.peer, question.header)) {
      return await answerSearch(deps)(question);
    }
    const list = new WrittenList();
    const subjects = new Set<string>();
    const reply = await answer(deps, question, {
      list,
      take: (items) => {
        subjectsOf(items, subjects);
        writeElements(list, items);
      },
    });
    return { ...reply, subjects };
  };

/** The message of a search that is refused as a whole, but answered in an envelope. */
export const emptySearchMessage = ({ message, correlationId }: Question): object => ({
  correlation_id: correlationId,
  search_response: [],
  transaction_id: idText((message as { transaction_id: string | number }).transaction_id),
});
