import assert from 'node:assert/strict';
import pg from 'pg';
import { sleep } from '../../src/core/async.ts';
import { silentLogger } from '../../src/core/log.ts';
import { openDatabase } from '../../src/storage/index.ts';

const base = process.env['TEST_DATABASE_URL'];

describe('the listener for changes of other processes (PostgreSQL)', () => {
  if (!base) {
    it('runs when TEST_DATABASE_URL is set');
    return;
  }

  it('comes back, however often the database cannot be reached meanwhile', async function () {
    this.timeout(30_000);
    const name = `crosswalk_listen_${process.pid}`;
    const admin = new pg.Client({ connectionString: base });
    await admin.connect();
    const listeners = async (): Promise<number> => {
      const { rows } = await admin.query(
        "select count(*)::int as n from pg_stat_activity where datname = $1 and application_name = 'crosswalk-listen'",
        [name],
      );
      return rows[0].n;
    };
    await admin.query(`create database ${name}`);
    const url = new URL(base);
    url.pathname = `/${name}`;
    url.search = '';
    const db = await openDatabase({ url: url.href, log: silentLogger });
    try {
      assert.equal(await listeners(), 1);
      await admin.query(`alter database ${name} allow_connections false`);
      await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
      await sleep(2500); // two attempts fail
      assert.equal(await listeners(), 0);
      await admin.query(`alter database ${name} allow_connections true`);
      for (let i = 0; i < 50 && (await listeners()) === 0; i += 1) await sleep(100);
      assert.equal(await listeners(), 1);
    } finally {
      await db.close();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    }
  });
});
