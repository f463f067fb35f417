import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../../src/core/async.ts';
import type { Registry } from '../../src/registry/index.ts';
import type { Database } from '../../src/storage/index.ts';
import { createTestPeer } from '../dci/peer.ts';
import { acks, type Receiver, startReceiver } from '../dci/receiver.ts';
import { assertCallbackShape } from '../dci/shapes.ts';
import { BY, person, put, registryOn } from '../registry/support.ts';
import { jsonOf, runCrosswalk, type ServedCrosswalk, serveCrosswalk, temporaryFolder } from '../support/crosswalk.ts';
import { backends, type TestDatabase } from '../support/stores.ts';

interface Listed {
  readonly code: string;
  readonly status: string;
  readonly paused_reason?: string;
}

for (const backend of backends) {
  describe(`notifications of a real process (${backend.name})`, function () {
    this.timeout(180_000);
    if (backend.skip) {
      it('run when TEST_DATABASE_URL is set');
      return;
    }
    const folder = temporaryFolder();
    const peer = createTestPeer('sp.example.org');
    let test: TestDatabase;
    let db: Database;
    let registry: Registry;
    let receiver: Receiver;
    let server: ServedCrosswalk;
    let token: string;
    let env: Record<string, string>;
    let codes: string[] = [];

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
      db = await test.open();
      registry = registryOn(db, Date.now);
    });
    beforeEach(async () => {
      receiver.answering = acks;
      receiver.received.length = 0;
      server = await serveCrosswalk(env);
    });
    afterEach(async () => {
      await ask('unsubscribe', { timestamp: new Date().toISOString(), subscription_codes: codes });
      codes = [];
      await server.end('SIGKILL');
    });
    after(async () => {
      await receiver.stop();
      await db.close();
      await test.drop();
      folder.drop();
    });

    // What was under way when an earlier test ended may still come: it is of another subscription.
    const calls = (action: string) =>
      receiver.received.filter(
        ({ json: { header } }) =>
          header.action === action && (action !== 'notify' || codes.includes(header.meta.subscription_code)),
      );
    const until = async (holds: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> => {
      for (const since = Date.now(); !(await holds()); await sleep(20)) {
        if (Date.now() - since > ms) throw new Error('it did not come to that');
      }
    };
    /**
     * Asks, and waits for the answer to this very question: a kill may have kept the server from noting that an earlier
     * test's callback arrived, and then that one comes again.
     */
    const ask = async (action: string, message: object): Promise<Receiver['received'][number]['json']> => {
      const transaction_id = randomUUID();
      const response = await fetch(`${server.url}/registry/${action}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}` },
        body: JSON.stringify({
          signature: 'unsigned-stub',
          header: {
            version: '1.0.0',
            message_id: randomUUID(),
            message_ts: new Date().toISOString(),
            action,
            sender_id: peer.senderId,
            sender_uri: `${receiver.url}/registry/on-${action}`,
            total_count: 1,
          },
          message: { transaction_id, ...message },
        }),
      });
      assert.equal(response.status, 200);
      const answer = () => calls(`on-${action}`).find(({ json }) => json.message.transaction_id === transaction_id);
      await until(() => answer() !== undefined);
      return answer()?.json;
    };
    const subscribe = async (reg_event_type: string): Promise<string> => {
      const filter = { type: '*', value: '*' };
      const subscribe_criteria = { reg_event_type, filter, notify_record_type: 'Member' };
      const item = { reference_id: '1', timestamp: new Date().toISOString(), subscribe_criteria };
      const { message } = await ask('subscribe', { subscribe_request: [item] });
      const { code } = message.subscribe_response[0].subscriptions[0];
      codes.push(code);
      return code;
    };
    const restart = async (): Promise<void> => {
      await server.end('SIGKILL');
      server = await serveCrosswalk(env);
    };
    /** Gives persons new names, `N1` to `Nn`, each change in a commit of its own. */
    const rename = async (ids: readonly string[], from: number, to: number): Promise<void> => {
      for (let n = from; n <= to; n += 1) {
        for (const id of ids) {
          const identifiers = [{ type: 'national_id', value: id }];
          const draft = person(`N${n}`, { identifiers });
          await db.write((tx) => registry.save(tx, [{ id, draft }], BY));
        }
      }
    };
    /** The names of each person in the order in which they were first told. */
    const told = (): Map<string, string[]> => {
      const names = new Map<string, string[]>();
      for (const { json } of calls('notify')) {
        for (const { data } of json.message.notify_event) {
          const { member_identifier: list, demographic_info: who } = data.reg_records;
          const key = list[0].identifier_value;
          const known = names.get(key) ?? [];
          if (!known.includes(who.name.given_name)) known.push(who.name.given_name);
          names.set(key, known);
        }
      }
      return names;
    };
    /** Each change was told by one notification, however often it was sent, and each person's in order. */
    const assertAllTold = async (ids: readonly string[], last: number): Promise<void> => {
      const wanted = Array.from({ length: last }, (_, i) => `N${i + 1}`);
      await until(() => ids.every((id) => told().get(id)?.length === last), 40_000);
      for (const id of ids) assert.deepEqual(told().get(id), wanted);
      const distinct = new Map<string, Set<string>>();
      for (const { json } of calls('notify')) {
        const [event] = json.message.notify_event;
        const { member_identifier: list, demographic_info: who } = event.data.reg_records;
        const change = `${list[0].identifier_value} ${who.name.given_name}`;
        const ids = distinct.get(change) ?? new Set();
        distinct.set(change, ids.add(`${json.header.meta.notification_id} ${json.header.message_id}`));
        assertCallbackShape(json, 'social');
      }
      for (const [change, messages] of distinct) assert.equal(messages.size, 1, change);
      assert.equal(distinct.size, ids.length * last);
    };

    it('come within two seconds after a command has ended', async () => {
      await subscribe('REGISTER');
      const file = join(folder.path, 'people.ndjson');
      const people = Array.from({ length: 20 }, (_, i) => ({
        type: 'Individual',
        identifier: [{ system: 'urn:openspp:vocab:id-type#national_id', value: `IMPORT-${i}` }],
        name: { given: `I${i}`, family: 'Diallo' },
      }));
      writeFileSync(file, people.map((one) => JSON.stringify(one)).join('\n'));
      await jsonOf(['import', file], env);
      const ended = Date.now();
      await until(() => calls('notify').length >= 20);
      assert.equal(calls('notify').length, 20);
      const last = Math.max(...calls('notify').map(({ at }) => at));
      assert.ok(last - ended < 2000, `${last - ended} ms`);
    });

    it('of changes that a SIGKILL followed at once arrive after the restart, once and in order', async () => {
      await subscribe('UPDATE');
      const ids = await put(db, registry, person('A'), person('B'), person('C'));
      await server.end('SIGKILL');
      await rename(ids, 1, 2);
      server = await serveCrosswalk(env);
      await rename(ids, 3, 4);
      await restart();
      await assertAllTold(ids, 4);
    });

    it('that a SIGKILL cut short arrive after the restart with the same ids', async () => {
      await subscribe('UPDATE');
      const ids = await put(db, registry, person('A'), person('B'), person('C'));
      receiver.answering = (response, received, nth) => {
        if (received.json.header.action !== 'notify' || nth % 2 === 0) acks(response, received, nth);
      };
      await rename(ids, 1, 2);
      await until(() => calls('notify').length >= 3);
      receiver.answering = acks;
      await restart();
      await assertAllTold(ids, 2);
      // What was under way is sent again, although it may have been told before.
      await until(() => calls('notify').length > 6);
    });

    it('survive a process that is killed again and again while the registry changes', async () => {
      await subscribe('UPDATE');
      const ids = await put(db, registry, ...Array.from({ length: 5 }, (_, i) => person(`K${i}`)));
      for (const round of [0, 1]) {
        const changing = rename(ids, round * 3 + 1, round * 3 + 3);
        await sleep(40 + round * 60);
        await restart();
        await changing;
      }
      await assertAllTold(ids, 6);
    });

    it('to a subscriber that fails are paused with the reason, and go on when an operator says so', async () => {
      const code = await subscribe('REGISTER');
      receiver.answering = (response, received, nth) => {
        if (received.json.header.action === 'notify') response.writeHead(500).end();
        else acks(response, received, nth);
      };
      await put(db, registry, person('P1'), person('P2'), person('P3'));
      const isPaused = async (): Promise<boolean> => {
        const metrics = await (await fetch(`${server.url}/metrics`)).text();
        return /^crosswalk_dci_subscriptions\{status="paused"\} 1$/m.test(metrics);
      };
      await until(isPaused, 60_000);
      const listed = (await jsonOf<Listed[]>(['subscription', 'list'], env)).find((one) => one.code === code);
      assert.equal(listed?.status, 'paused');
      assert.match(listed?.paused_reason ?? '', /attempts in a row failed, the last with: HTTP 500/);

      receiver.answering = acks;
      receiver.received.length = 0;
      await put(db, registry, person('P4'));
      const resumed = await jsonOf<Listed>(['subscription', 'resume', code], env);
      assert.equal(resumed.status, 'active');
      const names = () =>
        calls('notify').map(
          ({ json }) => json.message.notify_event[0].data.reg_records.demographic_info.name.given_name,
        );
      await until(() => new Set(names()).size === 4);
      assert.deepEqual([...new Set(names())].sort(), ['P1', 'P2', 'P3', 'P4']);
      const unknown = await runCrosswalk(['subscription', 'resume', 'SUB-x'], env);
      assert.deepEqual([unknown.status, /no such subscription/.test(unknown.stderr)], [1, true]);
    });
  });
}
