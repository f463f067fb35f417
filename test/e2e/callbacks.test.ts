import assert from 'node:assert/strict';
import { sleep } from '../../src/core/async.ts';
import { byId, createTestPeer } from '../dci/peer.ts';
import { acks, type Receiver, startReceiver } from '../dci/receiver.ts';
import { assertCallbackShape } from '../dci/shapes.ts';
import { jsonOf, runCrosswalk, type ServedCrosswalk, serveCrosswalk, temporaryFolder } from '../support/crosswalk.ts';
import { backends, type TestDatabase } from '../support/stores.ts';

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly url: string;
  readonly last_error?: string;
}

for (const backend of backends) {
  describe(`callbacks of a real process (${backend.name})`, function () {
    this.timeout(120_000);
    if (backend.skip) {
      it('run when TEST_DATABASE_URL is set');
      return;
    }
    const folder = temporaryFolder();
    const peer = createTestPeer('spmis.example.org');
    let test: TestDatabase;
    let receiver: Receiver;
    let server: ServedCrosswalk;
    let token: string;
    let env: Record<string, string>;

    before(async () => {
      test = await backend.fresh();
      receiver = await startReceiver();
      env = {
        DATA_DIR: folder.path,
        DATABASE_URL: test.url,
        DCI_SIGNATURES: 'permissive',
        DCI_ALLOW_PRIVATE_CALLBACKS: 'true',
        DELIVERY_RETRY_BASE_MS: '10',
      };
      ({ token } = await jsonOf<{ token: string }>(['peer', 'add', '--sender-id', peer.senderId], env));
    });
    beforeEach(async () => {
      receiver.answering = acks;
      receiver.received.length = 0;
      server = await serveCrosswalk(env);
    });
    afterEach(async () => {
      await server.end('SIGKILL');
    });
    after(async () => {
      await receiver.stop();
      await test.drop();
      folder.drop();
    });

    /** Sends a search; answers the correlation id of its Ack. */
    const search = async (): Promise<string> => {
      const envelope = peer.search(byId('UIN', 'TEST-001'), { sender_uri: `${receiver.url}/on-search` });
      const response = await fetch(`${server.url}/registry/search`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}` },
        body: JSON.stringify({ signature: 'unsigned-stub', ...envelope }),
      });
      const { message } = (await response.json()) as { message: { ack_status: string; correlation_id: string } };
      assert.equal(message.ack_status, 'ACK');
      return message.correlation_id;
    };
    const restart = async (): Promise<void> => {
      await server.end('SIGKILL');
      server = await serveCrosswalk(env);
    };
    /** Every acknowledged search was called back, and all calls for one of them are one message. */
    const assertEachOnce = async (acknowledged: readonly string[]): Promise<void> => {
      const called = (): Map<string, Set<string>> => {
        const ids = new Map<string, Set<string>>();
        for (const { json } of receiver.received) {
          const known = ids.get(json.message.correlation_id) ?? new Set();
          ids.set(json.message.correlation_id, known.add(json.header.message_id));
        }
        return ids;
      };
      for (const since = Date.now(); Date.now() - since < 15_000; await sleep(20)) {
        if (acknowledged.every((id) => called().has(id))) break;
      }
      const ids = called();
      for (const id of acknowledged) assert.equal(ids.get(id)?.size, 1, `${id}: ${ids.get(id)?.size} messages`);
      for (const { json } of receiver.received) assertCallbackShape(json, 'social');
    };

    it('that nobody takes are listed with the reason, counted, and sent again on demand', async () => {
      receiver.answering = (response) => response.writeHead(503).end();
      const id = await search();
      const dead = async (): Promise<string> => {
        const metrics = await (await fetch(`${server.url}/metrics`)).text();
        return /^crosswalk_deliveries\{state="dead"\} (\d+)$/m.exec(metrics)?.[1] ?? '';
      };
      for (const since = Date.now(); (await dead()) !== '1' && Date.now() - since < 15_000; ) await sleep(50);
      assert.equal(await dead(), '1');
      const listed = await jsonOf<Listed[]>(['deliveries', 'list', '--dead'], env);
      assert.deepEqual(
        listed.map(({ id, state, attempts, url, last_error }) => [id, state, attempts, url, last_error]),
        [[id, 'dead', 8, `${receiver.url}/on-search`, 'HTTP 503']],
      );
      receiver.answering = acks;
      assert.deepEqual(await jsonOf(['deliveries', 'retry', '--id', id], env), { retried: 1 });
      await receiver.count(9);
      await assertEachOnce([id]);
      for (const since = Date.now(); (await dead()) !== '0' && Date.now() - since < 5000; ) await sleep(50);
      assert.equal(await dead(), '0');
      const unknown = await runCrosswalk(['deliveries', 'retry', '--id', id], env);
      assert.deepEqual([unknown.status, /that waits or was given up/.test(unknown.stderr)], [1, true]);
    });

    it('come after a SIGKILL between Ack and callback, one message each', async () => {
      const acknowledged: string[] = [];
      const asking = Array.from({ length: 30 }, async () => {
        try {
          acknowledged.push(await search());
        } catch {
          // The process was killed before it answered: nothing was promised.
        }
      });
      while (acknowledged.length < 5) await sleep(1);
      await restart();
      await Promise.all(asking);
      await assertEachOnce(acknowledged);
    });

    it('come after a SIGKILL during delivery, as the same message', async () => {
      receiver.answering = () => {};
      const acknowledged = await Promise.all(Array.from({ length: 6 }, search));
      await receiver.count(3);
      receiver.answering = acks;
      await restart();
      // Nobody answered the first time, so every one of them has to come again.
      const before = receiver.received.length;
      const missing = (): string[] => {
        const again = receiver.received.slice(before).map(({ json }) => json.message.correlation_id);
        return acknowledged.filter((id) => !again.includes(id));
      };
      for (const since = Date.now(); missing().length > 0 && Date.now() - since < 15_000; ) await sleep(20);
      assert.deepEqual(missing(), []);
      await assertEachOnce(acknowledged);
    });
  });
}
