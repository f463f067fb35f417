import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccessLog } from '../../src/access/index.ts';
import { auditRoutes } from '../../src/audit/audit.routes.ts';
import { Fault } from '../../src/core/fault.ts';
import { silentLogger } from '../../src/core/log.ts';
import { createHttpApp, createMetrics } from '../../src/http/index.ts';
import type { Ledger } from '../../src/ledger/index.ts';
import { parseNote, signerOf } from '../../src/ledger/note.ts';
import { createHttpClient } from '../../src/net/index.ts';
import type { Database } from '../../src/storage/index.ts';
import type { PublicJwk } from '../../src/trust/ports.ts';
import { describeStore, freshSqlite, type TestDatabase } from '../support/stores.ts';
import { exchange, ledgerOn, makeClock, makeKey, ownKey, signerWith } from './support.ts';

describeStore('a witness', ({ again }) => {
  const clock = makeClock();
  const http = createHttpClient({ allowPrivate: true });
  const witnessKey = makeKey('witness.example|k1|ed25519');
  let witness: Ledger;
  let witnessDb: Database;
  let url: string;
  let server: Server;
  let test: TestDatabase;
  let folder: string;
  // What the watched server shows at the moment.
  let shown: Ledger;
  let published: PublicJwk[] = [ownKey.jwk];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'crosswalk-witness-'));
    test = await freshSqlite();
    const watched = await test.open();
    await watched.migrate();
    shown = await ledgerOn(watched, clock);
    witnessDb = await again();
    witness = await ledgerOn(witnessDb, clock, signerWith(witnessKey));
    const current: Pick<Ledger, 'find' | 'latestCheckpoint' | 'inclusionProof' | 'consistencyProof'> &
      Pick<Ledger, 'append' | 'record' | 'recordStranger'> = {
      find: (question) => shown.find(question),
      latestCheckpoint: () => shown.latestCheckpoint(),
      inclusionProof: (seq, size) => shown.inclusionProof(seq, size),
      consistencyProof: (from, to) => shown.consistencyProof(from, to),
      append: (tx, drafts) => shown.append(tx, drafts),
      record: (drafts) => shown.record(drafts),
      recordStranger: (draft) => shown.recordStranger(draft),
    };
    const tokens = {
      authenticate: async () => {
        throw new Fault('token.invalid', 'nobody');
      },
    };
    const keys = async (ctx: { path: string; body: unknown }, next: () => Promise<unknown>): Promise<void> => {
      if (ctx.path === '/.well-known/jwks.json') ctx.body = { keys: [{ kty: 'RSA' }, null, ...published] };
      else await next();
    };
    const doors = [
      keys,
      auditRoutes({ ledger: current, tokens, accessLog: createAccessLog({ ledger: current, clock }) }),
    ];
    const app = createHttpApp({ log: silentLogger, metrics: createMetrics(), doors });
    server = createServer(app.callback()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    closing.push(() => watched.close());
  });
  const closing: (() => Promise<void>)[] = [];
  after(async () => {
    await http.close();
    server.close();
    for (const close of closing) await close();
    await witnessDb.close();
    await test.drop();
    rmSync(folder, { recursive: true });
  });

  const grow = async (ledger: Ledger, names: readonly string[]): Promise<void> => {
    for (const name of names) await ledger.record(exchange(name));
    await ledger.checkpoint();
  };
  /** Another history under the same keys and name. */
  const forge = async (names: readonly string[]): Promise<Ledger> => {
    const other = await freshSqlite();
    const db = await other.open();
    await db.migrate();
    closing.push(async () => {
      await db.close();
      await other.drop();
    });
    const ledger = await ledgerOn(db, clock);
    await grow(ledger, names);
    return ledger;
  };

  it('says so when the other server shows nothing', async () => {
    await assert.rejects(witness.witness({ url, http }), { code: 'net.upstream' });
  });

  it('believes the first look, then follows a ledger that grows, and co-signs', async () => {
    await grow(shown, ['a', 'b', 'c']);
    const first = await witness.witness({ url, http });
    assert.deepEqual([first.ok, first.size, first.previous], [true, 6, undefined]);
    await grow(shown, ['d', 'e']);
    const second = await witness.witness({ url: `${url}/`, http });
    assert.deepEqual([second.ok, second.size, second.previous], [true, 10, 6]);
    const note = parseNote(second.shown);
    assert.equal(note.signatures.length, 2);
    assert.equal(signerOf(note, [ownKey.jwk]), ownKey.jwk);
    assert.equal((await witness.witness({ url, http })).ok, true);
  });

  it('gives a co-signed checkpoint that the watched server can be measured by', async () => {
    const file = join(folder, 'seen.txt');
    writeFileSync(file, (await witness.witness({ url, http })).shown);
    assert.deepEqual((await shown.verify({ against: file })).problems, []);
    const forged = await forge(['x']);
    assert.deepEqual(
      (await forged.verify({ against: file })).problems.map(({ what }) => what),
      ['shorter'],
    );
  });

  it('reports a ledger that was cut off or put back, a rewritten one, and one under an unknown key', async () => {
    const honest = shown;
    shown = await forge(['a', 'b']);
    const cut = await witness.witness({ url, http });
    assert.deepEqual([cut.ok, cut.problem], [false, 'shorter']);
    shown = await forge(['a', 'b', 'c', 'd', 'x', 'f']);
    const fork = await witness.witness({ url, http });
    assert.deepEqual([fork.ok, fork.problem], [false, 'fork']);
    assert.equal(parseNote(fork.seen as string).checkpoint.size, 10);
    assert.equal(parseNote(fork.shown).checkpoint.size, 12);
    shown = await forge(['a', 'b', 'c', 'd', 'x']);
    assert.equal((await witness.witness({ url, http })).problem, 'fork');
    const other = await ledgerOn(witnessDb, clock, signerWith(makeKey('nobody')));
    await grow(other, ['a']);
    shown = other;
    assert.equal((await witness.witness({ url, http })).problem, 'signature');
    shown = honest;
    assert.equal((await witness.witness({ url, http })).ok, true);
  });

  it('follows the other server through a change of its key', async () => {
    const young = makeKey('crosswalk.local|k2|ed25519');
    const db = await test.open();
    closing.push(() => db.close());
    shown = await ledgerOn(db, clock, signerWith(ownKey, young));
    await grow(shown, ['after']);
    assert.equal((await witness.witness({ url, http })).problem, 'signature');
    published = [young.jwk, ownKey.jwk];
    assert.equal((await witness.witness({ url, http })).ok, true);
    published = [];
    assert.equal((await witness.witness({ url, http })).ok, true);
  });
});
