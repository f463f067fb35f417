import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccessLog } from '../../src/access/index.ts';
import { auditRoutes } from '../../src/audit/audit.routes.ts';
import { Fault } from '../../src/core/fault.ts';
import { silentLogger } from '../../src/core/log.ts';
import { createHttpApp, createMetrics } from '../../src/http/index.ts';
import type { Ledger } from '../../src/ledger/index.ts';
import { createHttpClient } from '../../src/net/index.ts';
import { type Database, openDatabase } from '../../src/storage/index.ts';
import { editBySql, readBySql } from './raw.ts';
import { exchange, ledgerOn, makeClock, makeKey, ownKey, signerWith } from './support.ts';

/** What a thief of the database file does: cuts its end off, or puts an older copy back. Nothing inside tells of it. */
describe('a database file whose end is gone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crosswalk-put-back-'));
  const file = (name: string): string => join(folder, name);
  const clock = makeClock();
  const bundle = file('later.ndjson');
  const witnessFile = file('witness.db');
  const http = createHttpClient({ allowPrivate: true });
  const closing: (() => Promise<void>)[] = [() => http.close()];
  const open = async (name: string): Promise<{ db: Database; ledger: Ledger }> => {
    const db = await openDatabase({ url: `sqlite:${file(name)}`, log: silentLogger });
    await db.migrate();
    return { db, ledger: await ledgerOn(db, clock) };
  };
  const grow = async (name: string, ids: readonly string[]): Promise<Ledger> => {
    const { db, ledger } = await open(name);
    for (const id of ids) await ledger.record(exchange(id));
    await ledger.checkpoint();
    closing.push(() => db.close());
    return ledger;
  };
  /** What a witness says who looks at this ledger over HTTP. */
  const witnessSays = async (ledger: Ledger) => {
    const tokens = { authenticate: () => Promise.reject(new Fault('token.invalid', 'nobody')) };
    const keys = async (ctx: { path: string; body: unknown }, next: () => Promise<unknown>): Promise<void> => {
      if (ctx.path === '/.well-known/jwks.json') ctx.body = { keys: [ownKey.jwk] };
      else await next();
    };
    const doors = [keys, auditRoutes({ ledger, tokens, accessLog: createAccessLog({ ledger, clock }) })];
    const app = createHttpApp({ log: silentLogger, metrics: createMetrics(), doors });
    const server = createServer(app.callback()).listen(port, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    port = (server.address() as AddressInfo).port;
    const db = await openDatabase({ url: `sqlite:${witnessFile}`, log: silentLogger });
    try {
      await db.migrate();
      const witness = await ledgerOn(db, clock, signerWith(makeKey('witness.example|k1|ed25519')));
      return await witness.witness({ url: `http://127.0.0.1:${port}`, http });
    } finally {
      await db.close();
      await new Promise((resolve) => server.close(resolve));
    }
  };
  // A witness knows a ledger by its address: it must be the same each time.
  let port = 0;

  before(async () => {
    const { db, ledger } = await open('whole.db');
    for (const id of ['a', 'b', 'c', 'd']) await ledger.record(exchange(id));
    await ledger.checkpoint();
    await db.close();
    copyFileSync(file('whole.db'), file('older.db'));
    const later = await grow('whole.db', ['e', 'f', 'g', 'h']);
    await later.exportBundle({ out: bundle });
    assert.deepEqual([(await witnessSays(later)).ok, (await later.verify({ against: bundle })).ok], [true, true]);
  });
  after(async () => {
    for (const close of closing) await close();
    rmSync(folder, { recursive: true });
  });

  const assertFound = async (ledger: Ledger): Promise<void> => {
    assert.deepEqual((await ledger.verify()).problems, [], 'it is sound in itself');
    const against = await ledger.verify({ against: bundle });
    assert.deepEqual([against.ok, against.problems.map(({ what, seq }) => [what, seq])], [false, [['shorter', 8]]]);
    const { ok, problem } = await witnessSays(ledger);
    assert.deepEqual([ok, problem], [false, 'shorter']);
  };

  it('because an older copy was put back, is found by an earlier bundle and by a witness', async () => {
    const { db, ledger } = await open('older.db');
    closing.push(() => db.close());
    await assertFound(ledger);
  });

  it('because it was cut off with its checkpoints, is found by an earlier bundle and by a witness', async () => {
    const { db, ledger } = await open('whole.db');
    closing.push(() => db.close());
    const url = `sqlite:${file('whole.db')}`;
    // Eight leaves are one perfect tree: its root, which the checkpoint of that time tells, is the whole frontier.
    const [old] = await readBySql<{ root: Buffer }>(url, 'select root from ledger_checkpoints where size = 8');
    await editBySql(url, [
      ['delete from ledger_entries where seq >= 8'],
      ['delete from ledger_bodies where seq >= 8'],
      ['delete from ledger_checkpoints where size > 8'],
      ['update ledger_state set size = 8, frontier = ?', old?.root],
    ]);
    await assertFound(ledger);
  });
});
