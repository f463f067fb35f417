import assert from 'node:assert/strict';
import { toRejection } from '../../../src/dci/fault.ts';
import { ask, P, reason, template } from './support.ts';

describe('DCI questions that are refused', () => {
  const criteria = 'rjct.search_criteria.invalid';
  const filter = 'rjct.filter.invalid';
  const refused: readonly (readonly [title: string, type: string, query: unknown, code: string])[] = [
    ['an unknown attribute', 'predicate', [{ expression1: P('shoe_size', 'eq', 1) }], criteria],
    [
      'an unknown path to a known leaf',
      'expression',
      template({ 'related_person.related_member.sex': 'female' }),
      criteria,
    ],
    ['an unknown operator', 'predicate', [{ expression1: P('sex', 'almost', 'f') }], criteria],
    ['an unknown $operator', 'expression', template({ rooms: { $mod: [2, 0] } }), criteria],
    ['$where', 'expression', template({ $where: 'true' }), criteria],
    ['a value of the wrong type', 'predicate', [{ expression1: P('rooms', 'eq', 'many') }], criteria],
    ['a date that does not exist', 'predicate', [{ expression1: P('birth_date', 'eq', '1990-02-30') }], criteria],
    ['text search in numbers', 'predicate', [{ expression1: P('rooms', 'contains', '1') }], criteria],
    ['an expression in CEL', 'predicate', 'age_years(r.birthdate) >= 18', criteria],
    ['a mutation', 'graphql', 'mutation { remove(id: 1) { id } }', criteria],
    ['fragments', 'graphql', '{ person(sex: "f") { ...F } } fragment F on P { id }', criteria],
    ['GraphQL variables', 'graphql', 'query($x: Int) { person(rooms: $x) { id } }', criteria],
    ['directives', 'graphql', '{ person(sex: "f") @include(if: true) { id } }', criteria],
    ['two root fields', 'graphql', '{ a(sex: "f") { id } b(sex: "f") { id } }', criteria],
    ['an unknown named query', 'namedQuery', { query_name: 'all_of_them', query_params: {} }, criteria],
    ['a range of identifiers', 'predicate', [{ expression1: P('UIN', 'gt', '1') }], criteria],
    ['% inside a pattern', 'predicate', [{ expression1: P('surname', 'like', 'a%b') }], criteria],
    ['no predicates', 'predicate', [], filter],
    ['a predicate without expression1', 'predicate', [{ condition: 'and' }], filter],
    ['and without expression2', 'predicate', [{ expression1: P('sex', 'eq', 'f'), condition: 'and' }], filter],
    [
      'not with expression2',
      'predicate',
      [{ expression1: P('sex', 'eq', 'f'), condition: 'not', expression2: P('sex', 'eq', 'm') }],
      filter,
    ],
    [
      'a condition that is none',
      'predicate',
      [{ expression1: P('sex', 'eq', 'f'), condition: 'xor', expression2: P('sex', 'eq', 'm') }],
      filter,
    ],
    ['a predicate that is text', 'predicate', ['sex = f'], filter],
    ['an operator missing', 'predicate', [{ expression1: { attribute_name: 'sex', attribute_value: 'f' } }], filter],
    ['a value missing', 'predicate', [{ expression1: { attribute_name: 'sex', operator: 'eq' } }], filter],
    ['between with one value', 'predicate', [{ expression1: P('rooms', 'between', '3') }], filter],
    ['an empty in', 'predicate', [{ expression1: P('rooms', 'in', []) }], filter],
    ['no identifier type', 'idtype-value', { value: 'x' }, filter],
    ['no identifier value', 'idtype-value', { type: 'UIN', value: '' }, filter],
    ['an identifier that is an object', 'idtype-value', { type: 'UIN', value: { a: {} } }, filter],
    ['an empty expression', 'expression', template({}), filter],
    ['$and without a list', 'expression', template({ $and: { sex: 'f' } }), filter],
    ['an empty $or', 'expression', template({ $or: [] }), filter],
    ['GraphQL that is none', 'graphql', '{ person(', filter],
    ['GraphQL without arguments', 'graphql', '{ person { id } }', filter],
    ['identifier_type alone', 'expression', template({ 'identifier.identifier_type': 'UIN' }), filter],
    ['no value for a regular expression', 'expression', template({ surname: { $regex: 5 } }), filter],
    ['an object where a value belongs', 'predicate', [{ expression1: P('surname', 'eq', {}) }], filter],
  ];
  for (const [title, type, query, code] of refused) {
    it(`refuses ${title} with ${code}`, () => assert.equal(reason(type, query), code));
  }

  for (const pattern of ['(a+)+$', 'a|b', '[ab]', 'a.b', '^a.*b$', '\\d', 'a\\', 'a{2}', 'a?']) {
    it(`refuses the regular expression /${pattern}/`, () =>
      assert.equal(reason('expression', { surname: { $regex: pattern } }), 'rjct.search_criteria.invalid'));
  }

  it('refuses more parts than the registry answers', () => {
    const many = Array.from({ length: 1001 }, () => ({ sex: 'f' }));
    assert.equal(reason('expression', template({ $or: many })), criteria);
  });

  it('refuses deeper questions than the registry answers', () => {
    let deep: object = { sex: 'f' };
    for (let i = 0; i < 70; i += 1) deep = { $not: { $or: [deep, { sex: 'm' }] } };
    assert.equal(reason('expression', template(deep)), criteria);
  });

  it('does not repeat values in what it says', () => {
    for (const [, type, query] of refused) {
      try {
        ask(type, query);
      } catch (error) {
        assert.doesNotMatch(toRejection(error).message, /many|1990-02-30|age_years/);
      }
    }
  });

  it('reads __proto__ as a name like any other', () => {
    assert.equal(reason('expression', JSON.parse('{"__proto__": {"$eq": 1}}')), criteria);
    assert.equal(reason('expression', JSON.parse('{"constructor": 1}')), criteria);
    assert.equal(reason('predicate', [{ expression1: P('toString', 'hasOwnProperty', 1) }]), criteria);
  });
});
