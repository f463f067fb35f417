import assert from 'node:assert/strict';
import { findAsked, readAsked } from '../../../src/dci/client/asked.store.ts';
import { findHeld } from '../../../src/dci/inbox/held.store.ts';
import type { Individual } from '../../../src/registry/index.ts';
import { describeStore } from '../../support/stores.ts';
import { ack } from '../client/fake-registry.ts';
import { type Asking, CIVIL, startAsking } from '../client/support.ts';
import { child, createTeller, notification } from './teller.ts';

describeStore('what other registries tell us', ({ url }) => {
  let asking: Asking;
  before(async () => {
    asking = await startAsking(url(), { source: true });
  });
  after(() => asking.close());
  const { envelope, post, tell } = createTeller(
    () => asking.url,
    () => asking.other.peer,
  );

  const holderOf = async (value: string, type = 'BRN'): Promise<Individual | undefined> => {
    const { registry } = asking.ground;
    const [holder] = await registry.holders([{ type, value }]);
    return holder && ((await registry.load([holder.id])).get(holder.id) as Individual);
  };
  const askLater = async (take: boolean) => {
    asking.other.answer(() => ack(`corr-${Math.random()}`));
    const query = { registry: 'crvs', queryType: 'idtype-value', query: { type: 'BRN', value: '1' } } as const;
    return await asking.client.searchLater(CIVIL, [query], take ? { take, programme: 'PROG-1' } : {});
  };
  const onSearch = (transactionId: unknown, correlationId: unknown, records: unknown) => ({
    transaction_id: transactionId,
    correlation_id: correlationId,
    search_response: [
      {
        reference_id: '1',
        timestamp: '2026-06-01T00:00:00Z',
        status: 'succ',
        data: { reg_type: 'CRVS', reg_record_type: 'Person', reg_records: records },
      },
    ],
  });

  const strangers: readonly (readonly [string, string, object])[] = [
    ['on-search', 'on-search', onSearch('never-heard', 'of-that', [child('X-1')])],
    [
      'on-subscribe',
      'on-subscribe',
      {
        transaction_id: 't',
        correlation_id: 'c',
        subscribe_response: [
          {
            reference_id: 'r',
            timestamp: '2026-06-01T00:00:00Z',
            status: 'succ',
            subscriptions: [{ code: 'S-X', status: 'subscribe', timestamp: '2026-06-01T00:00:00Z' }],
          },
        ],
      },
    ],
    [
      'on-unsubscribe',
      'on-unsubscribe',
      { transaction_id: 't', correlation_id: 'c', timestamp: '2026-06-01T00:00:00Z', status: 'succ' },
    ],
    [
      'txn/on-status',
      'txn-on-status',
      {
        transaction_id: 't',
        correlation_id: 'c',
        txnstatus_response: {
          txn_type: 'search',
          txn_status: { transaction_id: 't', correlation_id: 'c', search_response: [] },
        },
      },
    ],
  ];
  for (const [path, action, message] of strangers) {
    it(`acknowledges ${path} for a transaction that nobody here began, and does nothing`, async () => {
      const { status, json } = await tell(`/registry/${path}`, envelope(action, message));
      assert.deepEqual([status, json.message.ack_status], [200, 'ACK']);
      assert.equal(await holderOf('X-1'), undefined);
      assert.equal(await asking.ground.db.read((reader) => findHeld(reader, CIVIL, 'S-X')), undefined);
    });
  }

  it('takes in a birth that a source tells of, and says in its provenance who told', async () => {
    const { json } = await tell('/crvs/registry/notify', envelope('notify', notification(child('B-1'))));
    assert.equal(json.message.ack_status, 'ACK');
    const person = await holderOf('B-1');
    assert.deepEqual(person?.name, { given: 'Awa', family: 'Ba' });
    assert.deepEqual(person?.provenance, { '*': `dci:${CIVIL}` });
    assert.equal(person?.birthDate, '2026-06-01');
  });

  it('acknowledges a repeat of the same id and message, signed anew, and does not act on it again', async () => {
    const told = envelope('notify', notification(child('B-2')));
    await tell('/registry/notify', told);
    const first = await holderOf('B-2');
    // Somebody corrects it here: a second action would be seen, as it would put the old name back.
    await asking.ground.db.write((tx) =>
      asking.ground.registry.save(
        tx,
        [
          {
            id: first?.id as string,
            draft: {
              kind: 'individual',
              active: true,
              identifiers: first?.identifiers ?? [],
              name: { given: 'Corrected' },
            },
          },
        ],
        'user:clerk',
      ),
    );
    const again = { ...told, header: { ...told.header, message_ts: '2026-06-02T00:00:00Z' } };
    const { status, json } = await tell('/registry/notify', again);
    assert.deepEqual([status, json.message.ack_status], [200, 'ACK']);
    assert.equal((await holderOf('B-2'))?.name?.given, 'Corrected');
  });

  it('refuses a used id with another message, which changes nothing', async () => {
    const told = envelope('notify', notification(child('B-3')));
    await tell('/registry/notify', told);
    const other = await tell('/registry/notify', { ...told, message: notification(child('B-4')) });
    assert.equal(other.status, 400);
    assert.match(other.json.message.error.message, /rjct\.message_id\.duplicate/);
    assert.equal(await holderOf('B-4'), undefined);
  });

  it('acts once on a notification that comes again under another message id', async () => {
    const meta = { subscription_code: 'S-1', notification_id: 'N-1' };
    await tell('/registry/notify', envelope('notify', notification(child('B-5')), { meta }));
    const { json } = await tell('/registry/notify', envelope('notify', notification(child('B-5', 'Other')), { meta }));
    assert.equal(json.message.ack_status, 'ACK');
    assert.equal((await holderOf('B-5'))?.name?.given, 'Awa');
  });

  it('changes nothing, no version and no event, when a record comes a second time', async () => {
    await tell('/registry/notify', envelope('notify', notification(child('B-6'))));
    const { version } = (await holderOf('B-6')) as Individual;
    await tell('/registry/notify', envelope('notify', notification(child('B-6'))));
    assert.equal((await holderOf('B-6'))?.version, version);
  });

  it('reads the other form of a notification, lists of records, and the camel-case records of one peer', async () => {
    const privateForm = {
      subscription_code: 'S-2',
      notification_id: 'N-2',
      notify_event: [
        {
          event_id: 'e',
          event_ts: '2026-06-01T00:00:00Z',
          event_type: 'BIRTH',
          reg_type: 'CRVS',
          event_data: [child('B-7')],
        },
      ],
    };
    await tell('/registry/notify', envelope('notify', privateForm));
    assert.ok(await holderOf('B-7'));
    const camel = {
      identifier: [{ name: 'BRN', identifier: 'B-8' }],
      givenName: 'Moussa',
      familyName: 'Fall',
      birthDate: '2026-06-01',
    };
    await tell('/registry/notify', envelope('notify', notification([camel, child('B-9')])));
    assert.deepEqual((await holderOf('B-8'))?.name, { given: 'Moussa', family: 'Fall' });
    assert.equal((await asking.ground.ledger.find({ subject: 'B-8' })).entries.length, 1);
    assert.ok(await holderOf('B-9'));
  });

  it('does not make a person of an end, which names an identifier only', async () => {
    const ended = notification(
      { identifier: [{ identifier_type: 'BRN', identifier_value: 'B-10' }] },
      { reg_event_type: 'DEREGISTER' },
    );
    const { json } = await tell('/registry/notify', envelope('notify', ended));
    assert.equal(json.message.ack_status, 'ACK');
    assert.equal(await holderOf('B-10'), undefined);
  });

  const end = (value: string, event = 'DEREGISTER', more: object = {}) =>
    notification(
      { identifier: [{ identifier_type: 'BRN', identifier_value: value }], ...more },
      { reg_event_type: event },
    );
  for (const event of ['DEREGISTER', 'DELETE', 'spdci-common:RegistryEventType:Delete']) {
    it(`deactivates, and does not delete, whom its source tells to be gone by ${event}`, async () => {
      const value = `B-end-${event}`;
      await tell('/registry/notify', envelope('notify', notification(child(value))));
      assert.equal((await holderOf(value))?.active, true);
      const { json } = await tell('/registry/notify', envelope('notify', end(value, event)));
      assert.equal(json.message.ack_status, 'ACK');
      const gone = await holderOf(value);
      assert.deepEqual([gone?.active, gone?.name?.given, gone?.provenance['*']], [false, 'Awa', `dci:${CIVIL}`]);
      await tell('/registry/notify', envelope('notify', end(value, event)));
      assert.equal((await holderOf(value))?.version, gone?.version);
    });
  }

  it('does not let a source end a registrant that came from elsewhere, even one it added to', async () => {
    const { db, registry } = asking.ground;
    const identifiers = [{ type: 'birth_certificate', value: 'B-ours' }];
    const draft = { kind: 'individual', active: true, identifiers, name: { given: 'Ours' } } as const;
    await db.write((tx) => registry.save(tx, [{ draft }], 'user:clerk'));
    const type = 'birth_certificate';
    await tell('/registry/notify', envelope('notify', notification(child('B-ours', 'Theirs'))));
    assert.equal((await holderOf('B-ours', type))?.name?.given, 'Theirs');
    const { json } = await tell('/registry/notify', envelope('notify', end('B-ours')));
    assert.equal(json.message.ack_status, 'ACK');
    assert.equal((await holderOf('B-ours', type))?.active, true);
  });

  it('takes in the good records of a message and leaves out the bad', async () => {
    const records = [
      { sex: 'female' },
      child('B-11'),
      { ...child('B-12'), identifier: [{ identifier_type: 'BRN', identifier_value: 'x'.repeat(400) }] },
    ];
    await tell('/registry/notify', envelope('notify', notification(records)));
    assert.ok(await holderOf('B-11'));
    assert.equal(await holderOf('x'.repeat(400)), undefined);
  });

  it('takes in what we searched for, found by its correlation id whatever the transaction id says', async () => {
    const { transactionId, correlationId } = await askLater(true);
    await tell('/crvs/registry/on-search', envelope('search', onSearch('another', correlationId, child('C-1'))));
    const person = await holderOf('C-1');
    const [enrolment] = await asking.ground.programmes.enrolmentsOf([person?.id ?? '']);
    assert.equal(enrolment?.status, 'enrolled');
    const asked = await asking.ground.db.read((reader) => readAsked(reader, transactionId));
    assert.equal(asked?.state, 'answered');
    const [answer] = (await asking.answers(transactionId)).answers;
    assert.deepEqual([answer?.outcome.created, answer?.outcome.failed], [1, 0]);
  });

  it('takes it in by its transaction id where there is no correlation id, and one item where a list belongs', async () => {
    const { transactionId } = await askLater(true);
    const { search_response, ...rest } = onSearch(transactionId, null, [child('C-2')]);
    await tell('/registry/on-search', envelope('on-search', { ...rest, search_response: search_response[0] }));
    assert.ok(await holderOf('C-2'));
  });

  it('shows an answer that was not to be taken in, until it is erased, without touching the registry', async () => {
    const { transactionId, correlationId } = await askLater(false);
    await tell('/registry/on-search', envelope('on-search', onSearch(transactionId, correlationId, [child('C-3')])));
    assert.equal(await holderOf('C-3'), undefined);
    const { asked, answers } = await asking.answers(transactionId);
    assert.deepEqual([asked.state, answers.length], ['answered', 1]);
    assert.ok(JSON.stringify(answers[0]?.message).includes('C-3'));
    await asking.ground.ledger.eraseSubject('C-3');
    const [erased] = (await asking.answers(transactionId)).answers;
    assert.deepEqual([erased?.message, erased?.outcome.left], [undefined, 'not asked for']);
  });

  it('keeps the codes of our subscriptions, wherever the peer puts them, until they end', async () => {
    const subscribe = async (response: object) => {
      asking.other.answer(() => ack('corr'));
      const { transactionId } = await asking.client.subscribe(CIVIL, [{ registry: 'crvs', eventType: 'BIRTH' }]);
      const message = {
        transaction_id: transactionId,
        correlation_id: 'corr-x',
        subscribe_response: [{ reference_id: '1', timestamp: '2026-06-01T00:00:00Z', status: 'succ', ...response }],
      };
      await tell('/crvs/registry/on-subscribe', envelope('on-subscribe', message));
    };
    const held = (code: string) => asking.ground.db.read((reader) => findHeld(reader, CIVIL, code));
    await subscribe({
      subscriptions: [{ code: 'S-3', status: 'subscribe', timestamp: '2026-06-01T00:00:00Z', reg_event_type: 'BIRTH' }],
    });
    await subscribe({ subscription_code: 'S-4' });
    assert.deepEqual(
      [(await held('S-3'))?.eventType, (await held('S-3'))?.registry, (await held('S-4'))?.state],
      ['BIRTH', 'crvs', 'active'],
    );

    asking.other.answer(() => ack('corr'));
    const { transactionId } = await asking.client.unsubscribe(CIVIL, 'crvs', ['S-3', 'S-4']);
    const ended = {
      transaction_id: transactionId,
      correlation_id: 'c',
      timesatmp: '2026-06-01T00:00:00Z',
      status: 'succ',
      subscription_status: [{ code: 'S-3', status: 'unsubscribe' }],
    };
    await tell('/crvs/registry/on-unsubscribe', envelope('on-unsubscribe', ended));
    assert.deepEqual([(await held('S-3'))?.state, (await held('S-4'))?.state], ['ended', 'active']);
  });

  it('does not give one peer’s answer to what was asked of another', async () => {
    const { transactionId, correlationId } = await askLater(true);
    const ids = { transactionId, correlationId: correlationId as string };
    assert.equal(await asking.ground.db.read((reader) => findAsked(reader, 'else.example.org', ids)), undefined);
  });

  it('takes in nothing from a peer that is no source', async () => {
    await asking.ground.peers.update(CIVIL, { source: false });
    await tell('/registry/notify', envelope('notify', notification(child('D-1'))));
    assert.equal(await holderOf('D-1'), undefined);
    await asking.ground.peers.update(CIVIL, { source: true });
  });

  it('refuses what is unsigned, no message, or of another action, in the words of the standard', async () => {
    const told = envelope('notify', notification(child('D-2')));
    assert.equal((await post('/registry/notify', JSON.stringify(told))).status, 401);
    assert.equal((await tell('/registry/notify', { ...told, message: null })).status, 400);
    assert.equal((await tell('/registry/on-search', told)).status, 400);
    assert.equal(await holderOf('D-2'), undefined);
  });

  it('puts message and Ack on the ledger, with the key that verified it, and finds them by whom they name', async () => {
    await tell('/registry/notify', envelope('notify', notification(child('E-1'))));
    const { entries } = await asking.ground.ledger.find({ subject: 'E-1' });
    assert.equal(entries.length, 1);
    const { ok } = await asking.ground.ledger.verify({});
    assert.equal(ok, true);
  });
});
