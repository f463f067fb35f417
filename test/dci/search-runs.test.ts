import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Fault } from '../../src/core/fault.ts';
import type { SearchPlan } from '../../src/dci/search-plan.ts';
import { findAll, type Work } from '../../src/dci/search-runs.ts';
import type { Found, Registrant, RegistryReader, Search } from '../../src/registry/index.ts';

const MOST = 10_000;

/** An item: refused before, or a question of so many records a page that finds so many of them. */
interface Item {
  readonly refused: boolean;
  readonly size: number;
  readonly finds: number;
}

const item = fc
  .record({
    refused: fc.boolean(),
    size: fc.constantFrom(1, 20, 1000),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ refused, size, share }): Item => ({ refused, size, finds: Math.round(size * share) }));

const toWork = ({ refused, size, finds }: Item, at: number): Work =>
  refused
    ? { reference: `${at}`, rejection: { code: 'rjct.filter.invalid', message: 'refused' } }
    : {
        reference: `${at}`,
        // What the runs look at, and what the registry below answers by.
        plan: { isLookUp: size === 1, page: { size, number: 1 }, search: { limit: finds } } as unknown as SearchPlan,
      };

const registrants = (count: number): Registrant[] =>
  Array.from({ length: count }, () => ({ active: true }) as Registrant);

/** Answers after a while, and remembers how much was asked for at once. */
const slowRegistry = (fails: (search: Search) => boolean = () => false) => {
  let open = 0;
  const seen = { calls: 0, most: 0, together: 0 };
  const search = async (searches: readonly Search[]): Promise<readonly Found[]> => {
    seen.calls += 1;
    seen.most = Math.max(seen.most, searches.length);
    open += 1;
    seen.together = Math.max(seen.together, open);
    await new Promise((resolve) => setImmediate(resolve));
    open -= 1;
    if (searches.some(fails)) throw new Fault('query.invalid', 'not this one');
    return searches.map(({ limit }) => ({ registrants: registrants(limit), total: limit }));
  };
  return { registry: { search } as unknown as RegistryReader, seen };
};

const run = async (registry: RegistryReader, works: readonly Work[]): Promise<Work[]> => {
  const done: Work[] = [];
  const items = { length: works.length, plan: (at: number) => works[at] as Work };
  for await (const some of findAll(registry, items)) {
    assert.ok(some.every((work) => work.found !== undefined || work.rejection !== undefined));
    done.push(...some);
  }
  return done;
};

describe('the runs of a search', () => {
  it('answer or refuse every item, each once and in order, and stop where the answer is full', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 1200 }), async (items) => {
        const works = items.map(toWork);
        const { registry, seen } = slowRegistry();
        const done = await run(registry, works);
        assert.deepEqual(
          done.map(({ reference }) => reference),
          works.map(({ reference }) => reference),
        );
        assert.ok(seen.most <= 250 && seen.together <= 2, JSON.stringify(seen));
        const isFull = ({ rejection }: Work) => rejection?.code === 'rjct.search.too_many_records_found';
        const answered = works.filter(({ plan }) => plan).map((work) => !isFull(work));
        assert.deepEqual(
          answered,
          answered.toSorted((a, b) => Number(b) - Number(a)),
          'only the last are refused',
        );
        let found = 0;
        for (const [at, work] of works.entries()) {
          assert.equal((work.found !== undefined) !== (work.rejection !== undefined), true);
          if (work.found) assert.equal(work.found.registrants.length, items[at]?.finds);
          found += work.found?.registrants.length ?? 0;
        }
        assert.ok(found <= MOST + 1000, `${found} records`);
        if (works.some(isFull)) assert.ok(found >= MOST, `refused after ${found} records`);
      }),
      { numRuns: 60 },
    );
  });

  it('refuse the one question that the registry refuses, and ask the others again', async () => {
    const works = Array.from({ length: 300 }, (_, at) => toWork({ refused: false, size: 20, finds: at }, at));
    const { registry } = slowRegistry(({ limit }) => limit === 17 || limit === 280);
    await run(registry, works);
    const refused = works.filter(({ rejection }) => rejection).map(({ reference }) => reference);
    assert.deepEqual(refused, ['17', '280']);
  });

  it('end with what the registry fails with, also when the next run fails too', async () => {
    const works = Array.from({ length: 900 }, (_, at) => toWork({ refused: false, size: 1, finds: 1 }, at));
    const registry = { search: () => Promise.reject(new Error('no database')) } as unknown as RegistryReader;
    await assert.rejects(() => run(registry, works), /no database/);
  });
});
