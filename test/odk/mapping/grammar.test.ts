import assert from 'node:assert/strict';
import { findJqFaults } from '../../../src/odk/mapping/check-jq.ts';
import { createEngine } from '../../../src/odk/mapping/expressions/engine.ts';
import type { MappedSubmission } from '../../../src/odk/mapping/map.ts';
import { mapBatch } from '../../../src/odk/mapping/mapper.ts';
import type { IndividualDraft } from '../../../src/registry/index.ts';
import { changed, fixture, read, wholeMapping } from './support.ts';

// The grammar of odk.md §18.2 row by row, in both languages.

const engine = createEngine();
after(() => engine.close());

type Row = Record<string, unknown>;
const recorded: Row[] = JSON.parse(fixture('submissions-expanded.json')).value;
const household = recorded.find((row) => String(row['__id']).startsWith('uuid:4197cef7')) as Row;

const mapped = async (text: string, row: Row = household): Promise<MappedSubmission> => {
  const { mapping, faults } = read(text);
  assert.ok(mapping, JSON.stringify(faults));
  const [result] = await mapBatch(engine, mapping, [{ text: JSON.stringify(row), row }]);
  assert.ok(result && 'mapped' in result, JSON.stringify(result));
  return result.mapped;
};

/** The whole mapping of the guide, every expression in jq. */
const inJq = `
mapping: 1
form: household_registration
language: jq
require: { consent: '.consent == "yes"' }
group:
  key: { from: [.__id] }
  type: household
  name: .hh_name
  identifiers:
    - { type: odk_submission, value: .__id }
    - { type: card, value: .card_no }
  address:
    - { district: { choice: .district, vocabulary: district } }
  location: .location
  registeredOn: .reg_date
  photo: { attachment: .photo }
  attributes:
    rooms: .rooms
    programmes: { choices: .programmes, vocabulary: programme }
members:
  each: members.member
  allowEmpty: true
  key:
    from:
      - '[.document[]? | select(.doc_type == "nid")][0].doc_number'
      - '[.name.given_name, .name.family_name, .dob]'
  individual:
    given: .name.given_name
    family: .name.family_name
    birthDate: .dob
    sex: { choice: .sex, vocabulary: sex }
    identifiers:
      - each: document
        type: { choice: .doc_type, vocabulary: document }
        value: .doc_number
    photo: { attachment: '[.document[]? | select(.doc_photo)][0].doc_photo' }
  relationship: { choice: .relation, vocabulary: relationship }
  isHead: '.relation == "head"'
head: { mode: member, missing: fail, ambiguous: fail }
${wholeMapping.slice(wholeMapping.indexOf('vocabularies:'), wholeMapping.indexOf('publish:'))}
`;

describe('the grammar of a mapping', () => {
  it('says the same in jq as in JSONata', async () => {
    for (const row of recorded.filter(
      ({ district, reg_date }) => district !== 'not_a_choice' && reg_date !== '31/12/2026',
    )) {
      // Where jq chooses among rows, a file's path names the repeat alone.
      const plain = (of: MappedSubmission) =>
        JSON.parse(JSON.stringify(of).replaceAll('.document.doc_photo', '.document'));
      assert.deepEqual(plain(await mapped(inJq, row)), plain(await mapped(wholeMapping, row)));
    }
  });

  it('refuses jq that does not compile, each with its place', async () => {
    const text = inJq
      .replace('name: .hh_name', "name: '.hh_name |'")
      .replace("isHead: '.relation ==", "isHead: '.relation | nonsense ==");
    const faults = await findJqFaults(engine, read(text).reading);
    assert.deepEqual(
      faults.map(({ path }) => path),
      ['group.name', 'members.isHead'],
    );
    assert.match(faults[1]?.message ?? '', /nonsense\/0 is not defined/);
    assert.deepEqual(await findJqFaults(engine, read(inJq).reading), []);
  });

  for (const [language, expressions] of [
    [
      'jsonata',
      ['$parent.name.given_name & ":" & $index', '$submission.hh_name', '$count($submission.members.member)'],
    ],
    [
      'jq',
      [
        '$parent.name.given_name + ":" + ($index | tostring)',
        '$submission.hh_name',
        '$submission.members.member | length',
      ],
    ],
  ] as const) {
    it(`shows a nested row the row around it, the whole and its number, in ${language}`, async () => {
      const dot = language === 'jq' ? '.' : '';
      const { members } = await mapped(`mapping: 1
form: household_registration
language: ${language}
group: { name: ${dot}hh_name }
members:
  each: members.member
  individual:
    given: ${dot}name.given_name
    events:
      - each: document
        type: paper
        of: '${expressions[0]}'
        in: '${expressions[1]}'
        count: '${expressions[2]}'
  isHead: '${language === 'jq' ? '$index == 0' : '$index = 0'}'
`);
      const [, second] = members ?? [];
      assert.ok(second);
      const { attributes, name } = second.registrant.draft as IndividualDraft;
      assert.deepEqual(
        attributes?.['events'],
        [0, 1].map((at) => ({ type: 'paper', of: `${name?.given}:${at}`, in: household['hh_name'], count: 3 })),
      );
      assert.deepEqual(
        members?.map(({ roles }) => roles),
        [['head'], [], []],
      );
    });
  }

  it('takes constants, several choices, and each policy for unknown ones', async () => {
    const text = (policy: string) =>
      changed([
        'programmes: { choices: programmes, vocabulary: programme }',
        `programmes: { choices: programmes, vocabulary: programme, unknown: ${policy} }\n    origin: { const: field }\n    version: { const: 2 }`,
      ]);
    const row = { ...household, programmes: 'cash  other food' };
    const of = async (policy: string) => (await mapped(text(policy), row)).subject.draft.attributes;
    assert.deepEqual((await of('drop'))?.['programmes'], ['cash', 'food']);
    assert.deepEqual((await of('raw'))?.['programmes'], ['cash', 'other', 'food']);
    assert.deepEqual((await of('{ default: none }'))?.['programmes'], ['cash', 'none', 'food']);
    const { origin, version } = (await of('drop')) ?? {};
    assert.deepEqual([origin, version], ['field', 2]);
  });

  it('maps contacts, addresses, documents, events, programmes and disability of groups and people', async () => {
    const { subject, members } = await mapped(`mapping: 1
form: household_registration
group:
  name: hh_name
  telecom:
    - { system: phone, value: card_no, use: home, rank: rooms }
  address:
    - { type: physical, lines: '[hh_name, district]', district: district, country: { const: MZ }, postalCode: card_no }
    - { each: members.member, text: name.given_name }
  documents:
    - { attachment: photo }
    - { each: members.member, attachment: document.doc_photo }
  events: [{ type: visit, date: visit_time }]
  programmes: { choices: programmes, vocabulary: v }
  poverty_score: income
members:
  each: members.member
  individual:
    given: name.given_name
    disability: { choices: disabilities, vocabulary: d, unknown: raw }
    marital_status: { const: M }
    birth_place: { const: Beira }
    impairment_type: { const: seeing }
    farm_type: { const: crop }
    enrollment_status: { const: active }
    programmes: { const: [school] }
head: { mode: first }
vocabularies: { v: { cash: c, food: f, school_meals: s }, d: { seeing: "1" } }
`);
    const { telecom, addresses, attributes, sections } = subject.draft;
    assert.deepEqual(telecom, [{ system: 'phone', value: '00000001', use: 'home', rank: 8 }]);
    assert.deepEqual(addresses?.[0], {
      type: 'physical',
      lines: [household['hh_name'], 'd03'],
      district: 'd03',
      country: 'MZ',
      postalCode: '00000001',
    });
    assert.equal(addresses?.length, 4);
    assert.deepEqual(
      subject.files.map(({ target, name }) => `${target} ${name}`),
      ['document photo_1.png', 'document doc_1_1.png', 'document doc_1_2.png'],
    );
    assert.deepEqual(attributes?.['events'], [{ type: 'visit', date: household['visit_time'] }]);
    assert.deepEqual(subject.programmes, ['c', 'f']);
    assert.deepEqual(sections?.group, { poverty_score: 797.42 });
    const person = members?.[0]?.registrant;
    assert.deepEqual(person?.programmes, ['school']);
    assert.deepEqual(person?.draft.sections?.vital, { birth_place: 'Beira' });
    assert.deepEqual(person?.draft.sections?.disability, { disability_details: [{ impairment_type: 'seeing' }] });
    assert.deepEqual(person?.draft.sections?.farm, { farm_type: 'crop' });
    assert.deepEqual(person?.draft.sections?.benefit, { enrollment_status: 'active' });
  });

  it('refuses to read a property of the field back to a place that is none', () => {
    const faults = read(changed(['target: attributes.phone', 'target: birthDate'])).faults;
    assert.deepEqual(
      faults.map(({ path }) => path),
      ['publish.properties.phone.target'],
    );
    for (const target of ['attributes.a b', 'telecom.phone', 'name', 'name.given']) {
      assert.deepEqual(read(changed(['target: attributes.phone', `target: ${JSON.stringify(target)}`])).faults, []);
    }
  });
});
