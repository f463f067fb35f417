import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sleep } from '../../src/core/async.ts';
import { NOTIFY } from '../../src/dci/subscriptions/notification.ts';
import { type Delivery, enqueue, HELD, listDeliveries } from '../../src/delivery/index.ts';
import { readBySql } from '../ledger/raw.ts';
import { put } from '../registry/support.ts';
import { describeStore } from '../support/stores.ts';
import { byId, signString, type TestPeer } from './peer.ts';
import { acks, type Receiver, startReceiver } from './receiver.ts';
import { type DciServer, startDciServer } from './server.ts';
import { assertReplyShape } from './shapes.ts';

// Nobody in the registry: whatever holds it got it from a message.
const UNKNOWN = 'ZQ-Aminata-4711';
const HERS = 'ZQ-HERS-4712';

describeStore('erasing what is kept of asynchronous messages', ({ database, url }) => {
  let server: DciServer;
  let receiver: Receiver;
  let peer: TestPeer;
  let token: string;

  before(async () => {
    server = await startDciServer({ db: database() });
    receiver = await startReceiver();
    ({ peer, token } = await server.addPeer('spmis.example.org'));
    await put(database(), server.registry, {
      kind: 'individual',
      active: true,
      identifiers: [{ type: 'national_id', value: HERS }],
      name: { given: 'Zuleika', family: 'Quist' },
    });
  });
  after(async () => {
    await Promise.all([server.stop(), receiver.stop()]);
  });

  const post = async (criteria: object, senderUri?: string): Promise<string> => {
    const envelope = peer.searchMany([criteria as never], { sender_uri: senderUri });
    const { status, text } = await server.post('/registry/search', signString(peer, envelope), token);
    assert.equal(status, 200, text);
    return (envelope.message as { transaction_id: string }).transaction_id;
  };
  const statusOf = async (transaction: string) => {
    const request = { reference_id: 'r', txn_type: 'search', attribute_type: 'transaction_id' };
    const asked = peer.ask('txn-status', {
      transaction_id: `status-${transaction}`,
      txnstatus_request: { ...request, attribute_value: transaction },
    });
    const { json } = await server.post('/registry/sync/txn/status', signString(peer, asked), token);
    assertReplyShape(json, 'social');
    return json;
  };
  const answered = async (transaction: string) => {
    for (const since = Date.now(); Date.now() - since < 10_000; await sleep(20)) {
      const json = await statusOf(transaction);
      if (json.header.status === 'succ') return json;
    }
    throw new Error('it was not worked on');
  };
  const deliveries = async (): Promise<readonly Delivery[]> =>
    await database().read((reader) => listDeliveries(reader, { limit: 100 }));
  const holdNotification = (id: string, value: string, subject = 'S-1'): Promise<void> => {
    const event = { data: { reg_records: { identifier: [{ identifier_type: 'UIN', identifier_value: value }] } } };
    const payload = { code: 'S-1', messageId: id, meta: {}, message: { transaction_id: id, notify_event: [event] } };
    const draft = {
      id,
      kind: NOTIFY,
      recipient: 'spmis.example.org',
      url: 'https://sp.example.org/',
      subject,
      payload,
    };
    return database().write((tx) => enqueue(tx, [{ ...draft, due: HELD }], Date.now()));
  };
  const tablesHold = async (text: string): Promise<boolean> => {
    const rows = await readBySql<object>(
      url(),
      'select question as a, reply as b from dci_transactions union all select payload, subject from deliveries',
    );
    return JSON.stringify(rows).includes(text);
  };
  const filesHold = (text: string): boolean => {
    const path = url().slice('sqlite:'.length);
    return readdirSync(dirname(path)).some((name) => readFileSync(join(dirname(path), name)).includes(text));
  };

  it('abandons a question that still waits for its answer', async () => {
    const transaction = await post(byId('UIN', 'ZQ-WAITS'));
    assert.equal((await statusOf(transaction)).header.status, 'pdng');
    assert.equal((await server.ledger.eraseSubject('zq-waits')).copies, 1);
    assert.equal(await tablesHold('ZQ-WAITS'), false);
    assert.equal((await statusOf(transaction)).header.status, 'rjct');
  });

  it('removes questions, answers and notifications that name a person, and tells the status without data', async () => {
    server.startJobs();
    const hers = await post(byId('UIN', HERS));
    const unknown = await post(byId('UIN', UNKNOWN));
    const other = await post(byId('UIN', 'ZQ-OTHER'));
    await answered(unknown);
    await answered(other);
    const before = await answered(hers);
    assert.ok(JSON.stringify(before).includes('Zuleika'));
    await holdNotification('n-unknown', UNKNOWN);
    await holdNotification('n-other', 'ZQ-OTHER');
    if (url().startsWith('sqlite:')) assert.ok(filesHold(UNKNOWN));

    const outcome = await server.ledger.eraseSubject(` ${UNKNOWN.toLowerCase()} `);
    assert.deepEqual([outcome.copies, outcome.purged], [2, true]);
    assert.equal((await server.ledger.eraseSubject(HERS)).copies, 1);
    assert.equal(await tablesHold(UNKNOWN), false);
    assert.equal(await tablesHold('Zuleika'), false);
    if (url().startsWith('sqlite:')) assert.equal(filesHold(UNKNOWN), false);

    const { header, message } = await statusOf(hers);
    const [item, ...more] = message.txnstatus_response.txn_status.search_response;
    assert.deepEqual([header.status, item.status, item.data, more], ['succ', 'succ', undefined, []]);
    assert.equal(await tablesHold('ZQ-OTHER'), true);
    const left = (await deliveries()).filter(({ kind }) => kind === NOTIFY);
    assert.deepEqual(
      left.map(({ id }) => id),
      ['n-other'],
    );
    assert.deepEqual((await server.ledger.verify()).problems, []);
  });

  it('sends no answer that was erased between two attempts', async () => {
    receiver.answering = (response) => {
      void server.ledger.eraseSubject(HERS).then(() => {
        response.writeHead(503);
        response.end();
      });
    };
    await post(byId('UIN', HERS), `${receiver.url}/registry/on-search`);
    let callback: Delivery | undefined;
    for (let i = 0; i < 500 && callback?.state !== 'dead'; i += 1) {
      await sleep(10);
      callback = (await deliveries()).find(({ kind }) => kind === 'dci.callback');
    }
    assert.deepEqual([callback?.state, callback?.lastError], ['dead', 'the answer was erased']);
    assert.equal(receiver.received.length, 1);
  });

  it('ends subscriptions that name the person, removes what they asked for, and leaves others alone', async () => {
    const subscribe = async (...filters: readonly object[]): Promise<string[]> => {
      const subscribe_request = filters.map((filter, at) => ({
        reference_id: `r-${at}`,
        timestamp: new Date().toISOString(),
        subscribe_criteria: { reg_event_type: 'REGISTER', filter, notify_record_type: 'Member' },
      }));
      const before = receiver.received.length;
      const asked = peer.ask('subscribe', { transaction_id: `s-${filters.length}-${before}`, subscribe_request });
      Object.assign(asked.header, { sender_uri: `${receiver.url}/registry/on-subscribe` });
      const { status, text } = await server.post('/registry/subscribe', signString(peer, asked), token);
      assert.equal(status, 200, text);
      const [answer] = (await receiver.count(before + 1)).slice(before);
      return answer?.json.message.subscribe_response.map((one: never) => one['subscriptions'][0]['code']);
    };
    receiver.answering = acks;
    const named = { type: 'UIN', value: 'ZQ-WATCHED' };
    const predicate = [
      { expression1: { attribute_name: 'identifier_value', operator: 'eq', attribute_value: 'zq-watched' } },
    ];
    const other = { type: 'UIN', value: 'ZQ-SOMEBODY' };
    const [first, second, third] = await subscribe(named, predicate, other);
    const kept = async () =>
      JSON.stringify(await readBySql<object>(url(), 'select code, status, query, item from dci_subscriptions'));
    assert.ok((await kept()).includes('ZQ-WATCHED'));
    await holdNotification('n-watched', 'ZQ-ANYBODY', first);
    const { copies } = await server.ledger.eraseSubject('ZQ-WATCHED');
    assert.ok(copies >= 3, `${copies} copies: two subscriptions and the question`);
    assert.ok(!(await kept()).toLowerCase().includes('zq-watched'));
    const rows = await readBySql<{ code: string; status: string }>(url(), 'select code, status from dci_subscriptions');
    const statusOfCode = (code: string | undefined) => rows.find((row) => row.code === code)?.status;
    assert.deepEqual([first, second, third].map(statusOfCode), ['ended', 'ended', 'active']);
    assert.ok(!(await deliveries()).some(({ id }) => id === 'n-watched'), 'what it still had to tell is taken back');
    assert.equal((await server.ledger.eraseSubject('ZQ-WATCHED')).copies, 0);
  });

  it('removes them by age, notifications with the messages we sent', async () => {
    await holdNotification('n-old', 'ZQ-OLD');
    const old = await post(byId('UIN', HERS));
    await answered(old);
    await sleep(5);
    const limit = new Date().toISOString();
    await sleep(5);
    const young = await post(byId('UIN', HERS));
    await answered(young);
    assert.ok((await server.ledger.pruneBodies('in', limit)).copies >= 2);
    assert.equal((await statusOf(old)).message.txnstatus_response.txn_status.search_response[0].data, undefined);
    assert.ok(JSON.stringify(await statusOf(young)).includes('Zuleika'));
    assert.equal(await tablesHold('ZQ-OLD'), true);
    assert.equal((await server.ledger.pruneBodies('out', limit)).copies, 2);
    assert.equal(await tablesHold('ZQ-OLD'), false);
    assert.equal((await server.ledger.pruneBodies('out', limit)).copies, 0);
  });
});
