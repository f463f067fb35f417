import { isFault } from '../core/fault.ts';
import type { Found, RegistryReader, Search } from '../registry/ports.ts';
import { type Rejection, rejectItem, toRejection } from './fault.ts';
import type { SearchPlan } from './search-plan.ts';

/** Records that one answer may hold; what goes beyond is to be asked for in further messages. */
const MAX_RECORDS = 10_000;

/** One item while it is worked on: refused, or planned and then found. */
export interface Work {
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

type Planned = Work & { plan: SearchPlan };

/** Asks for all at once; should one question be refused after all, each for itself, so that only it fails. */
const ask = async (registry: RegistryReader, works: readonly Planned[]): Promise<void> => {
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
const siftLookUp = (work: Planned): void => {
  if (!work.plan.isLookUp || !work.found) return;
  const registrants = work.found.registrants.filter(({ active }) => active);
  if (registrants.length === work.found.registrants.length) return;
  const gone = work.found.registrants.length - registrants.length;
  work.found = { registrants, total: work.found.total - gone };
};

// What is worked on at once: of a long message most is still a question or already an answer.
const RUN = 250;

/** Items that are worked on together: all of them, those to be asked for, and the records that these want at most. */
interface Run {
  readonly works: readonly Work[];
  readonly planned: readonly Planned[];
  readonly wanted: number;
}

/** The items of a message in their order; each is made into work when its turn comes. */
export interface Items {
  readonly length: number;
  readonly plan: (at: number) => Work;
}

const isPlanned = (work: Work): work is Planned => work.plan !== undefined;

const wantedBy = ({ plan }: Planned): number => (plan.isLookUp ? 1 : plan.page.size);

/**
 * Answers the items of a message in runs, in their order, and keeps the whole answer below its bound. While one run is
 * with the caller, the next is asked for.
 */
export async function* findAll(registry: RegistryReader, items: Items): AsyncGenerator<readonly Work[]> {
  let at = 0;
  let next: Work | undefined;
  const peek = (): Work => {
    next ??= items.plan(at);
    return next;
  };
  const take = (): Work => {
    const work = peek();
    next = undefined;
    at += 1;
    return work;
  };

  /** The next items that fit into `room`; `undefined` when not even the first of them does. */
  const nextRun = (room: number): Run | undefined => {
    const works: Work[] = [];
    const planned: Planned[] = [];
    let wanted = 0;
    while (at < items.length && works.length < RUN) {
      const work = peek();
      if (isPlanned(work)) {
        const more = wanted + wantedBy(work);
        if (room <= 0 || (planned.length > 0 && more > room)) break;
        planned.push(work);
        wanted = more;
      }
      works.push(take());
    }
    return works.length > 0 ? { works, planned, wanted } : undefined;
  };
  const start = (run: Run | undefined): (Run & { readonly found: Promise<void> }) | undefined => {
    if (!run) return undefined;
    const found = run.planned.length > 0 ? ask(registry, run.planned) : Promise.resolve();
    found.catch(() => {}); // told to whoever waits for it
    return { ...run, found };
  };

  let room = MAX_RECORDS;
  for (let run = start(nextRun(room)); run; ) {
    // The run may find all that it wants; what it leaves is room again afterwards.
    const ahead = start(nextRun(room - run.wanted));
    await run.found;
    for (const work of run.planned) {
      siftLookUp(work);
      room -= work.found?.registrants.length ?? 0;
    }
    yield run.works;
    run = ahead ?? start(nextRun(room));
  }
  while (at < items.length) {
    const work = take();
    if (isPlanned(work)) work.rejection = tooMany();
    yield [work];
  }
}
