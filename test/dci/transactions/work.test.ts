import assert from 'node:assert/strict';
import { sleep } from '../../../src/core/async.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/log.ts';
import { listDeliveries } from '../../../src/delivery/index.ts';
import { createRegistry } from '../../../src/registry/index.ts';
import { describeStore } from '../../support/stores.ts';
import { byId, type Envelope, signString, type TestPeer } from '../peer.ts';
import { acks, type Receiver, startReceiver } from '../receiver.ts';
import { type DciServer, startDciServer } from '../server.ts';
import { assertCallbackShape } from '../shapes.ts';

describeStore('work on asynchronous messages', ({ database }) => {
  let server: DciServer;
  let receiver: Receiver;
  let peer: TestPeer;
  let token: string;
  let failures: number;

  before(async () => {
    const registry = createRegistry({ db: database(), clock: systemClock, log: silentLogger });
    server = await startDciServer({
      db: database(),
      jobs: true,
      deps: {
        registry: {
          ...registry,
          search(searches) {
            failures -= 1;
            return failures >= 0 ? Promise.reject(new Error('the disk is on fire')) : registry.search(searches);
          },
        },
      },
    });
    ({ peer, token } = await server.addPeer('spmis.example.org'));
  });
  after(() => server.stop());
  beforeEach(async () => {
    receiver = await startReceiver();
    failures = 0;
  });
  afterEach(() => receiver.stop());

  const ask = async (envelope: Envelope, from = { peer, token }): Promise<string> => {
    const { json } = await server.post('/registry/search', signString(from.peer, envelope), from.token);
    assert.equal(json.message.ack_status, 'ACK');
    return json.message.correlation_id;
  };
  const question = (from = peer) => from.search(byId('UIN', 'TEST-001'), { sender_uri: `${receiver.url}/on-search` });

  it('is tried again when it fails, and called back once', async () => {
    failures = 2;
    const correlation = await ask(question());
    const [call] = await receiver.count(1);
    assertCallbackShape(call?.json, 'social');
    assert.equal(call?.json.message.correlation_id, correlation);
    assert.equal(call?.json.header.status, 'succ');
    await sleep(100);
    assert.equal(receiver.received.length, 1);
  });

  it('that fails for good is told in the callback, not lost', async () => {
    failures = 1000;
    const correlation = await ask(question());
    const [call] = await receiver.count(1);
    assertCallbackShape(call?.json, 'social');
    assert.equal(call?.json.message.correlation_id, correlation);
    assert.equal(call?.json.header.status, 'rjct');
    assert.deepEqual(call?.json.message.search_response, []);
    assert.ok(!JSON.stringify(call?.json).includes('fire'));
  });

  it('ends for a sender that was revoked: nothing is sent to it any more', async () => {
    const other = await server.addPeer('revoked.example.org');
    receiver.answering = (response) => response.writeHead(503).end();
    const correlation = await ask(question(other.peer), other);
    await receiver.count(1);
    await server.peers.revoke('revoked.example.org');
    const delivery = async () => {
      const all = await database().read((reader) => listDeliveries(reader, { limit: 100 }));
      return all.find(({ id }) => id === correlation);
    };
    while ((await delivery())?.state === 'waiting') await sleep(20);
    assert.deepEqual([(await delivery())?.state, (await delivery())?.lastError], ['dead', 'the peer was revoked']);
  });

  it('is answered encrypted where the peer wants it so, with the same bytes in each attempt', async () => {
    let sealings = 0;
    const made = { header: { alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: 'e-1' }, encrypted_key: '', iv: '', tag: '' };
    const own = await startDciServer({
      jobs: true,
      deps: {
        encryptMessage: async () => {
          sealings += 1;
          return { ...made, ciphertext: String(sealings) };
        },
      },
    });
    const other = await own.addPeer('secret.example.org', { encrypt: true });
    receiver.answering = (response, received, nth) => {
      if (nth < 3) response.writeHead(503).end();
      else acks(response, received, nth);
    };
    const { status } = await own.post('/registry/search', signString(other.peer, question(other.peer)), other.token);
    assert.equal(status, 200);
    for (const { json } of await receiver.count(3)) {
      assertCallbackShape(json, 'social');
      assert.equal(json.header.is_msg_encrypted, true);
      assert.deepEqual(json.message, { ...made, ciphertext: '1' });
    }
    await own.stop();
  });
});
