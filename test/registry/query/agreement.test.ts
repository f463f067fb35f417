import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Attribute,
  attributeTypes,
  checkQuery,
  comparisons,
  createTypeSearch,
  type EvaluateContext,
  evaluateQuery,
  type Kind,
  type Kinship,
  MAX_MEMBER_STEPS,
  MAX_QUERY_DEPTH,
  MAX_QUERY_NODES,
  type Query,
  type Registrant,
  type Registry,
  type SaveRequest,
  type Scalar,
  sortRegistrants,
} from '../../../src/registry/index.ts';
import { MAX_LIST } from '../../../src/registry/query/check.ts';
import { describeStore } from '../../support/stores.ts';
import { BY, NOW, registryOn } from '../support.ts';

const SEED = 20_260_301;
const RUNS = 1200;

// Words that trip comparisons: wildcards, case beyond ASCII, composed and decomposed forms, planes beyond the first
// on either side of the private use area, quotes, and prefixes of each other.
const words = [
  'a',
  'A',
  'ab',
  'abc',
  'É',
  'e\u0301',
  'éa',
  '%',
  '_',
  'a%',
  'a_c',
  '!',
  '!%',
  '\\',
  '"',
  "'",
  '?',
  '😀',
  '😀a',
  '\ue000',
  '\uffff',
  'İ',
  'ß',
  'ŉ',
  ' a',
  '10',
  '9',
  'true',
];
const word = fc.constantFrom(...words);
const day = fc.constantFrom(
  '1990-04-12',
  '1990-04-13',
  '2000-02-29',
  '2008-03-01',
  '2008-03-02',
  '2026-02-28',
  '2027-01-01',
  '1899-12-31',
);
const time = fc.constantFrom(
  '2025-01-01',
  '2025-01-01T00:00:00.001Z',
  '2025-01-01T23:30:00-05:00',
  '2025-06-30T12:00:00Z',
);
const decimal = fc.constantFrom(0, -0, 1, -1, 2.5, -2.5, 1e10, -1e-7, 100, 45.2);
const whole = fc.constantFrom(0, 1, 2, 3, 4, -1, 7, 17, 18, 26, 35, 36, 127);
const roles = ['head', 'spouse', 'Child', 'a"b', '%'];
const types = ['national_id', 'UIN', 'card', 'NIN'];
const values = ['1', '2', '3', 'a', 'A', '%'];

const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

/** Leaves out members without a value. */
const bare = <T extends object>(of: T): T =>
  Object.fromEntries(Object.entries(of).filter(([, v]) => v !== undefined)) as T;

const anything = fc.oneof(word, decimal, fc.boolean(), fc.constant(null), fc.constant({ odd: 1 }), day);

const common = {
  active: fc.boolean(),
  telecom: optional(fc.array(fc.record({ system: fc.constantFrom('phone', 'email'), value: word }), { maxLength: 2 })),
  addresses: optional(
    fc.array(fc.record({ city: word, country: word, lines: fc.array(word, { maxLength: 2 }) }), { maxLength: 2 }),
  ),
  location: optional(fc.record({ latitude: decimal })),
  registrationDate: optional(time),
  attributes: optional(
    fc.record(
      { word: anything, flag: anything, count: anything, score: anything, day: anything, time: anything },
      { requiredKeys: [] },
    ),
  ),
};

const individual = fc
  .record({
    ...common,
    kind: fc.constant('individual' as const),
    name: optional(fc.record({ given: word, family: word, middle: word }, { requiredKeys: [] })),
    birthDate: optional(day),
    deathDate: optional(day),
    sex: optional(fc.constantFrom('0', '1', '2', '9')),
    sections: optional(
      fc.record({ member: fc.record({ is_disabled: fc.boolean(), marital_status: word }, { requiredKeys: [] }) }),
    ),
  })
  .map(bare);

const group = fc
  .record({
    ...common,
    kind: fc.constant('group' as const),
    name: optional(word),
    groupType: optional(word),
    sections: optional(
      fc.record({ group: fc.record({ poverty_score: decimal, group_size: whole }, { requiredKeys: [] }) }),
    ),
  })
  .map(bare);

const open = [
  { name: 'word', type: 'text' },
  { name: 'flag', type: 'boolean' },
  { name: 'count', type: 'integer' },
  { name: 'score', type: 'number' },
  { name: 'day', type: 'date' },
  { name: 'time', type: 'timestamp' },
];

const scalarOf = (attribute: Attribute): fc.Arbitrary<Scalar> => {
  switch (attribute.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return whole;
    case 'number':
      return decimal;
    case 'date':
      return day;
    case 'timestamp':
      return time.map((text) => new Date(text).toISOString());
    default:
      return attribute.name === 'sex' ? fc.constantFrom('0', '1', '2', '9', 'x') : fc.oneof(word, fc.constant(''));
  }
};

const names: Record<Kind, readonly string[]> = {
  individual: [
    ...[
      'active',
      'seq',
      'created_at',
      'name',
      'given_name',
      'surname',
      'second_name',
      'sex',
      'birth_date',
      'death_date',
      'age',
    ],
    ...['phone_number', 'email', 'address', 'locality', 'country_code', 'latitude', 'registration_date'],
    ...['is_disabled', 'marital_status', ...open.map(({ name }) => name)],
  ],
  group: [
    ...['active', 'name', 'group_type', 'group_size', 'poverty_score', 'locality', 'latitude', 'registration_date'],
    ...open.map(({ name }) => name),
  ],
};

const other: Record<Kind, Kind> = { individual: 'group', group: 'individual' };

const leaf = (registry: Registry, kind: Kind): fc.Arbitrary<Query> => {
  const attribute = fc.constantFrom(...names[kind]).map((name) => registry.catalogue.find(kind, name) as Attribute);
  const comparison = attribute.chain((about): fc.Arbitrary<Query> => {
    const value = scalarOf(about);
    const isText = about.type === 'text' || about.type === 'code';
    const one = fc.constantFrom(
      ...(['eq', 'ne', 'lt', 'le', 'gt', 'ge', ...(isText ? ['contains', 'startsWith', 'endsWith'] : [])] as const),
    );
    const is = one as fc.Arbitrary<'eq'>;
    return fc.oneof(
      fc.record({ op: fc.constant('compare' as const), attribute: fc.constant(about.name), is, value }),
      fc.record({
        op: fc.constant('compare' as const),
        attribute: fc.constant(about.name),
        is: fc.constantFrom('in' as const, 'nin' as const),
        value: fc.array(value, { maxLength: 3 }),
      }),
    );
  });
  return fc.oneof(
    { weight: 8, arbitrary: comparison },
    { weight: 1, arbitrary: attribute.map((about): Query => ({ op: 'exists', attribute: about.name })) },
    {
      weight: 2,
      arbitrary: fc
        .record({ type: optional(fc.constantFrom(...types)), value: fc.constantFrom(...values) })
        .map((one): Query => ({ op: 'identifier', ...bare(one) }) as Query),
    },
    { weight: 1, arbitrary: fc.constantFrom<Query>({ op: 'all' }, { op: 'none' }) },
  );
};

const question = (registry: Registry, kind: Kind, depth: number): fc.Arbitrary<Query> => {
  if (depth === 0) return leaf(registry, kind);
  const inner = question(registry, kind, depth - 1);
  return fc.oneof(
    { weight: 3, arbitrary: leaf(registry, kind) },
    { weight: 2, arbitrary: fc.array(inner, { maxLength: 3 }).map((of): Query => ({ op: 'and', of })) },
    { weight: 2, arbitrary: fc.array(inner, { maxLength: 3 }).map((of): Query => ({ op: 'or', of })) },
    { weight: 2, arbitrary: inner.map((of): Query => ({ op: 'not', of })) },
    {
      weight: 2,
      arbitrary: fc
        .record({ of: question(registry, other[kind], depth - 1), role: optional(fc.constantFrom(...roles, 'nobody')) })
        .map((one): Query => ({ op: 'member', ...bare(one) }) as Query),
    },
  );
};

describeStore('the compiler and the evaluator of questions', ({ database }) => {
  let registry: Registry;
  const stored = new Map<string, Registrant>();
  let kinships: ReadonlyMap<string, readonly Kinship[]>;

  before(async () => {
    registry = registryOn(database());
    const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number): T[] =>
      fc.sample(arbitrary, { seed: SEED, numRuns: count });
    // Identifiers are dealt out, as no two registrants may hold the same.
    const identifiers = types.flatMap((type) => values.map((value) => ({ type, value })));
    const drafts = [...sample(individual, 60), ...sample(group, 30)].map((draft, i) => {
      const mine = identifiers.filter(({ type }, k) => type !== 'UIN' && k % 90 === i);
      const ended = i % 7 === 0 ? [{ type: 'card', value: '1', end: '2020-01-01' }] : [];
      return { ...draft, identifiers: [...mine, ...ended] } as SaveRequest['draft'];
    });
    await database().write(async (tx) => {
      await registry.registerAttributes(
        tx,
        (['individual', 'group'] as const).flatMap((kind) => open.map((one) => ({ kind, ...one }))),
      );
      const saved = await registry.save(
        tx,
        drafts.map((draft) => ({ draft })),
        BY,
      );
      const people = saved.slice(0, 60).map(({ id }) => id);
      await registry.saveMemberships(
        tx,
        saved.slice(60).map(({ id }, g) => ({
          groupId: id,
          others: 'end' as const,
          members: people
            .filter((_, i) => (i * 7 + g * 3) % 17 === 0)
            .map((individualId, i) => ({
              individualId,
              roles: roles.slice(0, (g + i) % 4),
              ...((g + i) % 5 === 0 && { end: '2021-05-05' }),
            })),
        })),
        BY,
      );
      for (const [id, registrant] of await registry.load(
        saved.map(({ id }) => id),
        tx,
      ))
        stored.set(id, registrant);
      kinships = await registry.kinships([...stored.keys()], { ended: true }, tx);
    });
    await registry.search([]); // learns the open attributes
  });

  const context = (): EvaluateContext => ({
    catalogue: registry.catalogue,
    today: new Date(NOW).toISOString().slice(0, 10),
    typesFor: createTypeSearch(),
    kinships: (id) => kinships.get(id) ?? [],
  });

  for (const kind of ['individual', 'group'] as const) {
    it(`agree on ${RUNS} questions about a ${kind} (seed ${SEED})`, async () => {
      const all = [...stored.values()].filter((one) => one.kind === kind);
      let hits = 0;
      let runs = 0;
      const seen = new Set<string>();
      const note = (query: Query, about: Kind): void => {
        seen.add(query.op);
        if (query.op === 'and' || query.op === 'or') for (const part of query.of) note(part, about);
        if (query.op === 'not') note(query.of, about);
        if (query.op === 'member') note(query.of, other[about]);
        if (query.op === 'compare') seen.add(`${registry.catalogue.find(about, query.attribute)?.type} ${query.is}`);
      };
      await fc.assert(
        fc.asyncProperty(question(registry, kind, 3), async (query) => {
          checkQuery(query, kind, registry.catalogue);
          note(query, kind);
          const expected = all.filter((one) => evaluateQuery(query, one, context())).map(({ id }) => id);
          const [found] = await registry.search([{ kind, query, limit: 1000, offset: 0 }]);
          assert.deepEqual(
            found?.registrants.map(({ id }) => id),
            expected,
          );
          assert.equal(found?.total, expected.length);
          if (runs++ % 10 === 0) {
            const [counted] = await registry.search([{ kind, query, limit: 0, offset: 0 }]);
            assert.equal(counted?.total, expected.length);
          }
          if (expected.length > 0 && expected.length < all.length) hits += 1;
        }),
        { seed: SEED, numRuns: RUNS, verbose: 1 },
      );
      for (const type of attributeTypes) {
        const textual = type === 'text' || type === 'code';
        for (const is of comparisons.filter((one) => textual || !/With|contains/.test(one))) {
          assert.ok(seen.has(`${type} ${is}`), `no question compared a ${type} with ${is}`);
        }
      }
      for (const op of ['all', 'none', 'and', 'or', 'not', 'exists', 'identifier', 'member'])
        assert.ok(seen.has(op), op);
      // Questions that match all or none would prove little.
      assert.ok(hits > RUNS / 4, `only ${hits} of ${RUNS} questions told registrants apart (seed ${SEED})`);
    }).timeout(120_000);
  }

  for (const kind of ['individual', 'group'] as const) {
    it(`order the ${kind}s alike by every attribute, those without a value as greatest`, async () => {
      const all = [...stored.values()].filter((one) => one.kind === kind);
      for (const name of names[kind]) {
        for (const order of ['asc', 'desc'] as const) {
          const expected = sortRegistrants(all, [{ attribute: name, order }], kind, context());
          const [found] = await registry.search([
            { kind, query: { op: 'all' }, sort: [{ attribute: name, order }], limit: 1000, offset: 0 },
          ]);
          assert.deepEqual(
            found?.registrants.map(({ id }) => id),
            expected.map(({ id }) => id),
            `${name} ${order}`,
          );
        }
      }
    });
  }

  it('agree on a question as deep and as wide as may be', async () => {
    const active: Query = { op: 'compare', attribute: 'active', is: 'eq', value: true };
    let deep: Query = active;
    for (let i = 1; i < MAX_QUERY_DEPTH - MAX_MEMBER_STEPS; i += 1) {
      const aside = Array.from({ length: 15 }, (): Query => ({ ...active, is: i % 2 ? 'eq' : 'ne' }));
      deep = i % 7 === 0 ? { op: 'not', of: deep } : { op: i % 2 ? 'and' : 'or', of: [deep, ...aside] };
    }
    for (let i = 0; i < MAX_MEMBER_STEPS; i += 1) deep = { op: 'member', of: deep };
    const wide: Query = {
      op: 'or',
      of: Array.from(
        { length: MAX_QUERY_NODES - 1 },
        (_, i): Query => ({ op: 'compare', attribute: i % 2 ? 'given_name' : 'locality', is: 'eq', value: `a${i}` }),
      ),
    };
    const long: Query = {
      op: 'compare',
      attribute: 'locality',
      is: 'in',
      value: Array.from({ length: MAX_LIST }, (_, i) => (i === 5000 ? 'abc' : `nowhere ${i}`)),
    };
    for (const query of [deep, wide, long]) {
      const [found] = await registry.search([{ kind: 'individual', query, limit: 1000, offset: 0 }]);
      const expected = [...stored.values()].filter(
        (one) => one.kind === 'individual' && evaluateQuery(query, one, context()),
      );
      assert.deepEqual(
        found?.registrants.map(({ id }) => id),
        expected.map(({ id }) => id),
      );
    }
  });
});
