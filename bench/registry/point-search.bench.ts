import { compare, type Query } from '../../src/registry/index.ts';
import { runCommand } from '../support/crosswalk.ts';
import { idOf, writePeople } from '../support/people.ts';
import { makePlace, type OpenPlace, openPlace } from '../support/place.ts';
import { percentile, type Row, toRow } from '../support/row.ts';

const SMALL = 10_000;
const ASKED = 3000;

type Ask = (n: number) => Query;

const questions: { readonly [name: string]: Ask } = {
  identifier: (n) => ({ op: 'identifier', type: 'national_id', value: idOf(n) }),
  'phone number': (n) => compare('phone_number', 'eq', `+nobody-${n}`),
};

/** Milliseconds that the slowest hundredth of single searches takes at least, by question. */
const measure = async ({ registry }: OpenPlace, registrants: number): Promise<Record<string, number>> => {
  const result: Record<string, number> = {};
  for (const [name, ask] of Object.entries(questions)) {
    const times: number[] = [];
    for (let i = 0; i < ASKED * 1.2; i += 1) {
      const query = ask(Math.floor(Math.random() * registrants));
      const started = performance.now();
      await registry.search([{ kind: 'individual', query, limit: 10, offset: 0 }]);
      if (i >= ASKED * 0.2) times.push(performance.now() - started); // the first ones warm up
    }
    result[name] = percentile(times, 0.99);
  }
  return result;
};

const fill = async (registrants: number) => {
  const place = await makePlace();
  await runCommand(place, 'import', await writePeople(place.folder, registrants), '--json');
  return { place, open: await openPlace(place) };
};

/** Row: single searches in a large registry against a small one. */
export const benchPointSearch = async ({ registrants }: { registrants: number }): Promise<Row> => {
  const [small, large] = [await fill(SMALL), await fill(registrants)];
  try {
    // Three times each in turn, and the best: the search is what is compared, not what else the machine does.
    const rounds: { small: Record<string, number>; large: Record<string, number> }[] = [];
    for (let i = 0; i < 3; i += 1) {
      rounds.push({ small: await measure(small.open, SMALL), large: await measure(large.open, registrants) });
    }
    const best = (of: 'small' | 'large', name: string): number =>
      Math.min(...rounds.map((round) => round[of][name] as number));
    const names = Object.keys(questions);
    const ratios = names.map((name) => best('large', name) / best('small', name));
    return toRow({
      name: `point search at ${registrants.toLocaleString('en')} registrants against ${SMALL.toLocaleString('en')}`,
      unit: 'ms, p99, by identifier',
      ours: best('large', 'identifier'),
      floor: best('small', 'identifier'),
      ratio: Math.max(...ratios),
      budget: { is: 'at most', value: 2, of: 'ratio' },
      about: Object.fromEntries(
        names.map((name) => [name, { small: best('small', name), large: best('large', name) }]),
      ),
    });
  } finally {
    for (const { place, open } of [small, large]) {
      await open.db.close();
      await place.remove();
    }
  }
};
