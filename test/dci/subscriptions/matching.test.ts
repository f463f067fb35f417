import assert from 'node:assert/strict';
import type { Draft, GroupDraft, IndividualDraft, Registry } from '../../../src/registry/index.ts';
import { BY, get, household, person, put, unique } from '../../registry/support.ts';
import { describeStore } from '../../support/stores.ts';
import { type AnyMessage, byId, EVERYTHING, subscriptionsOn } from './support.ts';

describeStore('what subscribers are told', ({ database }) => {
  let on: ReturnType<typeof subscriptionsOn>;
  let registry: Registry;
  let sender: string;
  beforeEach(async () => {
    on = subscriptionsOn(database());
    registry = on.registry;
    sender = unique('sp.example.org');
    await on.match();
  });

  const uin = (value: string) => ({ identifiers: [{ type: 'national_id', value }] });
  const save = async (id: string, draft: Draft): Promise<void> => {
    await database().write((tx) => registry.save(tx, [{ id, draft }], BY));
  };
  const remove = (id: string) => database().write((tx) => registry.remove(tx, id, 'asked for', BY));
  const eventsOf = async (code: string): Promise<AnyMessage[]> =>
    (await on.told(code)).flatMap(({ payload }) => [...payload.message.notify_event]);
  const given = (events: AnyMessage[]): string[] =>
    events.map((event) => event.data.reg_records.demographic_info?.name?.given_name);
  const movements = async (code: string) => (await on.told(code)).map(({ payload }) => payload.meta['filter']);
  const score = (limit: number) => ({
    filter: [{ expression1: { attribute_name: 'poverty_score', operator: 'lt', attribute_value: String(limit) } }],
    notify_record_type: 'Group',
    reg_event_type: 'UPDATE',
  });
  const poor = (name: string, value: number): GroupDraft =>
    household(name, { sections: { group: { poverty_score: value } } });

  it('is the person of the filter, and nobody else, one object for each event', async () => {
    const id = unique('UIN');
    const code = await on.code({ filter: byId('UIN', id) }, { sender });
    await put(database(), registry, person('Amina', uin(id)), person('Other', uin(unique('UIN'))));
    const [event, ...others] = await eventsOf(code);
    assert.equal(others.length, 0);
    assert.equal(event.data.reg_event_type, 'REGISTER');
    assert.equal(event.data.reg_record_type, 'Member');
    assert.equal(event.data.reg_type, 'ns:org:RegistryType:Social');
    assert.deepEqual(event.data.reg_records.member_identifier, [{ identifier_type: 'UIN', identifier_value: id }]);
  });

  it('is everything for the filter "*", each change once, from the subscription on', async () => {
    await put(database(), registry, person('Before'));
    const code = await on.code({}, { sender });
    await put(database(), registry, person('First'), household('Group'), person('Second'));
    assert.deepEqual(given(await eventsOf(code)), ['First', 'Second']);
    await on.match();
    assert.equal((await on.told(code)).length, 2);
  });

  it('does not hold what happened before it, although the matcher comes later', async () => {
    await put(database(), registry, person('Early'));
    const code = await on.code({}, { sender });
    await put(database(), registry, person('Late'));
    assert.deepEqual(given(await eventsOf(code)), ['Late']);
  });

  it('ends with the subscription', async () => {
    const [code, kept] = [await on.code({}, { sender }), await on.code({ reg_event_type: 'NEW' }, { sender })];
    await put(database(), registry, person('Told'));
    assert.equal((await on.told(code)).length, 1);
    await on.end([code], { sender });
    assert.equal((await on.told(code)).length, 0);
    await put(database(), registry, person('Untold'));
    assert.equal((await on.told(code)).length, 0);
    assert.equal((await on.told(kept)).length, 2);
  });

  it('is entering and leaving the filter, and changes within, but nothing outside of it', async () => {
    const code = await on.code(score(5), { sender });
    const [id = ''] = await put(database(), registry, poor('H', 9));
    for (const value of [8, 4, 3, 7, 6]) await save(id, poor('H', value));
    assert.deepEqual(await movements(code), ['entered', 'within', 'left']);
    const events = await eventsOf(code);
    assert.deepEqual(
      events.map(({ data }) => data.reg_records.poverty_score),
      [4, 3, 7],
    );
    assert.ok(events.every(({ data }) => !('reg_event_type' in data)));
  });

  it('shows each change as it left the person, not as the person is by now', async () => {
    const id = unique('UIN');
    const code = await on.code({ filter: byId('UIN', id), reg_event_type: 'UPDATE' }, { sender });
    const [who = ''] = await put(database(), registry, person('One', uin(id)));
    for (const name of ['Two', 'Three', 'Four']) await save(who, person(name, uin(id)));
    assert.deepEqual(given(await eventsOf(code)), ['Two', 'Three', 'Four']);
  });

  it('is who loses the identifier that the filter names, once', async () => {
    const id = unique('UIN');
    const code = await on.code({ filter: byId('UIN', id), reg_event_type: 'UPDATE' }, { sender });
    const [who = ''] = await put(database(), registry, person('One', uin(id)));
    await save(who, person('One', uin(unique('UIN'))));
    await save(who, person('Two', uin(unique('UIN'))));
    assert.deepEqual(await movements(code), ['left']);
  });

  it('is only the identifiers of who is deleted', async () => {
    const id = unique('UIN');
    const code = await on.code({ filter: byId('UIN', id), reg_event_type: 'DELETE' }, { sender });
    const [who = ''] = await put(database(), registry, person('Gone', { ...uin(id), birthDate: '1990-01-01' }));
    await remove(who);
    const [event] = await eventsOf(code);
    const identifier = [{ identifier_type: 'UIN', identifier_value: id }];
    assert.deepEqual(event.data.reg_records, {
      '@type': 'Member',
      member_identifier: identifier,
      demographic_info: { '@type': 'SRPerson', identifier },
    });
  });

  it('is nothing of who is deregistered until he is back', async () => {
    const id = unique('UIN');
    const ask = (reg_event_type: string) => on.code({ filter: byId('UIN', id), reg_event_type }, { sender });
    const [updates, exits, entries] = [await ask('UPDATE'), await ask('DEREGISTER'), await ask('REGISTER')];
    const [who = ''] = await put(database(), registry, person('A', uin(id)));
    const inactive = { ...uin(id), active: false };
    await save(who, person('A', inactive));
    await save(who, person('B', inactive));
    await save(who, person('B', uin(id)));
    assert.equal((await on.told(updates)).length, 0);
    assert.equal((await on.told(exits)).length, 1);
    assert.equal((await on.told(entries)).length, 2);
  });

  it('is births, whatever the registry at whose door they are asked for', async () => {
    const filter = [{ expression1: { attribute_name: 'birth_date', operator: 'ge', attribute_value: '2026-01-01' } }];
    const code = await on.code({ filter, reg_event_type: 'BIRTH' }, { sender, registry: 'crvs' });
    await put(
      database(),
      registry,
      person('Child', { birthDate: '2026-02-28', ...uin(unique('UIN')) }),
      person('Adult', { birthDate: '1980-02-28' }),
    );
    const [event, ...others] = await eventsOf(code);
    assert.equal(others.length, 0);
    assert.equal(event.data.reg_event_type, 'BIRTH');
    assert.equal(event.data.reg_records.name.given_name, 'Child');
  });

  it('is each new member of a household as a record of its own, or the household, as it was asked for', async () => {
    const [id, member] = [unique('HH'), unique('UIN')];
    const [group = '', a = '', b = ''] = await put(
      database(),
      registry,
      household('H', { identifiers: [{ type: 'household_id', value: id }] }),
      person('A', uin(member)),
      person('B'),
    );
    const ask = (criteria: object) => on.code({ reg_event_type: 'NewHouseHoldMember', ...criteria }, { sender });
    const byHousehold = await ask({ filter: byId('HOUSEHOLD_ID', id) });
    const byPerson = await ask({ filter: byId('UIN', member) });
    const whole = await ask({ filter: byId('HOUSEHOLD_ID', id), notify_record_type: 'Group' });
    const elsewhere = await ask({ filter: byId('HOUSEHOLD_ID', unique('HH')) });
    const members = [a, b].map((individualId) => ({ individualId, roles: [] }));
    await database().write((tx) => registry.saveMemberships(tx, [{ groupId: group, members, others: 'keep' }], BY));

    const both = await eventsOf(byHousehold);
    assert.deepEqual(given(both).sort(), ['A', 'B']);
    assert.equal((await on.told(byHousehold)).length, 1);
    assert.ok(both.every(({ data }) => data.reg_event_type === 'NewHouseHoldMember'));
    assert.deepEqual(given(await eventsOf(byPerson)), ['A']);
    const [told] = await eventsOf(whole);
    assert.equal(told.data.reg_record_type, 'Group');
    assert.equal(told.data.reg_records.member_list.length, 2);
    assert.equal((await on.told(elsewhere)).length, 0);
  });

  it('of a filter about members is a household that gains or loses the one who fits', async () => {
    const filter = {
      value: { expression: { collection: 'Group', query: { 'member_list.birth_date': { $ge: '2025-01-01' } } } },
    };
    const code = await on.code(
      { filter_type: 'expression', filter, reg_event_type: 'UPDATE', notify_record_type: 'Group' },
      { sender },
    );
    const baby: IndividualDraft = person('Baby', { birthDate: '2026-01-05' });
    const [group = '', child = '', adult = ''] = await put(database(), registry, household('H'), baby, person('X'));
    const set = (...ids: string[]) =>
      database().write((tx) =>
        registry.saveMemberships(
          tx,
          [{ groupId: group, members: ids.map((individualId) => ({ individualId, roles: [] })), others: 'end' }],
          BY,
        ),
      );
    await set(adult);
    await set(adult, child);
    await set(adult);
    assert.deepEqual(await movements(code), ['entered', 'left']);
    const sizes = (await eventsOf(code)).map(({ data }) => data.reg_records.member_list.length);
    assert.deepEqual(sizes, [2, 1]);
  });

  it('is the projection that was asked for, with the identifiers always', async () => {
    const id = unique('UIN');
    const code = await on.code(
      { filter: byId('UIN', id), response_fields: ['Member.demographic_info.birthDate', 'Household.household_size'] },
      { sender },
    );
    await put(database(), registry, person('Amina', { ...uin(id), birthDate: '1990-04-12' }));
    const [event] = await eventsOf(code);
    const identifier = [{ identifier_type: 'UIN', identifier_value: id }];
    assert.deepEqual(event.data.reg_records, {
      '@type': 'Member',
      member_identifier: identifier,
      demographic_info: { '@type': 'SRPerson', identifier, birth_date: '1990-04-12T00:00:00Z' },
    });
  });

  it('is what the policy of the peer shows, at the time of the change', async () => {
    const rules = { operations: ['*'], attributes: ['*'], fields: ['identifier'] } as const;
    const peer = { policy: { registries: { social: rules } } };
    const code = await on.code({}, { sender, peer });
    await put(database(), registry, person('Hidden', uin(unique('UIN'))));
    const [event] = await eventsOf(code);
    assert.ok(!JSON.stringify(event).includes('Hidden'));

    const closed = { registries: { crvs: rules } };
    on.peers.set(sender, { ...(on.peers.get(sender) as AnyMessage), policy: closed });
    await put(database(), registry, person('Later'));
    assert.equal((await on.told(code)).length, 1);
  });

  it('is nothing for a peer that was revoked', async () => {
    const code = await on.code({}, { sender });
    on.peers.delete(sender);
    await put(database(), registry, person('A'));
    assert.equal((await on.told(code)).length, 0);
  });

  it('carries ids that are the same however often a change is worked on', async () => {
    const code = await on.code({}, { sender });
    await put(database(), registry, person('A'));
    const again = subscriptionsOn(database());
    for (const [id, peer] of on.peers) again.peers.set(id, peer);
    await Promise.all([on.match(), again.match()]);
    const told = await on.told(code);
    assert.equal(told.length, 1);
    const { messageId, meta } = (told as AnyMessage)[0].payload;
    assert.ok(messageId && meta.notification_id && messageId !== meta.notification_id);
    assert.deepEqual([meta.subscription_code, meta.event_type], [code, 'REGISTER']);
  });

  it('waits in order for the time that the subscriber named', async () => {
    const code = await on.code({ frequency: { frequency: '0 0 0 * * ?' } }, { sender });
    const [who = ''] = await put(database(), registry, person('A'));
    await remove(who);
    await put(database(), registry, person('B'));
    const told = await on.told(code);
    assert.equal(told.length, 2);
    assert.ok(told.every(({ due }) => due === Date.parse('2026-03-02T00:00:00Z')));
  });

  it('keeps one registrant’s order by one key, and lets others pass', async () => {
    const code = await on.code({ reg_event_type: 'UPDATE' }, { sender });
    const [a = '', b = ''] = await put(database(), registry, person('A'), person('B'));
    await save(a, person('A2'));
    await save(b, person('B2'));
    await save(a, person('A3'));
    const told = await on.told(code);
    assert.deepEqual(
      told.map(({ orderingKey }) => orderingKey),
      [`${code} ${a}`, `${code} ${b}`, `${code} ${a}`],
    );
  });

  it('can be every record of every registry', async () => {
    const codes = new Map<string, string>();
    for (const name of ['social', 'crvs', 'dr', 'fr', 'ibr'] as const) {
      codes.set(name, await on.code({ filter: EVERYTHING }, { sender, registry: name }));
    }
    const [who = ''] = await put(database(), registry, person('Amina', uin(unique('UIN'))));
    for (const [name, code] of codes) {
      const [event] = await eventsOf(code);
      assert.equal(Array.isArray(event.data.reg_records), false, name);
      assert.ok(JSON.stringify(event.data.reg_records).includes('Amina'), name);
    }
    assert.equal((await get(registry, who)).version, 1);
  });
});
