import assert from 'node:assert/strict';
import type { RegistryName } from '../../../src/dci/registries/all.ts';
import { and, compare, not, or, type Query } from '../../../src/registry/query/ast.ts';
import { ask, id, P, sex, surname, template } from './support.ts';

describe('DCI questions', () => {
  const accepted: readonly (readonly [title: string, type: string, query: unknown, wanted: Query])[] = [
    // idtype-value
    ['an identifier', 'idtype-value', { type: 'UIN', value: 'T-1' }, id('UIN', 'T-1')],
    ['an identifier that is a number', 'idtype-value', { type: 'UIN', value: 12 }, id('UIN', '12')],
    [
      'the wrapped older form',
      'idtype-value',
      { type: 'idtype-value', value: { id_type: 'NIN', id_value: 'x' } },
      id('NIN', 'x'),
    ],
    [
      'an identifier object',
      'idtype-value',
      { value: { identifier_type: 'BRN', identifier_value: 'x' } },
      id('BRN', 'x'),
    ],
    ['an identifier labelled expression', 'expression', { type: 'UIN', value: 'x' }, id('UIN', 'x')],

    // predicate
    ['one comparison', 'predicate', [{ seq_num: 1, expression1: P('surname', 'eq', 'Diallo') }], surname],
    [
      'and within an item',
      'predicate',
      [{ expression1: P('surname', 'eq', 'Diallo'), condition: 'and', expression2: P('sex', 'eq', 'female') }],
      and(surname, sex),
    ],
    [
      'or within an item',
      'predicate',
      [{ expression1: P('surname', 'eq', 'Diallo'), condition: 'OR', expression2: P('sex', '==', 'F') }],
      or(surname, sex),
    ],
    ['not', 'predicate', [{ expression1: P('sex', '=', 'f'), condition: 'not', expression2: '' }], not(sex)],
    [
      'items in the order of seq_num',
      'predicate',
      [
        { seq_num: 2, expression1: P('sex', 'eq', 'female') },
        { seq_num: '1', expression1: P('surname', 'eq', 'Diallo') },
      ],
      and(surname, sex),
    ],
    [
      'empty strings as absent',
      'predicate',
      [{ seq_num: '', expression1: P('UIN', 'eq', '847'), condition: '', expression2: '' }],
      id('UIN', '847'),
    ],
    [
      'no condition: expression1 alone',
      'predicate',
      [{ expression1: P('sex', 'eq', 'f'), expression2: P('age', 'lt', 3) }],
      sex,
    ],
    [
      'expression3 and on',
      'predicate',
      [
        {
          expression1: P('sex', 'eq', 'f'),
          condition: 'or',
          expression2: P('surname', 'eq', 'Diallo'),
          expression3: P('rooms', 'ge', '2'),
        },
      ],
      or(sex, surname, compare('rooms', 'ge', 2)),
    ],
    ['a predicate under value', 'predicate', { type: 'predicate', value: [{ expression1: P('sex', 'eq', 'f') }] }, sex],
    ['a predicate labelled expression', 'expression', [{ expression1: P('sex', 'eq', 'f') }], sex],
    ['a single item without its list', 'predicate', { expression1: P('sex', 'eq', 'f') }, sex],
    [
      'bare comparisons in the list',
      'predicate',
      [P('sex', 'eq', 'f'), P('surname', 'eq', 'Diallo')],
      and(sex, surname),
    ],
    ['text that is a number', 'predicate', [{ expression1: P('age', 'lt', '25') }], compare('age', 'lt', 25)],
    ['gte', 'predicate', [{ expression1: P('rooms', 'gte', 2) }], compare('rooms', 'ge', 2)],
    ['<=', 'predicate', [{ expression1: P('rooms', '<=', 2) }], compare('rooms', 'le', 2)],
    ['!=', 'predicate', [{ expression1: P('rooms', '!=', 2) }], compare('rooms', 'ne', 2)],
    ['in with commas', 'predicate', [{ expression1: P('rooms', 'in', '1, 2') }], compare('rooms', 'in', [1, 2])],
    [
      'in with a list',
      'predicate',
      [{ expression1: P('marital_status', 'in', ['M', 'S']) }],
      compare('marital_status', 'in', ['M', 'S']),
    ],
    ['nin', 'predicate', [{ expression1: P('rooms', 'nin', [1]) }], compare('rooms', 'nin', [1])],
    [
      'like without signs',
      'predicate',
      [{ expression1: P('surname', 'like', 'all') }],
      compare('surname', 'contains', 'all'),
    ],
    [
      'like with one sign',
      'predicate',
      [{ expression1: P('surname', 'ilike', 'Dia%') }],
      compare('surname', 'startsWith', 'Dia'),
    ],
    [
      'like with both',
      'predicate',
      [{ expression1: P('surname', 'like', '%all%') }],
      compare('surname', 'contains', 'all'),
    ],
    [
      'startsWith',
      'predicate',
      [{ expression1: P('surname', 'startsWith', 'D') }],
      compare('surname', 'startsWith', 'D'),
    ],
    [
      'between',
      'predicate',
      [{ expression1: P('birth_date', 'between', ['1990-01-01', '1990-12-31']) }],
      and(compare('birth_date', 'ge', '1990-01-01'), compare('birth_date', 'le', '1990-12-31')),
    ],

    // expression
    ['a bare value', 'expression', template({ sex: 'female' }), sex],
    ['$eq', 'expression', template({ surname: { $eq: 'Diallo' } }), surname],
    ['implicit and', 'expression', template({ surname: 'Diallo', sex: { $eq: 'f' } }), and(surname, sex)],
    [
      '$and and $or',
      'expression',
      template({ $and: [{ sex: 'f' }, { $or: [{ surname: 'Diallo' }, { rooms: { $gt: 2 } }] }] }),
      and(sex, or(surname, compare('rooms', 'gt', 2))),
    ],
    ['$nor', 'expression', template({ $nor: [{ sex: 'f' }, { surname: 'Diallo' }] }), not(or(sex, surname))],
    ['$not on a condition', 'expression', template({ $not: { sex: 'f' } }), not(sex)],
    ['$not on operators', 'expression', template({ rooms: { $not: { $gt: 2 } } }), not(compare('rooms', 'gt', 2))],
    [
      'several operators',
      'expression',
      template({ rooms: { $gte: 1, $lt: 4 } }),
      and(compare('rooms', 'ge', 1), compare('rooms', 'lt', 4)),
    ],
    ['operators without $', 'expression', { rooms: { gte: 1 } }, compare('rooms', 'ge', 1)],
    ['$in', 'expression', template({ rooms: { $in: [1, '2'] } }), compare('rooms', 'in', [1, 2])],
    ['a bare list', 'expression', template({ rooms: [1, 2] }), compare('rooms', 'in', [1, 2])],
    ['$exists', 'expression', template({ rooms: { $exists: true } }), { op: 'exists', attribute: 'rooms' }],
    [
      '$exists false',
      'expression',
      template({ rooms: { $exists: 'false' } }),
      not({ op: 'exists', attribute: 'rooms' }),
    ],
    ['null', 'expression', template({ death_date: null }), not({ op: 'exists', attribute: 'death_date' })],
    ['$contains', 'expression', template({ surname: { $contains: 'al' } }), compare('surname', 'contains', 'al')],
    ['$endsWith', 'expression', template({ surname: { $endsWith: 'lo' } }), compare('surname', 'endsWith', 'lo')],
    ['a value level missing', 'expression', { value: { query: { sex: 'f' } } }, sex],
    ['conditions directly under value', 'expression', { type: 'x', value: { sex: 'f' } }, sex],
    [
      'a collection beside the conditions',
      'expression',
      { value: { expression: { collection: 'Person', sex: 'f' } } },
      sex,
    ],
    [
      'a range',
      'expression',
      { birth_date: { type: 'range', gte: '1990-01-01', lte: '1991-01-01' } },
      and(compare('birth_date', 'ge', '1990-01-01'), compare('birth_date', 'le', '1991-01-01')),
    ],
    ['an exact term', 'expression', { surname: { type: 'exact', term: 'Diallo' } }, surname],
    [
      'seq and or',
      'expression',
      {
        value: {
          expression: {
            seq: [{ attribute: 'sex', operator: 'eq', value: 'f' }],
            or: [
              { attribute: 'surname', operator: '=', value: 'Diallo' },
              { attribute: 'rooms', operator: '>', value: '2' },
            ],
          },
        },
      },
      and(sex, or(surname, compare('rooms', 'gt', 2))),
    ],
    [
      'a date-time for a date',
      'expression',
      template({ birth_date: { $gt: '1950-08-18T00:00:00Z' } }),
      compare('birth_date', 'gt', '1950-08-18'),
    ],
    [
      'a day for a time',
      'expression',
      template({ registration_date: '2024-01-31' }),
      and(
        compare('registration_date', 'ge', '2024-01-31T00:00:00.000Z'),
        compare('registration_date', 'lt', '2024-02-01T00:00:00.000Z'),
      ),
    ],

    // names
    ['a path in the record', 'expression', template({ 'demographic_info.name.surname': 'Diallo' }), surname],
    ['a path of an older layout', 'expression', template({ 'demographic_info.person.sex': { $eq: 'female' } }), sex],
    ['nested members', 'expression', template({ demographic_info: { name: { surname: 'Diallo' } } }), surname],
    [
      'a prefix and positions',
      'expression',
      template({ 'spdci:demographic_info.address[0].locality': 'Thani' }),
      compare('locality', 'eq', 'Thani'),
    ],
    ['camel case', 'expression', template({ birthDate: '1990-01-01' }), compare('birth_date', 'eq', '1990-01-01')],
    [
      'an open attribute in its own case',
      'expression',
      template({ roofType: 'tin' }),
      compare('roofType', 'eq', 'tin'),
    ],
    [
      'an open attribute by its path',
      'expression',
      template({ 'additional_attributes.rooms': 3 }),
      compare('rooms', 'eq', 3),
    ],
    ['another word for an attribute', 'predicate', [{ expression1: P('gender', 'eq', 'female') }], sex],
    [
      'an identifier path',
      'expression',
      { 'member.member_identifier': { eq: 'X1' } },
      { op: 'identifier', value: 'X1' },
    ],
    [
      'an identifier object at its path',
      'expression',
      { member_identifier: { identifier_type: 'UIN', identifier_value: 'X' } },
      id('UIN', 'X'),
    ],
    [
      'type and value of an identifier',
      'expression',
      template({ 'identifier.identifier_type': 'UIN', 'identifier.identifier_value': 'X' }),
      id('UIN', 'X'),
    ],
    [
      'identifiers in a list',
      'predicate',
      [{ expression1: P('UIN', 'in', ['1', '2']) }],
      or(id('UIN', '1'), id('UIN', '2')),
    ],
    [
      'what only the group has',
      'predicate',
      [{ expression1: P('poverty_score', 'lt', '2.5') }],
      { op: 'member', of: compare('poverty_score', 'lt', 2.5) },
    ],
    [
      'the identifier of the group',
      'expression',
      { group_identifier: 'HH' },
      { op: 'member', of: { op: 'identifier', value: 'HH' } },
    ],

    // graphql and named
    ['GraphQL arguments', 'graphql', '{ person(sex: "female", surname: "Diallo") { name } }', and(sex, surname)],
    [
      'GraphQL with an identifier',
      'graphql',
      'query { person(identifier: {type: "UIN", value: "1"}) { id } }',
      id('UIN', '1'),
    ],
    ['GraphQL operators', 'graphql', '{ person(rooms: {gt: 2}) { id } }', compare('rooms', 'gt', 2)],
    [
      'the pseudo query of the standard',
      'expression',
      { type: 'ns:org:QueryType:GraphQl', value: { expression: 'query X: { person (UIN: "1") { name } }' } },
      id('UIN', '1'),
    ],
    [
      'a named query',
      'expression',
      { value: { name: 'by_identifier', params: { type: 'UIN', value: '1' } } },
      id('UIN', '1'),
    ],
    [
      'a named query of a peer',
      'namedQuery',
      { query_name: 'byDemographics', query_params: { surname: 'Diallo', birth_date: '1990-01-01' } },
      and(surname, compare('birth_date', 'eq', '1990-01-01')),
    ],
  ];
  for (const [title, type, query, wanted] of accepted) {
    it(`reads ${title}`, () => assert.deepEqual(ask(type, query), wanted));
  }

  const regexes: readonly (readonly [string, Query])[] = [
    ['^Dia', compare('surname', 'startsWith', 'Dia')],
    ['^Dia.*', compare('surname', 'startsWith', 'Dia')],
    ['^Dia.*$', compare('surname', 'startsWith', 'Dia')],
    ['llo$', compare('surname', 'endsWith', 'llo')],
    ['^.*llo$', compare('surname', 'endsWith', 'llo')],
    ['al', compare('surname', 'contains', 'al')],
    ['.*al.*', compare('surname', 'contains', 'al')],
    ['^Diallo$', surname],
    ['^D\\.$', compare('surname', 'eq', 'D.')],
    ['^cost\\$', compare('surname', 'startsWith', 'cost$')],
    ['.*', { op: 'exists', attribute: 'surname' }],
  ];
  for (const [pattern, wanted] of regexes) {
    it(`reads the plain search in /${pattern}/`, () =>
      assert.deepEqual(ask('expression', { surname: { $regex: pattern, $options: 'i' } }), wanted));
  }
  const group: readonly (readonly [title: string, query: unknown, wanted: Query])[] = [
    ['a group’s own attribute', { poverty_score: { $lt: 5 } }, compare('poverty_score', 'lt', 5)],
    ['a DCI code of a group type', { group_type: '2' }, compare('group_type', 'eq', 'household')],
    ['its identifier', { group_identifier: 'HH' }, { op: 'identifier', value: 'HH' }],
    ['its head', { 'group_head_info.demographic_info.sex': 'female' }, { op: 'member', of: sex, role: 'head' }],
    ['its members', { 'member_list.demographic_info.sex': 'female' }, { op: 'member', of: sex }],
    ['what only persons have', { sex: 'female' }, { op: 'member', of: sex }],
    ['the identifier of a member', { member_identifier: '1' }, { op: 'member', of: { op: 'identifier', value: '1' } }],
    [
      'an example of the standard',
      { $and: [{ poverty_score: { $lt: 5 } }, { location: { $eq: 'central_region' } }, { group_size: { $lt: 5 } }] },
      and(
        compare('poverty_score', 'lt', 5),
        compare('location_name', 'eq', 'central_region'),
        compare('group_size', 'lt', 5),
      ),
    ],
  ];
  for (const [title, query, wanted] of group) {
    it(`asks groups for ${title}`, () =>
      assert.deepEqual(ask('expression', template(query), 'social', 'group'), wanted));
  }

  const domains: readonly (readonly [RegistryName, string, Query])[] = [
    ['fr', 'farm_info.location.geo.latitude', compare('latitude', 'eq', 1)],
    ['fr', 'farm_details.land_size', compare('land_size', 'eq', 1)],
    ['fr', 'farm_details.farming_activities.animal_production.count', compare('animal_count', 'eq', 1)],
    ['dr', 'disability_support.human_assistance.type', compare('human_assistance_type', 'eq', '1')],
    ['dr', 'member.demographic_info.phone_number', compare('phone_number', 'eq', '1')],
    ['dr', 'disability_details.impairment_type', compare('impairment_type', 'eq', '1')],
    ['dr', 'personal_details.marital_status', compare('marital_status', 'eq', '1')],
    ['ibr', 'programme_identifier.program.programme_identifier', compare('programme_identifier', 'eq', '1')],
    ['ibr', 'enrolment_status', compare('enrollment_status', 'eq', '1')],
    ['ibr', 'benefits.benefit_type', compare('benefit_type', 'eq', '1')],
    ['crvs', 'place_of_birth', compare('birth_place', 'eq', '1')],
    ['crvs', 'birth_place.name', compare('birth_place', 'eq', '1')],
    ['crvs', 'parent1_identifier.identifier_value', compare('parent1_identifier', 'eq', '1')],
  ];
  for (const [registry, name, wanted] of domains) {
    it(`knows ${name} in ${registry}`, () =>
      assert.deepEqual(ask('expression', template({ [name]: '1' }), registry), wanted));
  }
  it('knows crop_type in fr', () =>
    assert.deepEqual(
      ask('predicate', [P('crop_type', 'eq', 'Maize')], 'fr'),
      compare('crop_type_name', 'eq', 'Maize'),
    ));
});
