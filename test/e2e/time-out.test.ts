import assert from 'node:assert/strict';
import { sleep } from '../../src/core/async.ts';
import { type Delivery, listDeliveries } from '../../src/delivery/index.ts';
import type { HttpClient } from '../../src/net/index.ts';
import { byId, signString, type TestPeer } from '../dci/peer.ts';
import { acks, type Receiver, startReceiver } from '../dci/receiver.ts';
import { type DciServer, startDciServer } from '../dci/server.ts';
import { unique } from '../registry/support.ts';
import { jsonOf, runCrosswalk, temporaryFolder } from '../support/crosswalk.ts';
import { describeStore } from '../support/stores.ts';

// Ten seconds pass in a fifth of one.
const HASTE = 50;

describeStore('a callback whose receiver hangs', ({ database, url }) => {
  const folder = temporaryFolder();
  const allowed: (number | undefined)[] = [];
  const hasty = (client: HttpClient): HttpClient => ({
    ...client,
    request(request) {
      allowed.push(request.timeoutMs);
      return client.request({ ...request, timeoutMs: (request.timeoutMs ?? 0) / HASTE });
    },
  });
  let server: DciServer;
  let receiver: Receiver;
  let peer: TestPeer;
  let token: string;
  before(async () => {
    server = await startDciServer({ db: database(), jobs: true, http: hasty, retryBaseMs: 60_000 });
    receiver = await startReceiver();
    ({ peer, token } = await server.addPeer(unique('hangs.example.org')));
  });
  after(async () => {
    await receiver.stop();
    await server.stop();
    folder.drop();
  });

  const only = async (): Promise<Delivery> => {
    const [delivery, ...more] = await database().read((reader) => listDeliveries(reader, { limit: 10 }));
    assert.ok(delivery && more.length === 0);
    return delivery;
  };

  it('ends after ten seconds, is due again, listed, and arrives when sent again', async () => {
    receiver.answering = () => {};
    const envelope = peer.search(byId('UIN', 'TEST-001'), { sender_uri: `${receiver.url}/on-search` });
    await server.post('/registry/search', signString(peer, envelope), token);
    await receiver.count(1);
    const began = Date.now();
    while ((await only()).attempts === 0) await sleep(5);
    const took = (Date.now() - began) * HASTE;
    assert.ok(took > 8000 && took < 60_000, `the attempt took ${took} ms`);
    assert.deepEqual(allowed, [10_000]);

    const delivery = await only();
    const error = `${new URL(receiver.url).host} did not answer in time`;
    assert.deepEqual([delivery.state, delivery.attempts, delivery.lastError], ['waiting', 1, error]);
    assert.ok(Math.abs(delivery.due - began - 60_000) < 5000, 'due after the first pause');

    const env = { DATA_DIR: folder.path, DATABASE_URL: url() };
    const [listed] = await jsonOf<Record<string, unknown>[]>(['deliveries', 'list'], env);
    assert.deepEqual(
      [listed?.['id'], listed?.['state'], listed?.['attempts'], listed?.['last_error'], listed?.['next_attempt_at']],
      [delivery.id, 'waiting', 1, error, new Date(delivery.due).toISOString()],
    );
    const { stdout } = await runCrosswalk(['deliveries', 'list'], env);
    assert.match(stdout, /waiting +1 .*did not answer in time/);

    receiver.answering = acks;
    assert.deepEqual(await jsonOf(['deliveries', 'retry', '--id', delivery.id], env), { retried: 1 });
    await receiver.count(2);
    while ((await only()).state !== 'delivered') await sleep(5);
    const [first, second] = receiver.received;
    assert.equal(first?.json.header.message_id, second?.json.header.message_id);
  });
});
