import assert from 'node:assert/strict';
import { Fault } from '../../../src/core/fault.ts';
import {
  checkQuery,
  compare,
  createCatalogue,
  MAX_MEMBER_STEPS,
  MAX_QUERY_DEPTH,
  MAX_QUERY_NODES,
  type Query,
} from '../../../src/registry/index.ts';

const leaf = compare('active', 'eq', true);

const wrapped = (times: number, wrap: (of: Query) => Query): Query => {
  let query: Query = leaf;
  for (let i = 0; i < times; i += 1) query = wrap(query);
  return query;
};

describe('the check of questions', () => {
  const check = (query: Query) => checkQuery(query, 'individual', createCatalogue([]));
  const refuses = (query: Query, message: RegExp) =>
    assert.throws(
      () => check(query),
      (error) => error instanceof Fault && error.code === 'query.invalid' && message.test(error.message),
    );

  it('lets pass what is just within the bounds, and refuses one more', () => {
    const bounds = [
      [MAX_QUERY_DEPTH - 1, (n: number) => wrapped(n, (of) => ({ op: 'not', of })), /nested deeper/],
      [MAX_QUERY_NODES - 1, (n: number): Query => ({ op: 'or', of: Array(n).fill(leaf) }), /more than/],
      [MAX_MEMBER_STEPS, (n: number) => wrapped(n, (of) => ({ op: 'member', of })), /looks further/],
    ] as const;
    for (const [most, make, message] of bounds) {
      check(make(most));
      refuses(make(most + 1), message);
    }
  });

  it('refuses unknown attributes, wrong types and operators that do not apply', () => {
    refuses({ op: 'exists', attribute: 'nonsense' }, /unknown attribute/);
    refuses({ op: 'compare', attribute: 'age', is: 'eq', value: 'ten' }, /not of type integer/);
    refuses({ op: 'compare', attribute: 'birth_date', is: 'contains', value: '19' }, /no text/);
    refuses({ op: 'compare', attribute: 'name', is: 'in', value: 'one' }, /list/);
  });
});
