import assert from 'node:assert/strict';
import { findWarnings, unusedFields } from '../../../src/odk/mapping/check.ts';
import { readChoices } from '../../../src/odk/mapping/choices.ts';
import { toForm } from '../../../src/odk/mapping/form.ts';
import { parseMappingText } from '../../../src/odk/mapping/parse.ts';
import { changed, fixture, formOf, read, wholeMapping } from './support.ts';

const faultsOf = (text: string) => read(text).faults.map(({ path, message }) => `${path}: ${message}`);

describe('reading a mapping file', () => {
  it('accepts the whole file of the guide', () => {
    assert.deepEqual(faultsOf(wholeMapping), []);
    const { mapping } = read(wholeMapping);
    assert.equal(mapping?.members?.each.join('.'), 'members.member');
    assert.deepEqual(mapping?.remote, [], 'every leaf of it is answered without the engine');
  });

  it('accepts the same as JSON', () => {
    const json = JSON.stringify(parseMappingText(wholeMapping));
    assert.ok(read(json).mapping);
  });

  const refusals: readonly (readonly [string, string, string, RegExp])[] = [
    ['a leaf that does not compile', 'name: hh_name', 'name: "hh_name ["', /^group\.name: .*does not compile/],
    ['an unknown path', 'card_no }', 'card_number }', /^group\.identifiers\[1\]\.value: unknown path "card_number"/],
    [
      'an unknown path within a function',
      'name: hh_name',
      "name: '$uppercase(hhname)'",
      /^group\.name: unknown path "hhname"/,
    ],
    [
      'an unknown path within a filter',
      'doc_type = "nid"',
      'doctype = "nid"',
      /^members\.key\.from\[0\]: unknown path "members\.member\.document\.doctype"/,
    ],
    [
      'a path inside a repeat used outside of it',
      'name: hh_name',
      'name: name.given_name',
      /^group\.name: unknown path "name".*inside the repeat members\.member/,
    ],
    ['an `each` that is no repeat', 'each: members.member', 'each: members', /^members\.each: "members" is no repeat/],
    [
      'an `each` that is not there',
      'each: document',
      'each: documents',
      /^members\.individual\.identifiers\[0\]\.each: unknown path/,
    ],
    ['a target that does not exist', 'location: location', 'place: location', /^group\.place: is no target of a group/],
    ['a type mismatch', 'birthDate: dob', 'birthDate: age_years', /^members\.individual\.birthDate: type mismatch/],
    ['a number for a name', 'name: hh_name', 'name: income', /^group\.name: type mismatch/],
    [
      'an int as identifier',
      'value: card_no',
      'value: rooms',
      /^group\.identifiers\[1\]\.value: type mismatch.*loses digits/,
    ],
    [
      'a file where none was taken',
      'photo: { attachment: photo }',
      'photo: { attachment: hh_name }',
      /^group\.photo: type mismatch/,
    ],
    [
      'an unknown vocabulary',
      'vocabulary: district }',
      'vocabulary: districts }',
      /^group\.address\[0\]\.district\.vocabulary: unknown vocabulary "districts"/,
    ],
    ['a sex code that is none', 'm: "1"', 'm: "male"', /^vocabularies\.sex\.m: .*ISO 5218/],
    ['another form', 'form: household_registration', 'form: other', /^form: is "other"/],
    ['another version of the grammar', 'mapping: 1', 'mapping: 2', /^mapping: must be 1/],
    ['an unknown part', 'head: {', 'heads: {', /^mapping\.heads: is not known here/],
    ['a leaf that is no leaf', 'name: hh_name', 'name: { expr: hh_name }', /^group\.name: is no leaf/],
    [
      'an unknown policy',
      'vocabulary: sex }',
      'vocabulary: sex, unknown: ignore }',
      /^members\.individual\.sex\.unknown: must be/,
    ],
    [
      'an identifier without type',
      '{ type: card, value: card_no }',
      '{ value: card_no }',
      /^group\.identifiers\[1\]: needs type/,
    ],
    [
      'an unknown path to require',
      "consent: 'consent",
      "consents: 'consent",
      /^require\.consents: unknown path "consents"/,
    ],
  ];
  for (const [what, from, to, wanted] of refusals) {
    it(`refuses ${what}, naming its place`, () => {
      const faults = faultsOf(changed([from, to]));
      assert.ok(
        faults.some((fault) => wanted.test(fault)),
        faults.join('\n') || 'no fault at all',
      );
    });
  }

  it('lists all faults at once', () => {
    const faults = faultsOf(
      changed(
        ['name: hh_name', 'name: nope'],
        ['birthDate: dob', 'birthDate: age_years'],
        ['location: location', 'place: x'],
      ),
    );
    assert.equal(faults.length, 3);
  });

  it('lets a repeat be aggregated from outside through its own path', () => {
    const text = changed([
      'rooms: rooms',
      "rooms: '$count(members.member)'\n    names: 'members.member.name.given_name'",
    ]);
    assert.deepEqual(faultsOf(text), []);
  });

  it('knows the row around a nested row', () => {
    assert.deepEqual(faultsOf(changed(['value: doc_number', "value: '$parent.name.given_name & doc_number'"])), []);
    const [fault] = faultsOf(changed(['value: doc_number', "value: '$parent.doc_number'"]));
    assert.match(fault ?? '', /unknown path "members\.member\.doc_number"/);
  });

  it('refuses a form in which two names collapse to one', () => {
    const form = toForm('household_registration', '1', [
      { path: '/a_b', type: 'string', selectMultiple: null },
      { path: '/a_b', type: 'string', selectMultiple: null },
    ]);
    const { faults } = read('mapping: 1\nform: household_registration\ngroup: { name: a_b }', form);
    assert.match(faults[0]?.message ?? '', /two fields collapse to the one name a_b/);
  });

  it('refuses anchors that multiply, and keys given twice', () => {
    assert.throws(() => parseMappingText('a: &x [1]\nb: [*x]'), { code: 'mapping.invalid' });
    assert.throws(() => parseMappingText('a: 1\na: 2'), { code: 'mapping.invalid' });
  });

  it('takes jq, its plain paths checked like any other', () => {
    const jq = (name: string) => `mapping: 1\nform: household_registration\nlanguage: jq\ngroup: { name: '${name}' }`;
    assert.deepEqual(faultsOf(jq('.hh_name')), []);
    assert.deepEqual(faultsOf(jq('.hh_name | ascii_upcase')), []);
    assert.match(faultsOf(jq('.hhname'))[0] ?? '', /unknown path "hhname"/);
    assert.match(faultsOf(jq('.hhname | ascii_upcase'))[0] ?? '', /unknown path "hhname"/);
  });

  it('says which source paths a new version of the form lacks', () => {
    const text = changed(['rooms: rooms', 'rooms: rooms\n    notes: notes']);
    assert.deepEqual(read(text).faults, []);
    const missing = read(text, formOf(2)).faults.flatMap((fault) => fault.missing ?? []);
    assert.deepEqual(missing, ['notes']);
  });
});

describe('warnings about a mapping', () => {
  const choices = readChoices(fixture('household_registration.v2.xml'));

  it('name each choice without a code, with its labels in all languages', () => {
    const { mapping, reading } = read(wholeMapping, formOf(2));
    assert.ok(mapping);
    const warnings = findWarnings(mapping, reading, formOf(2), choices);
    assert.ok(
      warnings.includes(
        'group.address[0].district: the choice "d04" (New Town / Ville Neuve) of district has no code in vocabulary district',
      ),
      warnings.join('\n'),
    );
    assert.equal(warnings.filter((warning) => warning.includes('has no code')).length, 1);
  });

  it('name the fields that nothing uses', () => {
    const { mapping } = read(wholeMapping);
    assert.ok(mapping);
    const unused = unusedFields(mapping, formOf(1));
    assert.ok(unused.includes('notes') && unused.includes('members.member.disabilities'));
    assert.ok(!unused.includes('hh_name') && !unused.includes('members.member.document.doc_photo'));
  });

  it('read choices from inline items and from instances', () => {
    assert.deepEqual(
      choices.get('district')?.map(({ name }) => name),
      ['d01', 'd02', 'd03', 'd04'],
    );
    assert.deepEqual(choices.get('members.member.sex')?.[1], {
      name: 'f',
      labels: { 'English (en)': 'Female', 'Français (fr)': 'Féminin' },
    });
  });
});
