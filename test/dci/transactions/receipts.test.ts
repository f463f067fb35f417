import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { registryNames } from '../../../src/dci/registries/registry.ts';
import { describeStore } from '../../support/stores.ts';
import { type Envelope, signString, type TestPeer } from '../peer.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { type Answer, type DciServer, startDciServer } from '../server.ts';
import { assertAckShape, assertCallbackShape, assertReplyShape } from '../shapes.ts';

describeStore('receipts', ({ database }) => {
  let server: DciServer;
  let receiver: Receiver;
  let peer: TestPeer;
  let token: string;

  before(async () => {
    server = await startDciServer({ db: database(), jobs: true });
    receiver = await startReceiver();
    ({ peer, token } = await server.addPeer('spmis.example.org'));
  });
  after(async () => {
    await Promise.all([server.stop(), receiver.stop()]);
  });

  const receipt = (more: Partial<Envelope['header']> = {}): Envelope =>
    peer.ask(
      'receipt',
      {
        transaction_id: `receipt-${randomUUID()}`,
        receipt_information: {
          receipt_type: 'notification',
          notification_id: 'NOTIF-1',
          subscription_code: 'SUB-1',
          received_at: '2025-01-15T11:00:01Z',
        },
      },
      more,
    );
  const transactionOf = ({ message }: Envelope) => (message as { transaction_id: string }).transaction_id;
  const statusOf = async (asked: Envelope): Promise<Answer['json']> => {
    const status = peer.ask('txn-status', {
      transaction_id: `status-${randomUUID()}`,
      txnstatus_request: {
        reference_id: 'ref-9',
        txn_type: 'receipt',
        attribute_type: 'transaction_id',
        attribute_value: transactionOf(asked),
      },
    });
    const { json } = await server.post('/registry/sync/txn/status', signString(peer, status), token);
    assertReplyShape(json, 'social');
    return json;
  };

  it('are confirmed at once in every registry, and kept', async () => {
    for (const registry of registryNames) {
      const asked = receipt();
      const answer = await server.post(`/${registry}/registry/sync/receipt`, signString(peer, asked), token);
      assert.equal(answer.status, 200, answer.text);
      assertReplyShape(answer.json, registry);
      const { header, message } = answer.json;
      assert.deepEqual([header.action, header.status], ['on-receipt', 'succ']);
      assert.equal(message.transaction_id, transactionOf(asked));
      assert.equal(message.receipt_response[0].reference_id, 'NOTIF-1');
      const status = await statusOf(asked);
      assert.equal(status.header.status, 'succ');
      const said = status.message.txnstatus_response.txn_status;
      assert.equal(said.transaction_id, transactionOf(asked));
      assert.equal(said.receipt_information.receipt_type, 'notification');
    }
  });

  it('are acknowledged and confirmed later in every registry', async () => {
    for (const registry of registryNames) {
      const asked = receipt({ sender_uri: `${receiver.url}/${registry}` });
      const { status, json } = await server.post(`/${registry}/registry/receipt`, signString(peer, asked), token);
      assert.equal(status, 200);
      assertAckShape(json, registry);
    }
    for (const { json, path } of await receiver.count(registryNames.length)) {
      const registry = registryNames.find((name) => path === `/${name}`);
      assert.ok(registry);
      assertCallbackShape(json, registry);
      assert.equal(json.message.receipt_response[0].status, 'succ');
    }
  });

  it('are refused, and kept no second time, when the message was accepted before', async () => {
    const asked = signString(peer, receipt());
    const first = await server.post('/registry/sync/receipt', asked, token);
    assert.equal(first.json.header.status, 'succ');
    const again = await server.post('/registry/sync/receipt', asked, token);
    assert.equal(again.status, 200);
    assertReplyShape(again.json, 'social');
    assert.equal(again.json.header.status_reason_code, 'rjct.message_id.duplicate');
    const status = await statusOf(asked);
    const kept = status.message.txnstatus_response.txn_status;
    assert.equal(kept.receipt_information.notification_id, 'NOTIF-1');
  });

  it('of an unknown kind are refused', async () => {
    const asked = receipt();
    (asked.message as { receipt_information: object }).receipt_information = { receipt_type: 'love' };
    const { status, json } = await server.post('/registry/sync/receipt', signString(peer, asked), token);
    assert.equal(status, 400);
    assertAckShape(json);
  });
});
