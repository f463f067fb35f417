import assert from 'node:assert/strict';
import { subscribe } from '../../../src/dci/subscriptions/subscribe.ts';
import { unique } from '../../registry/support.ts';
import { describeStore } from '../../support/stores.ts';
import { byId, EVERYTHING, subscriptionsOn } from './support.ts';

describeStore('subscribing', ({ database, again }) => {
  const asks = (id: string) => ({ filter: byId('UIN', id), filter_type: 'idtype-value' });
  const reason = (item: { status: string; status_reason_code?: string }) => [item.status, item.status_reason_code];

  it('answers each item with a code of its own, in both editions of SubscriptionInfo', async () => {
    const on = subscriptionsOn(database());
    const [one, two] = await on.items([asks('both-1'), asks('both-2')]);
    const [info] = one.subscriptions;
    assert.equal(one.status, 'succ');
    assert.equal(info.code, info.subscription_code);
    assert.match(info.code, /^SUB-.{1,95}$/);
    assert.equal(info.status, 'subscribe');
    assert.deepEqual(info.subscribe_criteria.filter, byId('UIN', 'both-1'));
    assert.notEqual(two.subscriptions[0].code, info.code);
  });

  it('refuses a repeat with the code that is there, in whatever form it is asked, until it has ended', async () => {
    const on = subscriptionsOn(database());
    const sender = unique('repeat');
    const code = await on.code(asks('repeat'), { sender });
    const forms = [
      asks('repeat'),
      { filter: byId('UIN', 'repeat') },
      { filter: { type: 'idtype-value', value: { id_type: 'UIN', id_value: 'repeat' } } },
    ];
    for (const item of await on.items(forms, { sender })) {
      assert.deepEqual(reason(item), ['rjct', 'rjct.event.already_subscribed']);
      assert.equal(item.subscriptions[0].code, code);
    }
    await on.end([code], { sender });
    assert.notEqual(await on.code(asks('repeat'), { sender }), code);
  });

  it('does not take for a repeat what differs in event, records, times or sender', async () => {
    const on = subscriptionsOn(database());
    const sender = unique('differs');
    const all = [
      asks('d'),
      { ...asks('d'), reg_event_type: 'UPDATE' },
      { ...asks('d'), notify_record_type: 'Group' },
      { ...asks('d'), frequency: 'daily' },
      { ...asks('d'), response_fields: ['birth_date'] },
    ];
    for (const item of await on.items(all, { sender })) assert.equal(item.status, 'succ');
    await on.code(asks('d'), { sender: unique('differs') });
  });

  it('refuses only events that cannot be mapped, and items of which something else is wrong with the details', async () => {
    const on = subscriptionsOn(database());
    const items = await on.items(
      [
        { ...asks('e'), reg_event_type: 'SEARCH' },
        {
          ...asks('e'),
          filter: [{ expression1: { attribute_name: 'no_such', operator: 'eq', attribute_value: '1' } }],
        },
        { ...asks('e'), frequency: 'banana' },
        { ...asks('e'), reg_type: 'ns:org:RegistryType:FR' },
        asks('good'),
      ],
      { sender: unique('mixed') },
    );
    assert.deepEqual(items.map(reason), [
      ['rjct', 'rjct.notify_types.invalid'],
      ['rjct', 'rjct.notify_details.invalid'],
      ['rjct', 'rjct.notify_details.invalid'],
      ['rjct', 'rjct.notify_details.invalid'],
      ['succ', undefined],
    ]);
  });

  it('refuses a reference that is used twice in one message', async () => {
    const on = subscriptionsOn(database());
    const criteria = { reg_event_type: 'REGISTER', filter: EVERYTHING, notify_record_type: 'Member' };
    const request = { reference_id: 'same', timestamp: '2026-03-01T12:00:00Z', subscribe_criteria: criteria };
    const question = on.question({ subscribe_request: [request, request] }, { sender: unique('twice') });
    const reply = await database().write((tx) =>
      subscribe({ registry: on.registry, clock: on.clock, maxPerSender: 100 })(tx, question),
    );
    const [first, second] = (reply.message as { subscribe_response: { status: string; status_reason_code?: string }[] })
      .subscribe_response as [{ status: string }, { status: string; status_reason_code?: string }];
    assert.equal(first.status, 'succ');
    assert.deepEqual(reason(second), ['rjct', 'rjct.reference_id.duplicate']);
  });

  it('lets a sender hold so many and no more, and counts neither ended nor expired ones', async () => {
    const on = subscriptionsOn(database(), { maxPerSender: 2 });
    const sender = unique('limit');
    const window = { frequency: { start_time: '2026-03-01T00:00:00Z', end_time: '2026-03-02T00:00:00Z' } };
    const items = await on.items([asks('1'), { ...asks('2'), ...window }, asks('3')], { sender });
    assert.deepEqual(items.map(reason).at(2), ['rjct', 'rjct.notify_details.invalid']);
    await on.end([items[0].subscriptions[0].code], { sender });
    await on.code(asks('4'), { sender });
    on.clock.advance(3 * 86_400_000);
    await on.code(asks('5'), { sender });
    assert.equal((await on.items([asks('6')], { sender }))[0].status, 'rjct');
    await on.code(asks('1'), { sender: unique('limit') });
  });

  it('makes one subscription of equal ones that come at the same time', async () => {
    const other = await again();
    const sender = unique('race');
    const [here, there] = [subscriptionsOn(database()), subscriptionsOn(other)];
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => (i % 2 ? here : there).items([asks('race')], { sender })),
    );
    await other.close();
    const codes = new Set(answers.map(([item]) => item.subscriptions[0].code));
    assert.equal(codes.size, 1);
    assert.equal(answers.filter(([item]) => item.status === 'succ').length, 1);
  });

  it('is refused per item where the policy of the peer does not let it', async () => {
    const on = subscriptionsOn(database());
    const policy = { registries: { crvs: { operations: ['*'], attributes: ['*'], fields: ['*'] } } } as const;
    const [item] = await on.items([asks('p')], { sender: unique('policy'), peer: { policy } });
    assert.deepEqual(reason(item), ['rjct', 'rjct.notify_details.invalid']);
  });
});

describeStore('unsubscribing', ({ database }) => {
  it('ends a subscription once', async () => {
    const on = subscriptionsOn(database());
    const code = await on.code({});
    const first = await on.end([code]);
    assert.deepEqual(first.message.subscription_status, [{ code, status: 'unsubscribe' }]);
    assert.deepEqual([first.reply.status, first.message.status], ['succ', 'succ']);
    const second = await on.end([code]);
    assert.deepEqual(
      [second.reply.status, second.message.status, second.message.status_reason_code],
      ['rjct', 'rjct', 'rjct.event.already_unsubscribed'],
    );
    assert.deepEqual(second.message.subscription_status, [{ code, status: 'unsubscribe' }]);
  });

  it('says nothing of codes it does not know', async () => {
    const { message } = await subscriptionsOn(database()).end(['sub-test-001', 's'.repeat(99)]);
    assert.deepEqual(
      [message.status, message.status_reason_code, message.subscription_status],
      ['rjct', 'rjct.subscription_code.invalid', []],
    );
  });

  it('neither ends nor shows the subscription of another sender', async () => {
    const on = subscriptionsOn(database());
    const [mine, theirs] = [await on.code({}, { sender: 'mine.org' }), await on.code({}, { sender: 'theirs.org' })];
    const { message, reply } = await on.end([theirs, mine], { sender: 'mine.org' });
    assert.deepEqual(
      [message.status, message.status_reason_code, message.subscription_status],
      ['rjct', 'rjct.requester.invalid', [{ code: mine, status: 'unsubscribe' }]],
    );
    assert.equal(reply.status, 'succ');
    const [still] = await on.items([{}], { sender: 'theirs.org' });
    assert.equal(still.status_reason_code, 'rjct.event.already_subscribed');
  });
});
