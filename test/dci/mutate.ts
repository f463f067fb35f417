/** A small generator of numbers that depend on the seed alone (mulberry32). */
export const createRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const nasty: readonly unknown[] = [
  null,
  '',
  ' ',
  0,
  -1,
  2 ** 53,
  1e308,
  true,
  [],
  {},
  [[]],
  [null],
  { $eq: null },
  { $regex: '(a+)+$' },
  { $in: [] },
  'x'.repeat(5000),
  '‮ Ünïcödé 🦄',
  '\u0001\u007f',
  "'; drop table registrants; --",
  '%',
  '_',
  '*',
  '9999-99-99',
  '2025-01-15T10:30:00Z',
  'NaN',
  '1e999',
  'ns:org:RegistryType:CRVS',
  { identifier_type: 'UIN', identifier_value: 'TEST-001' },
  { type: 'range', gte: 5 },
];
const names = ['__proto__', 'constructor', '', '$where', '$not', 'identifier', 'name', 'query', 'a.b.c', '🦄', 'type'];

/** Changes one place of a document, in one of several ways. */
export const mutate = (document: unknown, random: () => number): void => {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const places: { holder: Record<string, unknown>; key: string }[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      places.push({ holder: value as Record<string, unknown>, key });
      visit((value as Record<string, unknown>)[key]);
    }
  };
  visit(document);
  const { holder, key } = pick(places);
  const way = random();
  if (way < 0.15) delete holder[key];
  else if (way < 0.3) {
    Object.defineProperty(holder, pick(names), {
      value: holder[key],
      enumerable: true,
      configurable: true,
      writable: true,
    });
    delete holder[key];
  } else if (way < 0.4) holder[key] = [holder[key]];
  else if (way < 0.5) holder[key] = pick(places).holder;
  else holder[key] = pick(nasty);
};

export const hasCycle = (value: unknown): boolean => {
  try {
    JSON.stringify(value);
    return false;
  } catch {
    return true;
  }
};
