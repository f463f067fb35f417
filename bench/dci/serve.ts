// One of the servers of a measurement, in a process of its own: `ours`, or the `floor` that does the unavoidable
// work only. Says {"port": …} on standard output.

import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Driver from 'better-sqlite3';
import { createPeerDirectory, createPeers } from '../../src/access/index.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/log.ts';
import { dciRoutes } from '../../src/dci/dci.routes.ts';
import { createTakeRecords } from '../../src/exchange/import/take.ts';
import { createHttpApp, createMetrics, listen } from '../../src/http/index.ts';
import { openLedger, signerOfKeys } from '../../src/ledger/index.ts';
import { recordDci } from '../../src/record-dci.ts';
import { createRegistry } from '../../src/registry/index.ts';
import { openDatabase } from '../../src/storage/index.ts';
import { createKeySets, createSeenMessages, createSigner, createVerifier, openKeys } from '../../src/trust/index.ts';

const [role, jwkFile = '', count = '1000'] = process.argv.slice(2);
const jwk = JSON.parse(readFileSync(jwkFile, 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'crosswalk-bench-'));

const ours = async (): Promise<number> => {
  const db = await openDatabase({ url: `sqlite:${join(folder, 'db')}`, log: silentLogger });
  await db.migrate();
  const registry = createRegistry({ db, clock: systemClock, log: silentLogger });
  const requests = Array.from({ length: Number(count) }, (_, i) => ({
    draft: {
      kind: 'individual' as const,
      active: true,
      identifiers: [{ type: 'national_id', value: `ID-${i}` }],
      name: { given: 'Amina', family: 'Diallo' },
      sex: '2' as const,
      birthDate: '1990-04-12',
    },
  }));
  await db.write((tx) => registry.save(tx, requests, 'bench'));
  const keys = await openKeys({ directory: join(folder, 'keys') });
  await createPeers({ db, clock: systemClock }).add('bench.example.org', { keys: [jwk], token: 'bench-token' });
  const keySets = createKeySets({ fetch: async () => ({ keys: [] }), cacheSeconds: 300 });
  const signer = signerOfKeys(keys, 'crosswalk.local');
  const ledger = await openLedger({
    db,
    clock: systemClock,
    log: silentLogger,
    signer,
    origin: 'crosswalk.local/ledger',
  });
  const door = dciRoutes({
    config: {
      senderId: 'crosswalk.local',
      registry: 'social',
      signatures: 'required',
      rateLimit: 0,
      maxBody: 1024 * 1024,
      reach: 'public',
    },
    db,
    peers: createPeerDirectory(db),
    verifier: createVerifier({ keySets }),
    signer: createSigner({ keys }),
    registry,
    takeRecords: createTakeRecords({ registry, clock: systemClock }),
    calls: recordDci({ db, ledger, seenMessages: createSeenMessages(), clock: systemClock }),
    jwks: async () => keys.jwks(['crosswalk.local']),
    clock: systemClock,
    log: silentLogger,
  });
  const app = createHttpApp({ log: silentLogger, metrics: createMetrics(), doors: [door] });
  return (await listen(app.callback(), '127.0.0.1', 0)).port;
};

/** Parse, one Ed25519 verification, one prepared select, one Ed25519 signature: no more. */
const floor = (): Promise<number> => {
  const db = new Driver(join(folder, 'floor.db'));
  db.exec('create table identifiers (value text primary key, document text)');
  const insert = db.prepare('insert into identifiers values (?, ?)');
  const document = JSON.stringify({ name: { given: 'Amina', family: 'Diallo' }, sex: '2', birthDate: '1990-04-12' });
  db.transaction(() => {
    for (let i = 0; i < Number(count); i += 1) insert.run(`ID-${i}`, document);
  })();
  const select = db.prepare('select document from identifiers where value = ?');
  const own = generateKeyPairSync('ed25519');
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const privateKey = createPrivateKey(own.privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const envelope = JSON.parse(body.toString());
      const given = Buffer.from(/, signature="([^"]*)"/.exec(envelope.signature)?.[1] ?? '', 'base64');
      verify(null, body, key, given);
      const row = select.get(envelope.message.search_request[0].search_criteria.query.value) as { document: string };
      const message = { record: JSON.parse(row.document) };
      const text = JSON.stringify(message);
      const signature = sign(null, Buffer.from(text), privateKey).toString('base64');
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ message, signature }));
    });
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
};

const port = await (role === 'floor' ? floor() : ours());
process.stdout.write(`${JSON.stringify({ port })}\n`);
