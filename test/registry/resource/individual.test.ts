import assert from 'node:assert/strict';
import type { Group, Individual, Membership } from '../../../src/registry/model.ts';
import { fromIndividualResource, toIndividualResource } from '../../../src/registry/resource/index.ts';

const today = '2026-06-01';
const ID = 'urn:openspp:vocab:id-type#';
const kept = { createdAt: '2026-01-05T08:00:00.000Z', updatedAt: '2026-01-06T08:00:00.000Z', provenance: {} };

const akinyi: Individual = {
  kind: 'individual',
  id: '0d6f1c52-1111-7222-8333-944455556666',
  version: 3,
  ...kept,
  active: true,
  identifiers: [
    { type: 'passport', value: 'P1', end: '2020-01-01' },
    { type: 'national_id', value: 'KE-4471', start: '2010-02-03' },
  ],
  name: { family: 'Odhiambo', given: 'Akinyi' },
  birthDate: '1991-03-08',
  birthDateEstimated: false,
  sex: '2',
  telecom: [{ system: 'phone', value: '+254700000001', use: 'home', rank: 1 }],
  addresses: [
    { type: 'physical', lines: ['Plot 9'], city: 'Kisumu', country: 'KE', regionCode: 'R1', geoLocation: { a: null } },
    { type: 'postal', text: 'PO Box 1' },
  ],
  location: { latitude: -1.5, longitude: 36.8, accuracy: 4 },
  registrationDate: '2026-01-05',
  sections: { disability: { disability_status: 'Approved' }, farm: { farm_type: 'crop' } },
  attributes: { rooms: 3, programmes: ['cash', 'food'], note: 'a|b', deep: { url: 'urn:x', farmSize: 2.5 } },
};

const household: Group = {
  kind: 'group',
  id: '0d6f1c52-1111-7222-8333-944455550000',
  version: 1,
  ...kept,
  active: true,
  identifiers: [{ type: 'household_id', value: 'HH-9' }],
  name: 'Odhiambo',
};
const membership: Membership = {
  groupId: household.id,
  individualId: akinyi.id,
  roles: ['head'],
  start: '2026-01-05',
  live: true,
};

const read = (json: unknown) => fromIndividualResource(json, { today });
const problems = (json: unknown) => {
  const reading = read(json);
  assert.equal(reading.ok, false);
  return reading.ok ? [] : reading.problems;
};
const paths = (json: unknown) => problems(json).map(({ path }) => path);
const minimal = { identifier: [{ system: 'national_id', value: '1' }] };

describe('toIndividualResource', () => {
  it('writes a person as API V2 shows one', () => {
    const { id: _id, sections: _s, attributes: _a, location: _l, ...plain } = akinyi;
    const { address, ...resource } = toIndividualResource(
      { ...plain, id: akinyi.id, addresses: [{ lines: ['Plot 9'], city: 'Kisumu' }] },
      [{ membership, other: household }],
      { today },
    );
    assert.deepEqual(address, [{ city: 'Kisumu', line: ['Plot 9'] }]);
    assert.deepEqual(resource, {
      type: 'Individual',
      identifier: [
        { system: `${ID}passport`, value: 'P1', period: { end: '2020-01-01' } },
        { system: `${ID}national_id`, value: 'KE-4471', period: { start: '2010-02-03' } },
        { system: `${ID}system_id`, value: akinyi.id },
      ],
      active: true,
      name: { family: 'Odhiambo', given: 'Akinyi', middle: '', text: 'Akinyi Odhiambo' },
      birthDate: '1991-03-08',
      birthDateEstimated: false,
      gender: { coding: [{ system: 'urn:iso:std:iso:5218', code: '2', display: 'Female' }], text: 'Female' },
      telecom: [{ system: 'phone', value: '+254700000001', use: 'home', rank: 1 }],
      registrationDate: '2026-01-05',
      groupMembership: [
        {
          group: { reference: `Group/${ID}household_id|HH-9`, display: 'Odhiambo' },
          role: { coding: [{ system: 'urn:openspp:vocab:group-membership-type', code: 'head', display: 'Head' }] },
          period: { start: '2026-01-05' },
        },
      ],
      meta: { versionId: '3', lastUpdated: '2026-01-06T08:00:00.000Z' },
    });
  });

  it('puts attributes under extension by key, and DCI sections beside them', () => {
    const { extension } = toIndividualResource(akinyi, [], { today });
    assert.deepEqual(extension, {
      rooms: 3,
      programmes: ['cash', 'food'],
      note: 'a|b',
      deep: { url: 'urn:x', farmSize: 2.5 },
      'dci-disability': { url: 'urn:spdci:extension:disability', disability_status: 'Approved' },
      'dci-farm': { url: 'urn:spdci:extension:farm', farm_type: 'crop' },
    });
  });

  it('shows the files it is given', () => {
    const file = { name: 'p.jpg', contentType: 'image/jpeg', blob: 'b1', size: 3, hash: 'b1' };
    const person = { ...akinyi, photo: file, documents: [{ ...file, name: 'card.pdf', blob: 'b2' }, file] };
    const resource = toIndividualResource(person, [], {
      today,
      files: new Map([
        ['b1', '/9j/'],
        ['b2', 'AAAA'],
      ]),
    });
    assert.equal(resource['photo'], '/9j/');
    assert.deepEqual(resource['document'], [
      { title: 'card.pdf', contentType: 'image/jpeg', data: 'AAAA' },
      { title: 'p.jpg', contentType: 'image/jpeg', data: '/9j/' },
    ]);
  });
});

describe('fromIndividualResource', () => {
  it('reads back all that was written', () => {
    const reading = read(JSON.parse(JSON.stringify(toIndividualResource(akinyi, [], { today }))));
    assert.ok(reading.ok);
    const { id, version: _v, createdAt: _c, updatedAt: _u, provenance: _p, ...draft } = akinyi;
    assert.deepEqual(reading.value, { draft, saysActive: true, systemId: id });
  });

  it('takes null for absent, except inside foreign documents', () => {
    const reading = read({
      ...minimal,
      name: { given: 'A', family: null },
      birthDate: null,
      telecom: null,
      address: [{ city: null, text: 'x', geoLocation: { plus_code: null } }],
      extension: { gone: null, kept: [null, { a: null }], 'dci-farm': null },
    });
    assert.ok(reading.ok);
    assert.deepEqual(reading.value.draft, {
      kind: 'individual',
      active: true,
      identifiers: [{ type: 'national_id', value: '1' }],
      name: { given: 'A' },
      addresses: [{ text: 'x', geoLocation: { plus_code: null } }],
      attributes: { kept: [null, { a: null }] },
    });
    assert.equal(reading.value.saysActive, false);
  });

  it('keeps a name text that says more than its parts, and drops the one made of them', () => {
    const name = (json: object) => {
      const reading = read({ ...minimal, name: json });
      return reading.ok ? reading.value.draft.name : reading.problems;
    };
    assert.deepEqual(name({ given: 'Ada', family: 'Obi', text: 'Ada Obi', middle: '' }), {
      given: 'Ada',
      family: 'Obi',
    });
    assert.deepEqual(name({ given: 'Ada', text: 'Mama Ada' }), { given: 'Ada', text: 'Mama Ada' });
    assert.equal(name({ family: '', given: '' }), undefined);
  });

  it('holds one identifier once, and sets the system id apart', () => {
    const reading = read({
      identifier: [
        { system: 'national_id', value: '1' },
        { system: `${ID}NATIONAL_ID`, value: '1' },
        { system: 'system_id', value: akinyi.id.toUpperCase() },
      ],
    });
    assert.ok(reading.ok);
    assert.deepEqual(reading.value.draft.identifiers, [{ type: 'national_id', value: '1' }]);
    assert.equal(reading.value.systemId, akinyi.id);
  });

  for (const [given, sex] of [
    [{ coding: [{ system: 'urn:iso:std:iso:5218', code: '1' }] }, '1'],
    [{ coding: [{ system: 'urn:other', code: 'M' }, { code: 'female' }] }, '2'],
    [{ text: 'Other' }, '9'],
    [{}, undefined],
  ] as const) {
    it(`reads the gender ${JSON.stringify(given)} as ${sex}`, () => {
      const reading = read({ ...minimal, gender: given });
      assert.equal(reading.ok && reading.value.draft.sex, sex);
    });
  }

  it('tells everything that is wrong at once, with JSON Pointers', () => {
    assert.deepEqual(
      paths({
        identifier: [{ system: 'urn:x', value: '' }, { value: 'v' }],
        active: 'yes',
        name: { given: 5 },
        birthDate: '2026-02-30',
        telecom: [{ system: 'pigeon', value: 'x' }],
        address: [{ line: 'one' }],
        photo: 'not base64!',
        registrationDate: 'soon',
        extension: { 'dci-farm': 'x' },
      }).sort(),
      [
        '/active',
        '/address/0/line',
        '/birthDate',
        '/extension/dci-farm',
        '/identifier/0/value',
        '/identifier/1/system',
        '/name/given',
        '/photo',
        '/registrationDate',
        '/telecom/0/system',
      ],
    );
  });

  it('tells everything that a schema cannot say at once', () => {
    assert.deepEqual(
      problems({
        identifier: [
          { system: 'urn:openspp:nowhere#x', value: '1', period: { start: '2020-01-02', end: '2020-01-01' } },
          { system: 'system_id', value: 'not-a-uuid' },
          { system: 'national_id', value: '  ' },
        ],
        birthDate: '2026-06-02',
        deathDate: '2026-06-01',
        gender: { coding: [{ code: '7' }] },
        location: { latitude: 1 },
      }).map(({ path }) => path),
      [
        '/identifier/0/system',
        '/identifier/0/period/end',
        '/identifier/2/value',
        '/identifier',
        '/location',
        '/gender',
        '/birthDate',
        '/deathDate',
      ],
    );
  });

  for (const [name, json, path] of [
    ['no object', 'text', ''],
    ['another type', { ...minimal, type: 'Group' }, '/type'],
    ['no identifier', {}, '/identifier'],
    ['an empty identifier list', { identifier: [] }, '/identifier'],
    ['a NUL byte', { ...minimal, name: { given: 'a\0' } }, '/name/given'],
    ['a lone surrogate', { ...minimal, extension: { 'a/b': ['\ud800'] } }, '/extension/a~1b/0'],
    ['a __proto__ key', JSON.parse('{"identifier":[],"extension":{"__proto__":{"x":1}}}'), '/extension/__proto__'],
    ['a number beyond all bounds', JSON.parse('{"extension":{"n":1e999}}'), '/extension/n'],
    ['an endless value', { identifier: [{ system: 'national_id', value: 'x'.repeat(256) }] }, '/identifier/0/value'],
    ['an endless key', { ...minimal, extension: { ['k'.repeat(101)]: 1 } }, '/extension'],
  ] as const) {
    it(`refuses ${name} at ${path || 'the root'}`, () => assert.deepEqual(paths(json), [path]));
  }

  it('refuses nesting beyond 64 instead of following it', () => {
    const deep = JSON.parse('[[[['.repeat(20_000) + ']]]]'.repeat(20_000));
    assert.match(problems({ ...minimal, extension: { deep } })[0]?.message ?? '', /deeper than 64/);
  });

  it('takes a photo of five megabytes and no more', () => {
    const photo = (length: number) => read({ ...minimal, photo: 'A'.repeat(length) });
    const read5 = photo(5 * 1024 * 1024);
    assert.equal(read5.ok && read5.value.photo?.base64.length, 5 * 1024 * 1024);
    assert.equal(photo(5 * 1024 * 1024 + 4).ok, false);
  });

  it('asks the caller which identifier types are known', () => {
    const reading = fromIndividualResource(
      { identifier: [{ system: 'http://old.example/nid', value: '1' }] },
      { today, readSystem: (system) => (system === 'http://old.example/nid' ? 'national_id' : undefined) },
    );
    assert.deepEqual(reading.ok && reading.value.draft.identifiers, [{ type: 'national_id', value: '1' }]);
  });
});
