import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import request from 'supertest';
import { type Client, createAccessLog } from '../../src/access/index.ts';
import { auditRoutes } from '../../src/audit/audit.routes.ts';
import { Fault } from '../../src/core/fault.ts';
import { silentLogger } from '../../src/core/log.ts';
import { createHttpApp, createMetrics } from '../../src/http/index.ts';
import type { Ledger } from '../../src/ledger/index.ts';
import { parseNote } from '../../src/ledger/note.ts';
import { isConsistent, rootByInclusion } from '../../src/ledger/tree.ts';
import { exchange, ledgerOn, makeClock } from '../ledger/support.ts';
import { describeStore } from '../support/stores.ts';

const clientWith = (...scopes: Client['scopes']): Client => ({ clientId: 'auditor-1', scopes }) as unknown as Client;
const clients: Readonly<Record<string, Client>> = {
  'Bearer all': clientWith({ resource: 'audit', action: 'read' }),
  'Bearer narrow': clientWith({ resource: 'audit', action: 'read', fields: ['entry'] }),
  'Bearer other': clientWith({ resource: 'individual', action: 'read' }),
};

describeStore('the ledger over HTTP', ({ database }) => {
  let ledger: Ledger;
  let server: ReturnType<ReturnType<typeof createHttpApp>['callback']>;
  const clock = makeClock();
  before(async () => {
    ledger = await ledgerOn(database(), clock);
    const tokens = {
      authenticate: async (authorization: string | undefined) => {
        const client = clients[authorization ?? ''];
        if (!client) throw new Fault('token.invalid', 'no such token');
        return client;
      },
    };
    const doors = [auditRoutes({ ledger, tokens, accessLog: createAccessLog({ ledger, clock }) })];
    server = createHttpApp({ log: silentLogger, metrics: createMetrics(), doors }).callback();
    for (let i = 0; i < 20; i += 1) await ledger.record(exchange(`m-${i}`, `UIN-${i}`));
    await ledger.checkpoint();
  });
  const get = (path: string, token?: string) => {
    const asked = request(server).get(path);
    return token ? asked.set('Authorization', `Bearer ${token}`) : asked;
  };

  it('answers entries to an auditor, without the messages unless they are asked for', async () => {
    const { body, status } = await get('/ledger/entries?message_id=m-3', 'all');
    assert.equal(status, 200);
    assert.equal(body.entries.length, 1);
    assert.equal(body.entries[0].entry.peer, 'spmis.example.org');
    assert.equal(body.entries[0].text, undefined);
    const whole = await get('/ledger/entries?message_id=m-3&bodies=true', 'all');
    assert.match(whole.body.entries[0].text, /"message_id":"m-3"/);
  });

  it('pages, filters and orders', async () => {
    const first = await get('/ledger/entries?peer=spmis.example.org&limit=15', 'all');
    assert.equal(first.body.entries.length, 15);
    const second = await get(`/ledger/entries?peer=spmis.example.org&limit=100&after=${first.body.next}`, 'all');
    assert.equal(second.body.entries.length, 25);
    assert.equal(second.body.next, undefined);
    const byPerson = await get('/ledger/entries?subject=uin-7&direction=in', 'all');
    assert.deepEqual(
      byPerson.body.entries.map(({ seq }: { seq: number }) => seq),
      [14],
    );
    const newest = await get('/ledger/entries?transaction_id=t-m-3&order=desc', 'all');
    assert.deepEqual(
      newest.body.entries.map(({ seq }: { seq: number }) => seq),
      [7, 6],
    );
  });

  it('records who read it, and what for', async () => {
    await get('/ledger/entries?subject=UIN-19', 'all');
    const { entries } = await ledger.find({ kind: 'access', newestFirst: true, limit: 1, bodies: true });
    assert.equal(entries[0]?.entry?.['peer'], 'auditor-1');
    assert.equal(entries[0]?.body?.toString(), '{"subject":"UIN-19"}');
    assert.ok(!entries[0]?.leaf.includes('UIN-19'));
    assert.equal((await ledger.find({ subject: 'UIN-19', kind: 'access' })).entries.length, 1);
  });

  it('refuses who has no token or no right, and records that', async () => {
    const nobody = await get('/ledger/entries');
    assert.equal(nobody.status, 401);
    assert.equal(nobody.headers['www-authenticate'], 'Bearer');
    assert.equal((await get('/ledger/entries', 'other')).status, 403);
    assert.equal((await get('/ledger/proof/inclusion?seq=0&size=1', 'other')).status, 403);
    assert.equal((await get('/ledger/entries?bodies=true', 'narrow')).status, 403);
    assert.equal((await get('/ledger/entries', 'narrow')).status, 200);
    const { entries } = await ledger.find({ kind: 'access', limit: 1000 });
    const refused = entries.map(({ entry }) => entry?.['refusal']).filter(Boolean);
    assert.deepEqual(refused, ['token.invalid', 'scope.missing', 'scope.missing', 'scope.missing']);
  });

  for (const query of [
    'limit=0',
    'limit=1001',
    'limit=x',
    'after=-1',
    'from=yesterday',
    'kind=secret',
    'order=up',
    'peer=',
    'peer=a&peer=b',
    'peer=%00',
    'pear=a',
    'bodies=yes',
    `subject=${'x'.repeat(301)}`,
  ]) {
    it(`refuses ?${query.slice(0, 20)}`, async () => {
      const { status, body } = await get(`/ledger/entries?${query}`, 'all');
      assert.equal(status, 400);
      assert.equal(body.title, 'query.invalid');
    });
  }

  it('shows checkpoints and consistency proofs to anybody, and they fit', async () => {
    const old = parseNote((await get('/ledger/checkpoint')).text).checkpoint;
    await ledger.record(exchange('later'));
    await ledger.checkpoint();
    const young = parseNote((await get('/ledger/checkpoint')).text).checkpoint;
    const { body } = await get(`/ledger/proof/consistency?from=${old.size}&to=${young.size}`);
    assert.ok(
      isConsistent(
        old,
        young,
        body.hashes.map((hash: string) => Buffer.from(hash, 'base64')),
      ),
    );
    assert.equal((await get(`/ledger/proof/consistency?from=1&to=${young.size + 1000}`)).status, 400);
    assert.equal((await get('/ledger/proof/consistency?from=1')).status, 400);
  });

  it('proves an entry to an auditor, who can check it by the leaf', async () => {
    const { size, root } = parseNote((await get('/ledger/checkpoint')).text).checkpoint;
    const { body } = await get(`/ledger/proof/inclusion?seq=5&size=${size}`, 'all');
    const leafHash = createHash('sha256').update('\0').update(body.leaf).digest();
    assert.equal(leafHash.toString('base64'), body.leaf_hash);
    const path = body.hashes.map((hash: string) => Buffer.from(hash, 'base64'));
    assert.deepEqual(rootByInclusion(leafHash, 5, size, path), root);
    assert.equal((await get(`/ledger/proof/inclusion?seq=${size}&size=${size}`, 'all')).status, 400);
    const { entries } = await ledger.find({ kind: 'access', newestFirst: true, limit: 2 });
    assert.deepEqual(
      entries.map(({ entry }) => [entry?.['peer'], entry?.['endpoint'], entry?.['status']]),
      [400, 200].map((status) => ['auditor-1', 'GET /ledger/proof/inclusion', status]),
    );
  });
});
