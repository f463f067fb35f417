import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { sleep } from '../../src/core/async.ts';
import { listHeld } from '../../src/dci/inbox/held.store.ts';
import type { FoundEntry } from '../../src/ledger/index.ts';
import { knexOf } from '../../src/storage/index.ts';
import { backends } from '../support/stores.ts';
import { CIVIL, type Pair, type Side, SOCIAL, startPair } from './pair.ts';

// Processes start, and commands run, while other suites keep the machine busy.
const SLOW = 90_000;

const until = async (holds: () => Promise<boolean>, ms: number, what: string): Promise<number> => {
  const since = Date.now();
  while (!(await holds())) {
    if (Date.now() - since > ms) assert.fail(`${what}: not within ${ms} ms`);
    await sleep(20);
  }
  return Date.now() - since;
};

const has = async ({ ground }: Side, number: string): Promise<boolean> =>
  (await ground.registry.holders([{ type: 'birth_certificate', value: number }]))[0] !== undefined;

const entriesWith = async ({ ground }: Side, peer: string): Promise<readonly FoundEntry[]> => {
  const all: FoundEntry[] = [];
  for (let after: number | undefined; ; ) {
    const { entries, next } = await ground.ledger.find({
      peer,
      bodies: true,
      ...(after === undefined ? {} : { after }),
    });
    all.push(...entries);
    if (next === undefined) return all;
    after = next;
  }
};

/** The bytes that went one way, as one side wrote them down. */
const bytes = (entries: readonly FoundEntry[], direction: 'in' | 'out'): readonly string[] =>
  entries
    .filter(({ entry, body }) => entry?.['direction'] === direction && body !== undefined)
    .map(({ body }) =>
      createHash('sha256')
        .update(body as Buffer)
        .digest('hex'),
    )
    .sort();

for (const backend of backends) {
  describe(`a civil and a social registry (${backend.name})`, () => {
    if (backend.skip) {
      it('runs when TEST_DATABASE_URL is set');
      return;
    }
    let pair: Pair;
    before(async function () {
      this.timeout(SLOW);
      pair = await startPair([await backend.fresh(), await backend.fresh()]);
    });
    after(async function () {
      this.timeout(SLOW);
      await pair.close();
    });

    it('find and take in a record by asking, from the command line', async function () {
      this.timeout(SLOW);
      await pair.births(['B-1']);
      const ask = ['dci', 'search', '--peer', CIVIL, '--registry', 'crvs', '--id', 'BRN=B-1'];
      const answer = await pair.social.run<{ search_response: { total_count: number }[] }>(...ask);
      assert.equal(answer.search_response[0]?.total_count, 1);
      assert.equal(await has(pair.social, 'B-1'), false);
      const taken = await pair.social.run<{ created: number }>(...ask, '--import');
      assert.equal(taken.created, 1);
      assert.equal(await has(pair.social, 'B-1'), true);
    });

    it('tell of a birth: the social side has the child within one second', async function () {
      this.timeout(SLOW);
      await pair.social.ground.asking.client.subscribe(CIVIL, [{ registry: 'crvs', eventType: 'BIRTH' }]);
      const held = async () => (await pair.social.ground.db.read(listHeld)).some(({ state }) => state === 'active');
      await until(held, SLOW, 'the code of the subscription');
      const took: number[] = [];
      // The best of three: what else this machine does is not ours.
      for (const number of ['B-2', 'B-3', 'B-4']) {
        await pair.births([number]);
        took.push(await until(() => has(pair.social, number), SLOW, 'the child'));
      }
      assert.ok(Math.min(...took) <= 1000, `it took ${took.join(', ')} ms`);
      const [holder] = await pair.social.ground.registry.holders([{ type: 'birth_certificate', value: 'B-2' }]);
      const person = (await pair.social.ground.registry.load([holder?.id as string])).get(holder?.id as string);
      assert.deepEqual(person?.provenance, { '*': `dci:${CIVIL}` });
    });

    it('wrote down the same messages, byte for byte, on both ledgers', async function () {
      this.timeout(SLOW);
      const agree = async (): Promise<boolean> => {
        const [there, here] = [await entriesWith(pair.civil, SOCIAL), await entriesWith(pair.social, CIVIL)];
        const same = (a: readonly string[], b: readonly string[]) => a.length > 0 && a.join() === b.join();
        return same(bytes(there, 'out'), bytes(here, 'in')) && same(bytes(there, 'in'), bytes(here, 'out'));
      };
      // The last Ack is written down by its receiver a moment after it was sent.
      await until(agree, SLOW / 2, 'the ledgers agree');
      for (const side of [pair.civil, pair.social]) assert.equal((await side.ground.ledger.verify({})).ok, true);
    });

    it('acts on each notification once, killed in the middle or not', async function () {
      this.timeout(SLOW);
      const numbers = Array.from({ length: 60 }, (_, i) => `K-${i}`);
      const arrived = async (): Promise<number> => {
        const found = await pair.social.ground.registry.holders(numbers.map((value) => ({ type: 'BRN', value })));
        return found.filter((one) => one !== undefined).length;
      };
      await pair.births(numbers);
      await until(async () => (await arrived()) >= 3, SLOW, 'the first');
      await pair.social.server.end('SIGKILL');
      const before = await arrived();
      await sleep(300);
      await pair.social.restart();
      await until(async () => (await arrived()) === numbers.length, SLOW, 'all of them');
      const { db, registry } = pair.social.ground;
      const rows: { outcome: string }[] = await db.read(async (reader) =>
        knexOf(reader)('dci_received').select('outcome').where({ operation: 'notify' }),
      );
      const created = rows.map(({ outcome }) => (JSON.parse(outcome) as { created: number }).created);
      // Each notification that ever came made one person: those of this test, and the three before.
      assert.deepEqual([created.length, created.every((one) => one === 1)], [numbers.length + 3, true]);
      const holders = await registry.holders(numbers.map((value) => ({ type: 'BRN', value })));
      const people = await registry.load(holders.map((holder) => holder?.id as string));
      assert.ok([...people.values()].every(({ version }) => version === 1));
      assert.ok(before < numbers.length, 'it was killed too late to show anything');
    });

    it('tells no more once the subscription has ended', async function () {
      this.timeout(SLOW);
      const [held] = await pair.social.ground.db.read(listHeld);
      await pair.social.ground.asking.client.unsubscribe(CIVIL, 'crvs', [held?.code as string]);
      const ended = async () => (await pair.social.ground.db.read(listHeld))[0]?.state === 'ended';
      await until(ended, SLOW, 'the end of the subscription');
      await pair.births(['B-9']);
      await sleep(1500);
      assert.equal(await has(pair.social, 'B-9'), false);
    });
  });
}
