import assert from 'node:assert/strict';
import { sleep } from '../../src/core/async.ts';
import { silentLogger } from '../../src/core/log.ts';
import { startPump } from '../../src/jobs/index.ts';
import { wake } from '../../src/storage/index.ts';
import { describeStore } from '../support/stores.ts';

describeStore('a pump that sleeps', ({ database, again }) => {
  it('looks again at once when its own process commits something for it, and soon when another one does', async () => {
    const db = database();
    let looks = 0;
    const pump = startPump({
      db,
      clock: Date.now,
      log: silentLogger,
      name: 'look',
      topic: 'work',
      nextDue: async () => {
        looks += 1;
        return undefined;
      },
      round: async () => false,
    });
    const other = await again();
    try {
      /** How long until it looks, after it has just begun to sleep. */
      const waitAfter = async (commit: () => Promise<void>): Promise<number> => {
        const asleep = looks;
        while (looks === asleep) await sleep(1);
        await sleep(5);
        const before = looks;
        await commit();
        const since = performance.now();
        while (looks === before) await sleep(1);
        return performance.now() - since;
      };
      assert.ok((await waitAfter(() => db.write((tx) => wake(tx, 'work')))) < 200);
      const elsewhere = await waitAfter(() => other.write((tx) => wake(tx, 'work')));
      assert.ok(elsewhere < 600, `${elsewhere} ms`);
    } finally {
      await other.close();
      await pump.stop();
    }
  });
});
