import { type Clock, toWholeSeconds } from '../core/clock.ts';
import { isFault } from '../core/fault.ts';
import { dayOf } from '../registry/index.ts';
import type { Found, Kinship, RegistryReader, Search } from '../registry/ports.ts';
import { idText, overallStatus } from './envelope.ts';
import type { Question, Reply } from './exchange.ts';
import { type Rejection, rejectItem, toRejection } from './fault.ts';
import { planItem, type SearchItem, type SearchPlan } from './search-plan.ts';

/** Records that one answer may hold; what goes beyond is to be asked for in further messages. */
const MAX_RECORDS = 10_000;

export interface SearchDeps {
  readonly registry: RegistryReader;
  readonly clock: Clock;
}

/** One item while it is worked on: refused, or planned and then found. */
interface Work {
  readonly reference: string;
  readonly plan?: SearchPlan;
  rejection?: Rejection;
  found?: Found;
}

const tooMany = (): Rejection =>
  toRejection(
    rejectItem(
      'rjct.search.too_many_records_found',
      `the answer would hold more than ${MAX_RECORDS} records; ask for less, or in several messages`,
    ),
  );

const plan = (items: readonly SearchItem[], question: Question, registry: RegistryReader): Work[] => {
  const seen = new Set<string>();
  return items.map((item): Work => {
    const reference = idText(item.reference_id);
    try {
      if (seen.has(reference))
        throw rejectItem('rjct.reference_id.duplicate', 'reference_id: was used before in this message');
      seen.add(reference);
      return { reference, plan: planItem(item, question.place, registry.catalogue) };
    } catch (error) {
      return { reference, rejection: toRejection(error) };
    }
  });
};

/** Asks for all at once; should one question be refused after all, each for itself, so that only it fails. */
const ask = async (registry: RegistryReader, works: readonly (Work & { plan: SearchPlan })[]): Promise<void> => {
  const searches = works.map(({ plan }): Search => plan.search);
  try {
    const found = await registry.search(searches);
    works.forEach((work, i) => {
      work.found = found[i] as Found;
    });
  } catch (error) {
    if (!isFault(error) || error.code !== 'query.invalid') throw error;
    if (works.length === 1) (works[0] as Work).rejection = toRejection(error);
    else for (const work of works) await ask(registry, [work]);
  }
};

/** Who was deregistered is not found; other questions say so themselves (search-plan.ts). */
const siftLookUp = (work: Work): void => {
  if (!work.plan?.isLookUp || !work.found) return;
  const registrants = work.found.registrants.filter(({ active }) => active);
  if (registrants.length === work.found.registrants.length) return;
  const gone = work.found.registrants.length - registrants.length;
  work.found = { registrants, total: work.found.total - gone };
};

/** Answers what was planned, in runs that keep the whole answer below its bound. */
const findAll = async (registry: RegistryReader, works: readonly Work[]): Promise<void> => {
  const waiting = works.filter((work): work is Work & { plan: SearchPlan } => work.plan !== undefined);
  let room = MAX_RECORDS;
  for (let at = 0; at < waiting.length; ) {
    const run: (Work & { plan: SearchPlan })[] = [];
    let wanted = 0;
    while (at < waiting.length && room > 0) {
      const next = waiting[at] as Work & { plan: SearchPlan };
      wanted += next.plan.isLookUp ? 1 : next.plan.page.size;
      if (run.length > 0 && wanted > room) break;
      run.push(next);
      at += 1;
    }
    if (run.length === 0) {
      for (const work of waiting.slice(at)) work.rejection = tooMany();
      return;
    }
    await ask(registry, run);
    for (const work of run) {
      siftLookUp(work);
      room -= work.found?.registrants.length ?? 0;
    }
  }
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

/**
 * Answers a search (dci.md §5.3): one item for each one asked, in their order. An item that cannot be answered is
 * refused by itself and spoils no other.
 */
export const answerSearch =
  ({ registry, clock }: SearchDeps) =>
  async (question: Question): Promise<Reply> => {
    const now = clock();
    const message = question.message as { transaction_id: string | number; search_request: readonly SearchItem[] };
    const works = plan(message.search_request, question, registry);
    await findAll(registry, works);
    const kin = await loadKin(registry, works);
    const timestamp = toWholeSeconds(now);
    const today = dayOf(now);
    return {
      action: 'on-search',
      ...overallStatus(works.map(({ rejection }) => (rejection ? 'rjct' : 'succ'))),
      total: works.length,
      completed: works.length,
      message: {
        correlation_id: question.correlationId,
        search_response: works.map((work) => toItem(work, kin, timestamp, today)),
        transaction_id: idText(message.transaction_id),
      },
    };
  };

/** The message of a search that is refused as a whole, but answered in an envelope. */
export const emptySearchMessage = ({ message, correlationId }: Question): object => ({
  correlation_id: correlationId,
  search_response: [],
  transaction_id: idText((message as { transaction_id: string | number }).transaction_id),
});
