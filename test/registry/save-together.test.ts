import assert from 'node:assert/strict';
import { newId } from '../../src/core/ids.ts';
import { lastPosition } from '../../src/registry/feed.store.ts';
import {
  type Draft,
  type MembershipRequest,
  type Registry,
  readFeed,
  type SaveRequest,
  statesAfter,
} from '../../src/registry/index.ts';
import type { Tx } from '../../src/storage/index.ts';
import { describeStore } from '../support/stores.ts';
import { BY, household, person, put, registryOn } from './support.ts';

type Way = (
  registry: Registry,
  tx: Tx,
  requests: readonly SaveRequest[],
  memberships: readonly MembershipRequest[],
) => Promise<unknown>;

const together: Way = (registry, tx, requests, memberships) => registry.saveTogether(tx, requests, memberships, BY);
const apart: Way = async (registry, tx, requests, memberships) => {
  await registry.save(tx, requests, BY);
  await registry.saveMemberships(tx, memberships, BY);
};

type Members = MembershipRequest['members'];

interface Case {
  /** Who is there before, by name. */
  readonly old?: Readonly<Record<string, Draft>>;
  readonly fresh: Readonly<Record<string, Draft>>;
  /** By names in place of ids. */
  readonly memberships: readonly (Omit<MembershipRequest, 'members'> & { readonly members: Members })[];
}

const head = ['head'];
const cases: Readonly<Record<string, Case>> = {
  'a new household of new people': {
    fresh: { group: household('Diallo'), a: person('Awa'), b: person('Binta') },
    memberships: [
      {
        groupId: 'group',
        members: [
          { individualId: 'a', roles: head, start: '2020-01-01' },
          { individualId: 'b', roles: [], end: '2030-01-01' },
        ],
        others: 'keep',
      },
    ],
  },
  'households, one of them without members': {
    fresh: { one: household('One'), two: household('Two'), a: person('Awa'), alone: person('Alone') },
    memberships: [
      { groupId: 'two', members: [{ individualId: 'a', roles: head }], others: 'end' },
      { groupId: 'one', members: [], others: 'end' },
    ],
  },
  'a new household that somebody joins who is there': {
    old: { a: person('Awa') },
    fresh: { group: household('Diallo'), b: person('Binta') },
    memberships: [
      {
        groupId: 'group',
        members: [
          { individualId: 'a', roles: head },
          { individualId: 'b', roles: [] },
        ],
        others: 'keep',
      },
    ],
  },
  'somebody new in a household that is there': {
    old: { group: household('Diallo') },
    fresh: { a: person('Awa') },
    memberships: [{ groupId: 'group', members: [{ individualId: 'a', roles: head }], others: 'keep' }],
  },
  'a member who has left': {
    fresh: { group: household('Diallo'), a: person('Awa'), b: person('Binta') },
    memberships: [
      {
        groupId: 'group',
        members: [
          { individualId: 'a', roles: head },
          { individualId: 'b', roles: [], start: '2020-01-01', end: '2021-01-01' },
        ],
        others: 'keep',
      },
    ],
  },
  'members who come one by one': {
    fresh: { group: household('Diallo'), a: person('Awa'), b: person('Binta') },
    memberships: [
      { groupId: 'group', members: [{ individualId: 'a', roles: head }], others: 'keep' },
      { groupId: 'group', members: [{ individualId: 'b', roles: [] }], others: 'keep' },
    ],
  },
  'somebody of two new households': {
    fresh: { one: household('One'), two: household('Two'), a: person('Awa') },
    memberships: [
      { groupId: 'one', members: [{ individualId: 'a', roles: head }], others: 'keep' },
      { groupId: 'two', members: [{ individualId: 'a', roles: [] }], others: 'keep' },
    ],
  },
};

describeStore('saving registrants together with their memberships', ({ database }) => {
  /** All that can be seen of a case that was written one way, with names in place of ids. */
  const seen = async ({ old = {}, fresh, memberships }: Case, way: Way): Promise<unknown> => {
    const db = database();
    const registry = registryOn(db);
    const known = await put(db, registry, ...Object.values(old));
    const idOf = new Map([
      ...Object.keys(old).map((name, i) => [name, known[i] as string] as const),
      ...Object.keys(fresh).map((name) => [name, newId()] as const),
    ]);
    const from = await db.read(lastPosition);
    await db.write((tx) =>
      way(
        registry,
        tx,
        Object.entries(fresh).map(([name, draft]) => ({ newId: idOf.get(name) as string, draft })),
        memberships.map((one) => ({
          ...one,
          groupId: idOf.get(one.groupId) as string,
          members: one.members.map((member) => ({ ...member, individualId: idOf.get(member.individualId) as string })),
        })),
      ),
    );
    const ids = [...idOf.values()];
    const registrants = [...(await registry.load(ids)).values()];
    const kinshipsOf = await registry.kinships(ids, { ended: true });
    const kinships = ids.map((id) => kinshipsOf.get(id));
    const changes = await db.read((reader) => readFeed(reader, from, 100));
    const states = await db.read((reader) => statesAfter(reader, changes));
    const sizes = await Promise.all(
      [0, 1, 2].map(async (size) => {
        const query = { op: 'compare', attribute: 'group_size', is: 'eq', value: size } as const;
        const [found] = await registry.search([{ kind: 'group', query, limit: 1000, offset: 0 }]);
        return (found?.registrants ?? []).map(({ id }) => id).filter((id) => ids.includes(id));
      }),
    );
    const first = Math.min(...registrants.map(({ seq }) => seq as number));
    let text = JSON.stringify({ registrants, kinships, changes, states: [...states.values()], sizes }, (key, value) => {
      if (key === 'seq') return value - first;
      return key === 'position' ? value - from : value;
    });
    for (const [name, id] of idOf) text = text.replaceAll(id, name);
    return JSON.parse(text);
  };

  for (const [name, given] of Object.entries(cases)) {
    it(`comes to the same as one after the other: ${name}`, async () => {
      assert.deepEqual(await seen(given, together), await seen(given, apart));
    });
  }

  it('tells what was saved, and which groups have other members', async () => {
    const [group, a] = [newId(), newId()];
    const requests = [
      { newId: group, draft: household('Diallo') },
      { newId: a, draft: person('Awa') },
    ];
    const memberships = [{ groupId: group, members: [{ individualId: a, roles: head }], others: 'keep' }] as const;
    const { saved, joined } = await database().write((tx) =>
      registryOn(database()).saveTogether(tx, requests, memberships, BY),
    );
    assert.deepEqual(
      saved.map(({ id, outcome }) => [id, outcome]),
      [
        [group, 'created'],
        [a, 'created'],
      ],
    );
    assert.deepEqual([...joined], [group]);
  });

  it('refuses what either refuses, and writes nothing', async () => {
    const registry = registryOn(database());
    const [group, a, b] = [newId(), newId(), newId()];
    const requests = [
      { newId: group, draft: household('Diallo') },
      { newId: a, draft: person('Awa') },
      { newId: b, draft: household('No person') },
    ];
    const refused: readonly (readonly [Members, RegExp])[] = [
      [[{ individualId: a, roles: ['x'.repeat(101)] }], /faults/],
      [[{ individualId: a, roles: [], end: 'soon' }], /faults/],
      [[{ individualId: b, roles: [] }], /faults/],
      [[{ individualId: newId(), roles: [] }], /no such individual/],
    ];
    for (const [members, why] of refused) {
      const memberships = [{ groupId: group, members, others: 'keep' }] as const;
      await assert.rejects(() => database().write((tx) => registry.saveTogether(tx, requests, memberships, BY)), why);
    }
    assert.equal((await registry.load([group, a, b])).size, 0);
  });
});
