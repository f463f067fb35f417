import assert from 'node:assert/strict';
import { type Clients, createClients, createClientTokens, parseScope } from '../../src/access/clients/index.ts';
import type { AccessRow } from '../../src/access/index.ts';
import { tokenRoutes } from '../../src/api-v2/token.routes.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/log.ts';
import { createHttpApp, createMetrics, type Listening, listen } from '../../src/http/index.ts';
import type { Database } from '../../src/storage/index.ts';
import { freshSqlite, type TestDatabase } from '../support/stores.ts';

describe('POST /api/v2/spp/oauth/token', () => {
  let test: TestDatabase;
  let db: Database;
  let clients: Clients;
  let server: Listening;
  let id: string;
  let secret: string;
  const rows: AccessRow[] = [];

  before(async () => {
    test = await freshSqlite();
    db = await test.open();
    await db.migrate();
    clients = createClients({ db, clock: systemClock });
    const made = await clients.add({ name: 'Test', scopes: [parseScope('audit:read'), parseScope('group:read')] });
    id = made.client.clientId;
    secret = made.secret;
  });
  beforeEach(async () => {
    const tokens = createClientTokens({ clients, secret: 'x'.repeat(40), clock: systemClock });
    const app = createHttpApp({
      log: silentLogger,
      metrics: createMetrics(),
      doors: [tokenRoutes({ clients, tokens, accessLog: { record: async (row) => void rows.push(row) } })],
    });
    server = await listen(app.callback(), '127.0.0.1', 0);
  });
  afterEach(() => server.stop(100));
  after(async () => {
    await db.close();
    await test.drop();
  });

  const post = async (headers: Record<string, string>, body?: string) => {
    const response = await fetch(`http://127.0.0.1:${server.port}/api/v2/spp/oauth/token`, {
      method: 'POST',
      headers,
      ...(body === undefined ? {} : { body }),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    };
  };
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const basic = () => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` });

  it('tells the audit log who got a token, and why somebody got none', async () => {
    rows.length = 0;
    await post(basic());
    await post(form, `grant_type=client_credentials&client_id=${id}&client_secret=wrong`);
    await post(form, `grant_type=password&client_id=${id}&client_secret=${secret}`);
    await post(form, '');
    const endpoint = 'POST /api/v2/spp/oauth/token';
    assert.deepEqual(rows, [
      { endpoint, status: 200, who: id, facts: { scopes: ['audit:read', 'group:read'] } },
      { endpoint, status: 401, refusal: 'invalid_client' },
      { endpoint, status: 400, refusal: 'unsupported_grant_type' },
      { endpoint, status: 400, refusal: 'invalid_request' },
    ]);
  });

  it('takes Basic with a form, a form alone, JSON, and Basic alone', async () => {
    const answers = [
      await post({ ...form, ...basic() }, 'grant_type=client_credentials'),
      await post(form, `grant_type=client_credentials&client_id=${id}&client_secret=${secret}`),
      await post(
        { 'content-type': 'application/json' },
        JSON.stringify({ grant_type: 'client_credentials', client_id: id, client_secret: secret }),
      ),
      await post(basic()),
    ];
    for (const { status, body, headers } of answers) {
      assert.equal(status, 200);
      assert.deepEqual(
        [body['token_type'], body['expires_in'], body['scope']],
        ['Bearer', 86_400, 'audit:read group:read'],
      );
      assert.equal(headers.get('cache-control'), 'no-store');
    }
  });

  it('honours a wish for fewer scopes and refuses one it cannot meet', async () => {
    const fewer = await post({ ...form, ...basic() }, 'grant_type=client_credentials&scope=group:read');
    assert.equal(fewer.body['scope'], 'group:read');
    const none = await post({ ...form, ...basic() }, 'grant_type=client_credentials&scope=individual:read');
    assert.deepEqual([none.status, none.body['error']], [400, 'invalid_scope']);
  });

  it('refuses other grants, a form without one, missing and wrong credentials', async () => {
    assert.equal((await post({ ...form, ...basic() }, 'grant_type=password')).body['error'], 'unsupported_grant_type');
    assert.equal((await post({ ...form, ...basic() }, 'scope=x')).status, 400);
    assert.equal((await post(form, 'grant_type=client_credentials')).status, 400);
    const wrong = await post(form, `grant_type=client_credentials&client_id=${id}&client_secret=no`);
    assert.deepEqual(
      [wrong.status, wrong.body['detail'], wrong.body['error']],
      [401, 'Invalid client credentials', 'invalid_client'],
    );
  });

  it('throttles failures per address and says how long to wait', async () => {
    const attempts = [];
    for (let i = 0; i < 6; i += 1)
      attempts.push(await post(form, `grant_type=client_credentials&client_id=${id}&client_secret=no`));
    assert.deepEqual(
      attempts.map(({ status }) => status),
      [401, 401, 401, 401, 401, 429],
    );
    assert.ok(Number(attempts[5]?.headers.get('retry-after')) >= 1);
  });
});
