import assert from 'node:assert/strict';
import { createEngine } from '../../../src/odk/mapping/expressions/engine.ts';
import type { MappedSubmission } from '../../../src/odk/mapping/map.ts';
import { mapBatch } from '../../../src/odk/mapping/mapper.ts';
import type { MapFault } from '../../../src/odk/mapping/values.ts';
import type { GroupDraft, IndividualDraft } from '../../../src/registry/index.ts';
import { changed, fixture, read, wholeMapping } from './support.ts';

const engine = createEngine();
after(() => engine.close());

type Row = Record<string, unknown>;
const recorded: Row[] = JSON.parse(fixture('submissions-expanded.json')).value;
const household = (start: string): Row => {
  const found = recorded.find((row) => String(row['__id']).startsWith(`uuid:${start}`));
  assert.ok(found);
  return structuredClone(found);
};

const run = async (text: string, row: unknown) => {
  const { mapping, faults } = read(text);
  assert.ok(mapping, JSON.stringify(faults));
  const [result] = await mapBatch(engine, mapping, [{ text: JSON.stringify(row), row }]);
  assert.ok(result);
  return result;
};
const mapped = async (text: string, row: unknown): Promise<MappedSubmission> => {
  const result = await run(text, row);
  assert.ok('mapped' in result, 'fault' in result ? `${result.fault.message} ${result.fault.value}` : '');
  return result.mapped;
};
const fault = async (text: string, row: unknown): Promise<Pick<MapFault, 'reason' | 'path' | 'value'>> => {
  const result = await run(text, row);
  assert.ok('fault' in result, 'was mapped');
  const { reason, path, value } = result.fault;
  return { reason, path, value };
};

const person = (given: string, more: Row = {}): Row => ({
  name: { given_name: given, family_name: 'Moyo' },
  relation: 'child',
  sex: 'f',
  dob: '2010-01-01',
  age_years: 16,
  disabilities: null,
  ...more,
});
const withMembers = (...member: Row[]): Row => ({ ...household('3d42a1c8'), members: { member } });

describe('mapping a submission', () => {
  it('maps a household with members, head, documents and files', async () => {
    const { key, subject, members } = await mapped(wholeMapping, household('4197cef7'));
    assert.equal(key, '"uuid:4197cef7-ba1e-4159-953f-34d70245cc1b"');
    assert.deepEqual(subject.draft, {
      kind: 'group',
      active: true,
      groupType: 'household',
      name: 'العلي household 1',
      identifiers: [
        { type: 'odk_submission', value: 'uuid:4197cef7-ba1e-4159-953f-34d70245cc1b' },
        { type: 'card', value: '00000001' },
      ],
      addresses: [{ district: 'Port City' }],
      location: { latitude: -19.354281, longitude: 16.448956, altitude: 727.8, accuracy: 5.01 },
      registrationDate: '2026-05-17',
      attributes: { rooms: 8, programmes: ['cash', 'food'] },
    } satisfies GroupDraft);
    assert.deepEqual(subject.files, [{ target: 'photo', name: 'photo_1.png', path: 'photo' }]);
    assert.deepEqual(
      members?.map(({ roles, weak }) => [roles, weak]),
      [
        [['head'], false],
        [['spouse'], false],
        [['child'], false],
      ],
    );
    assert.deepEqual(members?.[2]?.registrant.draft, {
      kind: 'individual',
      active: true,
      name: { given: 'Zoë', family: 'العلي' },
      birthDate: '1989-12-17',
      sex: '9',
      identifiers: [{ type: 'national_id', value: '0911848720' }],
    } satisfies IndividualDraft);
    assert.deepEqual(
      members?.[2]?.registrant.files.map(({ name }) => name),
      ['doc_1_2.png'],
    );
    assert.deepEqual(members?.[2]?.keys, ['0:"0911848720"', '1:["Zoë","العلي","1989-12-17"]']);
  });

  it('takes a repeat without instances for no members', async () => {
    const { members } = await mapped(wholeMapping, household('41b1533a'));
    assert.deepEqual(members, []);
    assert.deepEqual(await fault(changed(['allowEmpty: true', 'allowEmpty: false']), household('41b1533a')), {
      reason: 'head-missing',
      path: 'members.member',
      value: null,
    });
  });

  it('parks values that do not fit, with their path and what stood there', async () => {
    const bad = household('bc1b856d');
    assert.deepEqual(await fault(wholeMapping, bad), { reason: 'bad-type', path: 'reg_date', value: '31/12/2026' });
    bad['reg_date'] = '2026-12-03';
    assert.deepEqual(await fault(wholeMapping, bad), {
      reason: 'unknown-choice',
      path: 'district',
      value: 'not_a_choice',
    });
  });

  it('says the row of a repeat in the path', async () => {
    const row = withMembers(person('A', { relation: 'head' }), person('B', { dob: '2010-02-30' }));
    assert.deepEqual(await fault(wholeMapping, row), {
      reason: 'bad-type',
      path: 'members.member[1].dob',
      value: '2010-02-30',
    });
    const nested = withMembers(person('A', { relation: 'head', document: [{ doc_type: 'pass', doc_number: '1' }] }));
    assert.deepEqual(await fault(wholeMapping, nested), {
      reason: 'unknown-choice',
      path: 'members.member[0].document[0].doc_type',
      value: 'pass',
    });
  });

  it('parks what a requirement does not allow', async () => {
    assert.deepEqual(await fault(wholeMapping, { ...household('3d42a1c8'), consent: 'no' }), {
      reason: 'required-missing',
      path: 'consent',
      value: 'no',
    });
    assert.equal((await fault(wholeMapping, { ...household('3d42a1c8'), consent: null })).value, null);
  });

  const policies: readonly (readonly [string, unknown])[] = [
    ['drop', undefined],
    ['raw', 'not_a_choice'],
    ['{ default: Elsewhere }', 'Elsewhere'],
  ];
  for (const [policy, wanted] of policies) {
    it(`treats an unknown choice by the policy ${policy}`, async () => {
      const text = changed(['vocabulary: district }', `vocabulary: district, unknown: ${policy} }`]);
      const { subject } = await mapped(text, { ...household('3d42a1c8'), district: 'not_a_choice' });
      assert.equal(subject.draft.addresses?.[0]?.district, wanted);
    });
  }

  it('keeps blanks, zeros and all scripts; nothing is no value', async () => {
    const row = withMembers(
      person(' Ama  B ', { relation: 'head', sex: null, document: [{ doc_type: 'nid', doc_number: '' }] }),
    );
    row['hh_name'] = '';
    row['card_no'] = null;
    row['rooms'] = 0;
    const { subject, members } = await mapped(wholeMapping, row);
    assert.deepEqual(subject.draft.attributes, { rooms: 0 });
    assert.equal('name' in subject.draft, false);
    assert.deepEqual(
      subject.draft.identifiers.map(({ type }) => type),
      ['odk_submission'],
    );
    const draft = members?.[0]?.registrant.draft as IndividualDraft;
    assert.equal(draft.name?.given, ' Ama  B ');
    assert.deepEqual([draft.sex, draft.identifiers], [undefined, []]);
  });

  it('refuses several values where one belongs, and unwraps a list of one', async () => {
    const text = changed(['name: hh_name', 'name: members.member.name.given_name']);
    assert.equal((await fault(text, withMembers(person('A', { relation: 'head' }), person('B')))).reason, 'bad-type');
    const { subject } = await mapped(text, withMembers(person('A', { relation: 'head' })));
    assert.equal(subject.draft.kind === 'group' && subject.draft.name, 'A');
  });

  it('parks what throws or runs out of time as a mapping error', async () => {
    const { reason, path } = await fault(changed(['name: hh_name', "name: '$number(hh_name)'"]), household('3d42a1c8'));
    assert.deepEqual([reason, path], ['mapping-error', 'hh_name']);
  });

  it('answers what needs the engine row by row', async () => {
    const text = changed([
      'given: name.given_name',
      'given: \'$uppercase(name.given_name) & " of " & $parent.hh_name & $index\'',
    ]);
    const { members } = await mapped(text, household('3d42a1c8'));
    const names = members?.map(({ registrant }) => (registrant.draft as IndividualDraft).name?.given);
    assert.deepEqual(names, ['ΣΟΦΊΑ of N’Diaye household 70', "O'NEIL of N’Diaye household 71"]);
  });

  it('maps one person per submission with individual:', async () => {
    const text = `mapping: 1
form: household_registration
individual:
  given: head.given_name
  family: head.family_name
  birthDate: head.dob
  marital_status: { const: M }
  disability: { choices: programmes, vocabulary: v }
  land_size: income
  programmes: { choices: programmes, vocabulary: v }
  telecom: [{ system: phone, value: card_no, use: mobile }]
  events: [{ type: visit, date: visit_time }]
  documents: [{ attachment: photo }, { each: members.member.nothing, attachment: x }]
vocabularies: { v: { cash: c1, food: f1 } }
`;
    assert.match(read(text).faults[0]?.path ?? '', /documents\[1\]\.each/);
    const whole = text.replace(', { each: members.member.nothing, attachment: x }', '');
    const { subject, members } = await mapped(whole, household('4197cef7'));
    assert.equal(members, undefined);
    assert.deepEqual(subject.programmes, ['c1', 'f1']);
    const { sections, telecom, attributes } = subject.draft;
    assert.deepEqual(telecom, [{ system: 'phone', value: '00000001', use: 'mobile' }]);
    assert.deepEqual(attributes, { events: [{ type: 'visit', date: '2026-05-17T09:15:00.000+01:00' }] });
    assert.deepEqual(sections, {
      member: {
        marital_status: 'M',
        is_disabled: true,
        disability_info: [{ disability_limitation_type: 'c1' }, { disability_limitation_type: 'f1' }],
      },
      farm: { farm_details: [{ land_size: 797.42 }] },
    });
  });
});

describe('the head of a household', () => {
  const two = withMembers(person('A', { relation: 'head' }), person('B', { relation: 'head' }), person('C'));
  const none = withMembers(person('A'), person('B'));
  const heads = (result: MappedSubmission) => result.members?.map(({ roles }) => roles.includes('head'));
  const policy = (missing: string, ambiguous: string) =>
    changed(['missing: fail, ambiguous: fail', `missing: ${missing}, ambiguous: ${ambiguous}`]);

  it('is refused when missing or twice there', async () => {
    assert.deepEqual(await fault(wholeMapping, none), { reason: 'head-missing', path: 'members.member', value: null });
    assert.deepEqual(await fault(wholeMapping, two), {
      reason: 'head-ambiguous',
      path: 'members.member',
      value: [0, 1],
    });
  });

  it('is settled by the policies', async () => {
    assert.deepEqual(heads(await mapped(policy('noHead', 'first'), none)), [false, false]);
    assert.deepEqual(heads(await mapped(policy('fail', 'first'), two)), [true, false, false]);
    assert.deepEqual(heads(await mapped(policy('fail', 'noHead'), two)), [false, false, false]);
  });

  it('is the first row with mode: first', async () => {
    assert.deepEqual(heads(await mapped(changed(['mode: member', 'mode: first']), none)), [true, false]);
  });

  const person_ = `head:
  mode: group
  person:
    given: head.given_name
    family: head.family_name
    birthDate: head.dob
    sex: { choice: head.sex, vocabulary: sex }`;
  const group = (more = '') => changed(['head: { mode: member, missing: fail, ambiguous: fail }', person_ + more]);

  it('is the person of its own questions with mode: group, and one person with its row', async () => {
    const row = withMembers(
      person('A', { relation: 'head' }),
      person('Mary', { name: { given_name: 'Mary', family_name: 'N’Diaye' }, dob: '1940-09-07', sex: null }),
    );
    const { members } = await mapped(group(), row);
    assert.equal(members?.length, 2);
    assert.deepEqual(
      members?.map(({ roles }) => roles),
      [[], ['head', 'child']],
    );
    assert.deepEqual(members?.[1]?.registrant.draft, {
      kind: 'individual',
      active: true,
      name: { given: 'Mary', family: 'N’Diaye' },
      birthDate: '1940-09-07',
      sex: '1',
      identifiers: [],
    });
  });

  it('is a member of its own when no row is that person', async () => {
    const { members } = await mapped(group(), withMembers(person('A')));
    assert.deepEqual(
      members?.map(({ roles }) => roles),
      [['head'], ['child']],
    );
  });

  it('is matched by key where its questions have one', async () => {
    const text = group('\n    key: { from: [head.national_id] }');
    const nid = (number: string) => ({ document: [{ doc_type: 'nid', doc_number: number }] });
    const { members } = await mapped(text, withMembers(person('A'), person('B', nid('809442613273'))));
    assert.deepEqual(
      members?.map(({ roles }) => roles),
      [['child'], ['head', 'child']],
    );
  });

  it('is missing with mode: group when its questions were left blank', async () => {
    const row = { ...none, head: household('41b1533a')['head'] };
    assert.equal((await fault(group(), row)).reason, 'head-missing');
  });
});

describe('member keys', () => {
  it('are weak when incomplete or met twice', async () => {
    const row = withMembers(
      person('A', { relation: 'head', dob: null }),
      person('B'),
      person('B'),
      person('C', { document: [{ doc_type: 'nid', doc_number: '7' }] }),
    );
    const { members } = await mapped(wholeMapping, row);
    assert.deepEqual(
      members?.map(({ weak }) => weak),
      [true, true, true, false],
    );
    assert.deepEqual(
      members?.map(({ keys }) => keys.length),
      [0, 0, 0, 2],
    );
  });
});
