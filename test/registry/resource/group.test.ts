import assert from 'node:assert/strict';
import type { Group, Individual } from '../../../src/registry/model.ts';
import { fromGroupResource, toGroupResource } from '../../../src/registry/resource/index.ts';

const today = '2026-06-01';
const ID = 'urn:openspp:vocab:id-type#';
const ROLE = 'urn:openspp:vocab:group-membership-type';
const kept = {
  version: 1,
  createdAt: '2026-01-05T08:00:00.000Z',
  updatedAt: '2026-01-06T08:00:00.000Z',
  provenance: {},
};
const person = (id: string, identifiers: Individual['identifiers']): Individual => ({
  kind: 'individual',
  id,
  ...kept,
  active: true,
  identifiers,
  name: { given: `Person ${id}` },
});
const group: Group = {
  kind: 'group',
  id: '0d6f1c52-1111-7222-8333-944455550000',
  ...kept,
  active: false,
  identifiers: [{ type: 'household_id', value: 'HH|9/ü%41' }],
  name: 'Okafor',
  groupType: 'household',
  attributes: { rooms: 3 },
};
const kinships = [
  {
    membership: { groupId: group.id, individualId: 'a', roles: ['head', 'alternate'], start: '2020-01-01', live: true },
    other: person('a', [{ type: 'national_id', value: '1' }]),
  },
  {
    membership: { groupId: group.id, individualId: 'b', roles: [], end: '2021-01-01', live: false },
    other: person('b', [{ type: 'national_id', value: '2', end: '2020-01-01' }]),
  },
];
const read = (json: unknown) => fromGroupResource(json, { today });
const minimal = { identifier: [{ system: 'household_id', value: '1' }] };
const member = (reference: string, more: object = {}) => ({ entity: { reference }, ...more });

describe('toGroupResource', () => {
  it('writes members by reference, ended ones marked, and counts the live ones', () => {
    const resource = toGroupResource(group, kinships, { today });
    assert.equal(resource['quantity'], 1);
    assert.deepEqual(resource['member'], [
      {
        entity: { reference: `Individual/${ID}national_id|1`, display: 'Person a' },
        role: {
          coding: [
            { system: ROLE, code: 'head', display: 'Head' },
            { system: ROLE, code: 'alternate', display: 'Alternate' },
          ],
        },
        period: { start: '2020-01-01' },
        inactive: false,
      },
      {
        entity: { reference: `Individual/${ID}system_id|b`, display: 'Person b' },
        period: { end: '2021-01-01' },
        inactive: true,
      },
    ]);
  });
});

describe('fromGroupResource', () => {
  it('reads back all that was written', () => {
    const reading = read(JSON.parse(JSON.stringify(toGroupResource(group, kinships, { today }))));
    assert.ok(reading.ok);
    const { id, version: _v, createdAt: _c, updatedAt: _u, provenance: _p, ...draft } = group;
    assert.deepEqual(reading.value, {
      draft,
      saysActive: true,
      systemId: id,
      members: [
        { references: [{ type: 'national_id', value: '1' }], roles: ['head', 'alternate'], start: '2020-01-01' },
        { references: [{ type: 'system_id', value: 'b' }], roles: [], end: '2021-01-01' },
      ],
    });
  });

  it('tells no members from members not said', () => {
    const none = read({ ...minimal, member: [] });
    const unsaid = read(minimal);
    assert.deepEqual(none.ok && none.value.members, []);
    assert.equal(unsaid.ok && 'members' in unsaid.value, false);
  });

  it('dates a membership that is only called inactive', () => {
    const reading = read({ ...minimal, member: [member('Individual/national_id|1', { inactive: true })] });
    assert.equal(reading.ok && reading.value.members?.[0]?.end, today);
  });

  it('names each member it cannot read by its index', () => {
    const reading = read({
      ...minimal,
      member: [
        member('Individual/national_id|1'),
        member('Group/household_id|1'),
        member('national_id|1'),
        member('Individual/national_id|1', { period: { start: '2020-02-01', end: '2020-01-01' } }),
        member('Individual/national_id|1', { role: { coding: [{ system: 'urn:other', code: 'head' }] } }),
      ],
    });
    assert.deepEqual(reading.ok ? [] : reading.problems.map(({ path }) => path), [
      '/member/1/entity/reference',
      '/member/2/entity/reference',
      '/member/3/period/end',
      '/member/4/role',
    ]);
  });
});
