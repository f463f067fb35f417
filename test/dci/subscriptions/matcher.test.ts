import assert from 'node:assert/strict';
import fc from 'fast-check';
import { silentLogger } from '../../../src/core/log.ts';
import { createMatcher, type Happening } from '../../../src/dci/subscriptions/matcher.ts';
import type { Subscription } from '../../../src/dci/subscriptions/subscription.ts';
import {
  and,
  compare,
  createCatalogue,
  createTypeSearch,
  evaluateQuery,
  type Individual,
  not,
  or,
  type Query,
} from '../../../src/registry/index.ts';

const typesFor = createTypeSearch();
const context = {
  catalogue: createCatalogue([]),
  today: '2026-03-01',
  typesFor,
  kinships: () => [],
  kinshipsBefore: () => [],
};

const id = fc.integer({ min: 0, max: 5 }).map(String);
const day = fc.integer({ min: 2000, max: 2008 }).map((year) => `${year}-01-01`);
const type = fc.constantFrom('UIN', 'national_id', 'NIN', 'passport', 'system_id');
const sex = fc.constantFrom('1', '2');

const leaf: fc.Arbitrary<Query> = fc.oneof(
  fc.record({ op: fc.constant('identifier' as const), type, value: id }),
  fc.record({ op: fc.constant('identifier' as const), value: id }),
  fc
    .tuple(fc.constantFrom('lt', 'le', 'gt', 'ge', 'eq', 'ne'), day)
    .map(([is, value]) => compare('birth_date', is as 'lt', value)),
  fc
    .tuple(fc.constantFrom('lt', 'ge', 'eq'), fc.integer({ min: 15, max: 30 }))
    .map(([is, value]) => compare('age', is as 'lt', value)),
  fc.array(day, { minLength: 1, maxLength: 3 }).map((value) => compare('birth_date', 'in', value)),
  sex.map((value) => compare('sex', 'eq', value)),
  fc.constant<Query>({ op: 'all' }),
  fc.constant<Query>({ op: 'none' }),
  fc.constant<Query>({ op: 'exists', attribute: 'birth_date' }),
);
const { query } = fc.letrec<{ query: Query }>((tie) => ({
  query: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('query'), { minLength: 1, maxLength: 3 }).map((of) => and(...of)),
    fc.array(tie('query'), { minLength: 1, maxLength: 3 }).map((of) => or(...of)),
    tie('query').map(not),
  ),
}));

const who: fc.Arbitrary<Individual> = fc
  .record({
    identifiers: fc.array(fc.record({ type: fc.constantFrom('national_id', 'nin', 'passport'), value: id }), {
      maxLength: 2,
    }),
    birthDate: fc.option(day, { nil: undefined }),
    sex: fc.option(sex, { nil: undefined }),
    active: fc.boolean(),
  })
  .map(
    ({ birthDate, sex: own, ...rest }) =>
      ({
        kind: 'individual',
        id: '1',
        version: 1,
        createdAt: '2026-01-01T00:00:00.000Z',
        updatedAt: '2026-01-01T00:00:00.000Z',
        provenance: {},
        ...rest,
        ...(birthDate ? { birthDate } : {}),
        ...(own ? { sex: own } : {}),
      }) as Individual,
  );

const subscription = (code: string, filter: Query): Subscription => ({
  code,
  senderId: 's',
  status: 'active',
  registry: 'social',
  event: 'update',
  askedAs: 'UPDATE',
  kind: 'individual',
  query: filter,
  frequency: {},
  item: {
    reference_id: '1',
    timestamp: '2026-01-01T00:00:00Z',
    subscribe_criteria: { reg_event_type: 'UPDATE', notify_record_type: 'Member' },
  },
  encrypted: false,
  sincePosition: 0,
  failures: 0,
  createdAt: '2026-01-01T00:00:00.000Z',
  changedAt: '2026-01-01T00:00:00.000Z',
});

describe('the matcher', () => {
  it('finds exactly the filters that hold before or after, whatever they ask and however they came and went', () => {
    fc.assert(
      fc.property(
        fc.array(query, { minLength: 1, maxLength: 12 }),
        fc.option(who, { nil: null }),
        who,
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        (filters, before, after, dropped) => {
          const matcher = createMatcher({ typesFor, log: silentLogger });
          filters.forEach((filter, i) => {
            matcher.put(subscription(`s${i}`, filter));
          });
          filters.forEach((_, i) => {
            if (dropped[i]) matcher.drop(`s${i}`);
          });
          const happening: Happening = {
            type: 'registrant.updated',
            kind: 'individual',
            day: context.today,
            before,
            after,
            detail: {},
          };
          const holds = (filter: Query, one: Individual | null): boolean =>
            one?.active === true && evaluateQuery(filter, one, context);
          const wanted = filters.flatMap((filter, i) => {
            const [was, is] = [holds(filter, before), holds(filter, after)];
            if (dropped[i] || (!was && !is)) return [];
            return [`s${i} ${was ? (is ? 'within' : 'left') : 'entered'}`];
          });
          const got = matcher.match(happening, context).map((one) => `${one.subscription.code} ${one.movement}`);
          assert.deepEqual(got.sort(), wanted.sort());
        },
      ),
      { numRuns: 2000, seed: 7 },
    );
  });

  it('knows no filter for changes of another type or kind', () => {
    const matcher = createMatcher({ typesFor, log: silentLogger });
    matcher.put(subscription('s', { op: 'all' }));
    assert.equal(matcher.depthFor('registrant.updated', 'individual'), 0);
    assert.equal(matcher.depthFor('registrant.registered', 'individual'), undefined);
    assert.equal(matcher.depthFor('registrant.updated', 'group'), undefined);
    matcher.drop('s');
    assert.equal(matcher.depthFor('registrant.updated', 'individual'), undefined);
  });

  it('goes on when a filter names an attribute that is no more', () => {
    const matcher = createMatcher({ typesFor, log: silentLogger });
    matcher.put(subscription('gone', not(compare('no_such_attribute', 'eq', 'x'))));
    matcher.put(subscription('all', { op: 'all' }));
    const one = fc.sample(who, { numRuns: 1, seed: 1 })[0] as Individual;
    const happening = { type: 'registrant.updated', kind: 'individual', day: '2026-03-01', detail: {} } as const;
    const after = { ...one, active: true };
    const got = matcher.match({ ...happening, before: null, after }, context);
    assert.deepEqual(
      got.map(({ subscription: { code } }) => code),
      ['all'],
    );
  });
});
