import assert from 'node:assert/strict';
import type { SearchQuestion } from '../../../src/dci/client/ask-search.ts';
import { askSince } from '../../../src/dci/client/since.ts';

const since = '2026-06-01T00:00:00.000Z';
const ask = (question: Partial<SearchQuestion>): unknown =>
  askSince({ registry: 'crvs', queryType: 'predicate', query: [], ...question }, since, 'last_updated').query;

describe('asking for what has changed since a time', () => {
  it('adds a condition to a predicate, which must hold besides its own', () => {
    const own = { seq_num: 1, expression1: { attribute_name: 'sex', operator: 'eq', attribute_value: 'female' } };
    const added = {
      seq_num: 2,
      expression1: { attribute_name: 'last_updated', operator: 'ge', attribute_value: since },
    };
    assert.deepEqual(ask({ query: [own] }), [own, added]);
    const question = { registry: 'crvs', queryType: 'predicate', query: [own] } as const;
    assert.equal(askSince(question, undefined, 'last_updated'), question);
  });

  it('joins a condition to an expression', () => {
    const query = { type: 't', value: { expression: { collection: 'Person', query: { sex: { $eq: 'female' } } } } };
    assert.deepEqual(ask({ queryType: 'expression', query }), {
      type: 't',
      value: {
        expression: {
          collection: 'Person',
          query: { $and: [{ sex: { $eq: 'female' } }, { last_updated: { $gte: since } }] },
        },
      },
    });
    assert.throws(() => ask({ queryType: 'expression', query: { value: {} } }), /value\.expression\.query/);
  });

  it('puts groups and the time into a GraphQL text, in place of what it says of them', () => {
    const text = (args: string) => `{ getRegistrants${args} { name } totalRegistrantCount }`;
    const query = text('(limit: 10, isGroup: true, lastSyncDate: "x")');
    assert.equal(ask({ queryType: 'graphql', query }), text(`(limit: 10, isGroup: false, lastSyncDate: "${since}")`));
    assert.equal(
      ask({ queryType: 'graphql', query: text(''), regType: 'G2P:RegistryType:Group' }),
      text(`(isGroup: true, lastSyncDate: "${since}")`),
    );
    assert.equal(
      askSince({ registry: 'social', queryType: 'graphql', query: text('') }, undefined, 'x').query,
      text('(isGroup: false)'),
    );
    assert.throws(() => ask({ queryType: 'graphql', query: '{ getRegistrants { name } }' }), /totalRegistrantCount/);
  });
});
