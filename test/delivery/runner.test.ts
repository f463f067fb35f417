import assert from 'node:assert/strict';
import { sleep } from '../../src/core/async.ts';
import { silentLogger } from '../../src/core/log.ts';
import { claimDue } from '../../src/delivery/deliveries.store.ts';
import { MAX_ATTEMPTS, pauseAfter } from '../../src/delivery/delivery.ts';
import {
  type Delivery,
  type DeliveryDraft,
  enqueue,
  listDeliveries,
  type Runner,
  revive,
  type Sender,
  startRunner,
} from '../../src/delivery/index.ts';
import type { Database } from '../../src/storage/index.ts';
import { describeStore } from '../support/stores.ts';

const draft = (id: string, more: Partial<DeliveryDraft> = {}): DeliveryDraft => ({
  id,
  kind: 'test',
  recipient: 'peer',
  url: 'https://peer.example.test/on-search',
  payload: { id },
  ...more,
});

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  const since = Date.now();
  while (!(await holds())) {
    if (Date.now() - since > 5000) throw new Error('it did not come to that');
    await sleep(5);
  }
};

describeStore('deliveries', ({ database, again }) => {
  const running = new Set<Runner>();
  const start = (send: Sender, db: Database = database()): Runner => {
    const runner = startRunner({ db, clock: Date.now, log: silentLogger, retryBaseMs: 5, senders: { test: send } });
    running.add(runner);
    return runner;
  };
  afterEach(async () => {
    await Promise.all([...running].map((runner) => runner.stop()));
    running.clear();
  });
  const put = (...drafts: DeliveryDraft[]) => database().write((tx) => enqueue(tx, drafts, Date.now()));
  const stored = async (id: string): Promise<Delivery> => {
    const all = await database().read((reader) => listDeliveries(reader, { limit: 1000 }));
    return all.find((one) => one.id === id) as Delivery;
  };
  const settled = (id: string) => until(async () => (await stored(id)).state !== 'waiting');

  it('go out once each, though two processes deliver and an id was enqueued twice', async () => {
    const other = await again();
    const sent: string[] = [];
    const send: Sender = async (delivery) => {
      sent.push(delivery.id);
      await sleep(2);
      return { delivered: true };
    };
    const runners = [start(send), start(send, other)];
    const ids = Array.from({ length: 60 }, (_, i) => `many-${i}`);
    await put(...ids.map((id) => draft(id)));
    await put(...ids.map((id) => draft(id)));
    await until(() => sent.length >= ids.length);
    await sleep(50);
    await Promise.all(runners.map((runner) => runner.stop()));
    await other.close();
    assert.deepEqual([...sent].sort(), [...ids].sort());
  });

  it('keep their payload until they arrive, and not after', async () => {
    await put(draft('arrives'), draft('gives-up'));
    start(async ({ id }) => (id === 'arrives' ? { delivered: true } : { delivered: false, error: 'no', final: true }));
    await settled('arrives');
    await settled('gives-up');
    assert.deepEqual((await stored('arrives')).payload, {});
    assert.deepEqual((await stored('gives-up')).payload, { id: 'gives-up' });
  });

  it('are tried again with the same payload until the recipient takes them', async () => {
    const tries: string[] = [];
    const runner = start(async (delivery) => {
      tries.push(JSON.stringify(delivery.payload));
      return tries.length < 3 ? { delivered: false, error: 'HTTP 503' } : { delivered: true };
    });
    await put(draft('stubborn'));
    await settled('stubborn');
    await runner.stop();
    assert.equal(new Set(tries).size, 1);
    assert.deepEqual([(await stored('stubborn')).state, (await stored('stubborn')).attempts], ['delivered', 3]);
  });

  it('wait for as long as the recipient asks, and count no try for it', async () => {
    const tries: number[] = [];
    const runner = start(async () => {
      tries.push(Date.now());
      return tries.length <= MAX_ATTEMPTS + 2
        ? { delivered: false, error: 'HTTP 429', retryAfterMs: 30 }
        : { delivered: true };
    });
    await put(draft('patient'));
    await settled('patient');
    await runner.stop();
    assert.deepEqual([(await stored('patient')).state, (await stored('patient')).attempts], ['delivered', 1]);
    assert.ok(
      tries.every((at, i) => i === 0 || at - (tries[i - 1] as number) >= 30),
      String(tries),
    );
  });

  it('are given up all the same when the recipient asks for patience beyond a day', async () => {
    const runner = start(async () => ({ delivered: false, error: 'HTTP 429', retryAfterMs: 1 }));
    const yesterday = Date.now() - 25 * 3_600_000;
    await database().write((tx) => enqueue(tx, [draft('forever')], yesterday));
    await settled('forever');
    await runner.stop();
    assert.deepEqual([(await stored('forever')).state, (await stored('forever')).attempts], ['dead', MAX_ATTEMPTS]);
  });

  it('are given up after the last try with the reason, and can be revived', async () => {
    let works = false;
    const runner = start(async () => (works ? { delivered: true } : { delivered: false, error: 'HTTP 500' }));
    await put(draft('dead'));
    await settled('dead');
    const dead = await stored('dead');
    assert.deepEqual([dead.state, dead.attempts, dead.lastError], ['dead', MAX_ATTEMPTS, 'HTTP 500']);
    works = true;
    assert.equal(await database().write((tx) => revive(tx, { id: 'dead' }, Date.now())), 1);
    await settled('dead');
    await runner.stop();
    assert.equal((await stored('dead')).state, 'delivered');
  });

  it('are given up at once when no repeat can help, or when nobody knows their kind', async () => {
    const runner = start(async () => ({ delivered: false, error: 'address not allowed', final: true }));
    await put(draft('final'), draft('orphan', { kind: 'unknown' }));
    await settled('final');
    await settled('orphan');
    await runner.stop();
    assert.equal((await stored('final')).attempts, 1);
    assert.equal((await stored('orphan')).state, 'dead');
  });

  it('keep their order within a key, a failure in front included', async () => {
    const done: string[] = [];
    let failures = 2;
    const runner = start(async ({ id }) => {
      if (id === 'first' && failures > 0) {
        failures -= 1;
        return { delivered: false, error: 'HTTP 502' };
      }
      done.push(id);
      return { delivered: true };
    });
    await put(...['first', 'second', 'third'].map((id) => draft(id, { orderingKey: 'person-1' })), draft('beside'));
    await settled('third');
    await settled('beside');
    await runner.stop();
    assert.deepEqual(
      done.filter((id) => id !== 'beside'),
      ['first', 'second', 'third'],
    );
  });

  it('of other recipients are not held up by some that hang', async () => {
    let release: () => void = () => {};
    const hang = new Promise<void>((resolve) => {
      release = resolve;
    });
    const runner = start(async ({ recipient }) => {
      if (recipient.startsWith('slow')) await hang;
      return { delivered: true };
    });
    for (const recipient of ['slow-a', 'slow-b', 'slow-c']) {
      await put(...Array.from({ length: 100 }, (_, i) => draft(`${recipient}-${i}`, { recipient })));
    }
    await put(draft('quick'));
    await settled('quick');
    assert.equal((await stored('slow-c-99')).state, 'waiting');
    release();
    await settled('slow-c-99');
    await runner.stop();
  });

  it('left behind by a killed process are claimed again when its claim has run out', async () => {
    await put(draft('left'));
    let now = Date.now();
    const claim = () =>
      database().write((tx) => claimDue(tx, { now, leaseMs: 1000, room: new Map(), perRecipient: 4, limit: 10 }));
    assert.equal((await claim()).length, 1);
    assert.equal((await claim()).length, 0);
    now += 1001;
    assert.equal((await claim()).length, 1);
  });
});

describe('pauseAfter', () => {
  it('doubles from the base and stays below six hours', () => {
    assert.deepEqual(
      [1, 2, 3, 5].map((n) => pauseAfter(n, 60_000)),
      [60_000, 120_000, 240_000, 960_000],
    );
    assert.equal(pauseAfter(30, 60_000), 6 * 3_600_000);
  });
});
