import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { sleep } from '../../src/core/async.ts';
import { takeLease } from '../../src/jobs/index.ts';
import type { Database } from '../../src/storage/index.ts';
import { describeStore } from '../support/stores.ts';

describeStore('takeLease', ({ database, again, url }) => {
  let other: Database;
  before(async () => {
    other = await again();
  });
  after(() => other.close());

  it('gives a lease to one holder at a time, whatever process asks', async () => {
    const first = await takeLease(database(), 'one', 60_000);
    assert.ok(first);
    assert.equal(await takeLease(other, 'one', 60_000), undefined);
    await first.release();
    const second = await takeLease(other, 'one', 60_000);
    assert.ok(second);
  });

  it('lets one of many askers win', async () => {
    const asked = await Promise.all(
      Array.from({ length: 8 }, (_, i) => takeLease(i % 2 ? database() : other, 'race', 60_000)),
    );
    assert.equal(asked.filter((lease) => lease !== undefined).length, 1);
  });

  it('passes on when the holder did not renew in time, and tells the old holder', async () => {
    const lost = await takeLease(database(), 'expiring', 20);
    assert.ok(lost);
    await sleep(60);
    const next = await takeLease(other, 'expiring', 60_000);
    assert.ok(next);
    assert.equal(await lost.renew(), false);
    await assert.rejects(() => database().write((tx) => lost.assertHeld(tx)), /lost/);
    await other.write((tx) => next.assertHeld(tx));
  });

  it('does not wait for a holder of this machine that was killed', async () => {
    const script = `
      import { takeLease } from './src/jobs/index.ts';
      import { openDatabase } from './src/storage/index.ts';
      import { silentLogger } from './src/core/log.ts';
      const db = await openDatabase({ url: process.argv[1], log: silentLogger });
      console.log((await takeLease(db, 'killed', 600_000)) ? 'held' : 'refused');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script, url()]);
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    assert.equal(said.toString().trim(), 'held');
    assert.equal(await takeLease(database(), 'killed', 60_000), undefined);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.ok(await takeLease(database(), 'killed', 60_000));
  });
});
