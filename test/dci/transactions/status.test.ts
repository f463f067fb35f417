import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { sleep } from '../../../src/core/async.ts';
import { type RegistryName, registryNames } from '../../../src/dci/registries/registry.ts';
import { put } from '../../registry/support.ts';
import { describeStore } from '../../support/stores.ts';
import { byId, type Envelope, signString, type TestPeer } from '../peer.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { type Answer, type DciServer, startDciServer } from '../server.ts';
import { assertAckShape, assertCallbackShape, assertReplyShape } from '../shapes.ts';

describeStore('the status of a transaction', ({ database }) => {
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
      identifiers: [{ type: 'national_id', value: 'TEST-001' }],
      name: { given: 'Amina', family: 'Diallo' },
    });
  });
  after(async () => {
    await Promise.all([server.stop(), receiver.stop()]);
  });

  interface Asked {
    readonly transaction: string;
    readonly references: readonly string[];
    readonly correlation: string;
  }
  const search = async (n = 1): Promise<Asked> => {
    const envelope = peer.searchMany(
      Array.from({ length: n }, () => byId('UIN', 'TEST-001')),
      { sender_uri: undefined },
    );
    const message = envelope.message as { transaction_id: string; search_request: { reference_id: string }[] };
    for (const item of message.search_request) item.reference_id = randomUUID();
    const { json } = await server.post('/registry/search', signString(peer, envelope), token);
    return {
      transaction: message.transaction_id,
      references: message.search_request.map(({ reference_id }) => reference_id),
      correlation: json.message.correlation_id,
    };
  };
  const envelope = (request: object, more: Partial<Envelope['header']> = {}, from = peer): Envelope =>
    from.ask(
      'txn-status',
      {
        transaction_id: `status-${randomUUID()}`,
        txnstatus_request: { reference_id: 'ref-9', txn_type: 'search', ...request },
      },
      more,
    );
  const ask = async (
    request: object,
    prefix = '/registry',
    registry: RegistryName = 'social',
  ): Promise<Answer['json']> => {
    const answer = await server.post(`${prefix}/sync/txn/status`, signString(peer, envelope(request)), token);
    assert.equal(answer.status, 200, answer.text);
    assertReplyShape(answer.json, registry);
    return answer.json;
  };
  const byTransaction = (value: string) => ({ attribute_type: 'transaction_id', attribute_value: value });
  const finished = async (asked: Asked): Promise<Answer['json']> => {
    for (const since = Date.now(); Date.now() - since < 10_000; await sleep(20)) {
      const json = await ask(byTransaction(asked.transaction));
      if (json.header.status === 'succ') return json;
    }
    throw new Error('it was not worked on');
  };

  describe('while it is running', () => {
    it('has one pending item for each that was asked, and no data', async () => {
      const asked = await search(2);
      const { header, message } = await ask(byTransaction(asked.transaction));
      assert.equal(header.status, 'pdng');
      assert.deepEqual([header.total_count, header.completed_count], [1, 0]);
      assert.equal(message.txnstatus_response.txn_type, 'search');
      const said = message.txnstatus_response.txn_status;
      assert.equal(said.transaction_id, asked.transaction);
      assert.equal(said.correlation_id, asked.correlation);
      assert.deepEqual(
        said.search_response.map(({ reference_id, status, data }: Record<string, unknown>) => [
          reference_id,
          status,
          data,
        ]),
        asked.references.map((reference) => [reference, 'pdng', undefined]),
      );
    });
  });

  describe('when it is finished', () => {
    let asked: Asked;
    before(async () => {
      asked = await search(2);
      server.startJobs();
      await finished(asked);
    });

    it('is the stored answer, found by each of its ids', async () => {
      for (const [attribute_type, attribute_value] of [
        ['transaction_id', asked.transaction],
        ['correlation_id', asked.correlation],
        ['reference_id_list', asked.references],
        ['reference_id', asked.references[0]],
      ]) {
        const { header, message } = await ask({ attribute_type, attribute_value });
        assert.equal(header.status, 'succ', String(attribute_type));
        const said = message.txnstatus_response.txn_status;
        assert.equal(said.transaction_id, asked.transaction);
        assert.equal(said.correlation_id, asked.correlation);
        assert.equal(said.search_response[0].data.reg_records.length, 1);
        assert.equal(said.search_response.length, attribute_type === 'reference_id' ? 1 : 2);
      }
    });

    it('of references in several transactions tells of each', async () => {
      const other = await search();
      await finished(other);
      const wanted = [asked.references[1], other.references[0]];
      const { message } = await ask({ attribute_type: 'reference_id_list', attribute_value: wanted });
      const said = message.txnstatus_response.txn_status;
      assert.equal(said.correlation_id, other.correlation);
      assert.deepEqual(
        said.search_response.map(({ reference_id }: { reference_id: string }) => reference_id),
        wanted,
      );
    });

    it('fits every registry, and holds records where they may stand', async () => {
      for (const registry of registryNames) {
        const json = await ask(byTransaction(asked.transaction), `/${registry}/registry`, registry);
        const [item] = json.message.txnstatus_response.txn_status.search_response;
        assert.equal(item.data === undefined, registry === 'crvs' || registry === 'fr', registry);
        assert.equal(item.pagination.total_count, 1);
      }
    });

    it('is found without a type, and not under another type', async () => {
      const without = await ask({ ...byTransaction(asked.transaction), txn_type: '' });
      assert.equal(without.message.txnstatus_response.txn_type, 'search');
      assert.equal(without.header.status, 'succ');
      const other = await ask({ ...byTransaction(asked.transaction), txn_type: 'subscribe' });
      assert.equal(other.header.status, 'rjct');
    });

    it('is told to nobody but its sender', async () => {
      const stranger = await server.addPeer(`other-${randomUUID()}.example.org`);
      for (const [attribute_type, attribute_value] of [
        ['transaction_id', asked.transaction],
        ['correlation_id', asked.correlation],
        ['reference_id_list', asked.references],
      ]) {
        const question = envelope({ attribute_type, attribute_value }, {}, stranger.peer);
        const answer = await server.post(
          '/registry/sync/txn/status',
          signString(stranger.peer, question),
          stranger.token,
        );
        assert.equal(answer.json.header.status, 'rjct');
        assert.deepEqual(answer.json.message.txnstatus_response.txn_status.search_response, []);
      }
    });

    it('is called back when it is asked for that way', async () => {
      for (const registry of registryNames) {
        const question = envelope(byTransaction(asked.transaction), { sender_uri: `${receiver.url}/${registry}` });
        const path = `/${registry}/registry/txn/status`;
        const ack = await server.post(path, signString(peer, question), token);
        assertAckShape(ack.json);
      }
      for (const { path, json } of await receiver.count(registryNames.length)) {
        const registry = registryNames.find((name) => path === `/${name}`);
        assert.ok(registry);
        assertCallbackShape(json, registry);
        assert.equal(json.header.action, 'txn-on-status');
        assert.equal(json.header.status, 'succ');
        assert.equal(json.message.txnstatus_response.txn_status.transaction_id, asked.transaction);
      }
    });
  });

  describe('that nobody knows', () => {
    for (const txn_type of ['search', 'subscribe', 'unsubscribe', 'receipt']) {
      it(`says so in the shape of its type: ${txn_type}`, async () => {
        for (const registry of registryNames) {
          for (const attribute of [
            byTransaction('never-used'),
            { attribute_type: 'correlation_id', attribute_value: 'never-used' },
            { attribute_type: 'reference_id_list', attribute_value: ['never-used'] },
            { attribute_type: 'subscription_code_list', attribute_value: ['never-used'] },
          ]) {
            const answer = await server.post(
              `/${registry}/registry/sync/txn/status`,
              signString(peer, envelope({ txn_type, ...attribute })),
              token,
            );
            assert.equal(answer.status, 200);
            assertReplyShape(answer.json, registry);
            assert.equal(answer.json.header.status, 'rjct');
            assert.equal(answer.json.message.txnstatus_response.txn_type, txn_type);
          }
        }
      });
    }
  });
});
