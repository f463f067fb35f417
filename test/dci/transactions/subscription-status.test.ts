import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { sleep } from '../../../src/core/async.ts';
import { registryNames } from '../../../src/dci/registries/registry.ts';
import { describeStore } from '../../support/stores.ts';
import { type Envelope, signString, type TestPeer } from '../peer.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { type Answer, type DciServer, startDciServer } from '../server.ts';
import { assertAckShape, assertCallbackShape, assertReplyShape } from '../shapes.ts';

describeStore('the status of subscribing and unsubscribing', ({ database }) => {
  let server: DciServer;
  let receiver: Receiver;
  let peer: TestPeer;
  let token: string;

  before(async () => {
    server = await startDciServer({ db: database() });
    receiver = await startReceiver();
    ({ peer, token } = await server.addPeer('sp.example.org'));
  });
  after(async () => {
    await Promise.all([server.stop(), receiver.stop()]);
  });

  const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;
  const send = async (path: string, envelope: Envelope): Promise<Answer['json']> => {
    const answer = await server.post(path, signString(peer, envelope), token);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
  };
  const transactionOf = ({ message }: Envelope) => (message as { transaction_id: string }).transaction_id;

  const subscribe = async (uin: string): Promise<{ transaction: string; reference: string; correlation: string }> => {
    const reference = randomUUID();
    const asked = peer.ask(
      'subscribe',
      {
        transaction_id: `txn-${randomUUID()}`,
        subscribe_request: [
          {
            reference_id: reference,
            timestamp: now(),
            subscribe_criteria: {
              reg_event_type: 'REGISTER',
              filter_type: 'idtype-value',
              filter: { type: 'UIN', value: uin },
              notify_record_type: 'Member',
            },
          },
        ],
      },
      { sender_uri: `${receiver.url}/on-subscribe` },
    );
    const ack = await send('/registry/subscribe', asked);
    assertAckShape(ack);
    return { transaction: transactionOf(asked), reference, correlation: ack.message.correlation_id };
  };
  const unsubscribe = async (codes: readonly string[]): Promise<string> => {
    const asked = peer.ask(
      'unsubscribe',
      { transaction_id: `txn-${randomUUID()}`, timestamp: now(), subscription_codes: codes },
      { sender_uri: `${receiver.url}/on-unsubscribe` },
    );
    assertAckShape(await send('/registry/unsubscribe', asked));
    return transactionOf(asked);
  };
  const status = async (request: object, registry = 'social'): Promise<Answer['json']> => {
    const asked = peer.ask('txn-status', {
      transaction_id: `status-${randomUUID()}`,
      txnstatus_request: { reference_id: 'ref-9', ...request },
    });
    const json = await send(`/${registry}/registry/sync/txn/status`, asked);
    assertReplyShape(json, registry as (typeof registryNames)[number]);
    return json;
  };
  const byTransaction = (txn_type: string, attribute_value: string) => ({
    txn_type,
    attribute_type: 'transaction_id',
    attribute_value,
  });
  const finished = async (txn_type: string, transaction: string): Promise<Answer['json']> => {
    for (const since = Date.now(); Date.now() - since < 10_000; await sleep(20)) {
      const json = await status(byTransaction(txn_type, transaction));
      if (json.header.status !== 'pdng') return json;
    }
    throw new Error('it was not worked on');
  };

  it('says that they are pending while nobody worked on them', async () => {
    const asked = await subscribe('RUNNING');
    const transaction = await unsubscribe(['SUB-RUNNING']);
    for (const registry of registryNames) {
      const running = await status(byTransaction('subscribe', asked.transaction), registry);
      assert.equal(running.header.status, 'pdng');
      assert.deepEqual(
        running.message.txnstatus_response.txn_status.subscribe_response.map((item: Record<string, unknown>) => [
          item['reference_id'],
          item['status'],
        ]),
        [[asked.reference, 'pdng']],
      );
      const ending = await status(byTransaction('unsubscribe', transaction), registry);
      assert.equal(ending.message.txnstatus_response.txn_status.status, 'pdng');
    }
    server.startJobs();
    await receiver.count(2);
    receiver.received.length = 0;
  });

  it('is the stored answer, in every registry, by transaction, reference, correlation and code', async () => {
    const asked = await subscribe('TEST-001');
    const [call] = await receiver.count(1);
    assertCallbackShape(call?.json, 'social');
    const code = call?.json.message.subscribe_response[0].subscriptions[0].code;
    await finished('subscribe', asked.transaction);
    for (const registry of registryNames) {
      for (const [attribute_type, attribute_value] of [
        ['transaction_id', asked.transaction],
        ['correlation_id', asked.correlation],
        ['reference_id_list', [asked.reference]],
        ['subscription_code_list', [code]],
      ]) {
        const json = await status({ txn_type: 'subscribe', attribute_type, attribute_value }, registry);
        assert.equal(json.header.status, 'succ');
        assert.equal(json.message.txnstatus_response.txn_type, 'subscribe');
        assert.deepEqual(json.message.txnstatus_response.txn_status, call?.json.message);
      }
    }
    const transaction = await unsubscribe([code]);
    await finished('unsubscribe', transaction);
    for (const registry of registryNames) {
      const json = await status(byTransaction('unsubscribe', transaction), registry);
      const said = json.message.txnstatus_response.txn_status;
      assert.equal(said.status, 'succ');
      assert.deepEqual(said.subscription_status, [{ code, status: 'unsubscribe' }]);
    }
    const byCode = await status({ attribute_type: 'subscription_code_list', attribute_value: [code] });
    assert.equal(byCode.message.txnstatus_response.txn_type, 'unsubscribe', 'the last word about the code');
  });
});
