import assert from 'node:assert/strict';
import { createAccessLog, createPeerDirectory, createPeerTokens, type PeerTokens } from '../../src/access/index.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/log.ts';
import { peerTokenRoutes } from '../../src/dci/token.routes.ts';
import { createHttpApp, createMetrics, type Listening, listen } from '../../src/http/index.ts';
import { createKeySets } from '../../src/trust/index.ts';
import { describeStore } from '../support/stores.ts';
import { byId, signString, type TestPeer } from './peer.ts';
import { type DciServer, startDciServer } from './server.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_TYPE = { 'content-type': 'application/json' };

describeStore('POST /oauth2/client/token', ({ database }) => {
  let door: DciServer;
  let endpoint: Listening;
  let tokens: PeerTokens;
  let peer: TestPeer;
  let secret: string;
  let limited: TestPeer;
  let limitedSecret: string;

  before(async () => {
    const keySets = createKeySets({ fetch: async () => assert.fail('no key set is needed'), cacheSeconds: 300 });
    const directory = createPeerDirectory(database());
    tokens = createPeerTokens({ directory, keySets, secret: 'x'.repeat(40), clock: systemClock });
    door = await startDciServer({ db: database(), deps: { tokens } });
    ({ peer, token: secret } = await door.addPeer('https://spmis.example.org'));
    ({ peer: limited, token: limitedSecret } = await door.addPeer('limited.example.org', {
      scopes: ['social:registry.search', 'registry.txn.status'],
    }));
  });
  beforeEach(async () => {
    const app = createHttpApp({
      log: silentLogger,
      metrics: createMetrics(),
      doors: [peerTokenRoutes({ tokens, accessLog: createAccessLog({ ledger: door.ledger, clock: systemClock }) })],
    });
    endpoint = await listen(app.callback(), '127.0.0.1', 0);
  });
  afterEach(() => endpoint.stop(100));
  after(() => door.stop());

  const post = async (headers: Record<string, string>, body?: string, path = '/oauth2/client/token') => {
    const response = await fetch(`http://127.0.0.1:${endpoint.port}${path}`, {
      method: 'POST',
      headers,
      ...(body === undefined ? {} : { body }),
    });
    const json = (await response.json()) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, json };
  };
  const form = (more: Record<string, string> = {}) =>
    new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: peer.senderId,
      client_secret: secret,
      ...more,
    }).toString();
  const basic = (id: string, value: string) => ({
    authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(value)}`).toString('base64')}`,
  });
  const search = (who: TestPeer, token: unknown, path?: string) =>
    door.search(signString(who, who.search(byId('UIN', '1'))), String(token), path ? { path } : {});

  it('takes a form, JSON and HTTP Basic, at both paths, and its tokens open the door', async () => {
    const json = { grant_type: 'client_credentials', client_id: peer.senderId, client_secret: secret };
    const answers = [
      await post(FORM, form()),
      await post(JSON_TYPE, JSON.stringify(json)),
      await post({ ...FORM, ...basic(peer.senderId, secret) }, 'grant_type=client_credentials'),
      await post(FORM, form(), '/oauth2/token'),
      await post(FORM, form(), '/dci_api/v1/oauth2/client/token'),
    ];
    for (const { status, json: body, headers } of answers) {
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal(body['token_type'], 'bearer');
      assert.equal(body['expires_in'], 3600);
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal((await search(peer, body['access_token'])).status, 200);
    }
  });

  it('is on the ledger, with who got a token and what it allows', async () => {
    await post({ ...FORM, ...basic(peer.senderId, secret) }, 'grant_type=client_credentials&scope=registry.search');
    const [row] = (await door.ledger.find({ kind: 'access', newestFirst: true, limit: 1 })).entries;
    const { endpoint: where, peer: who, status, facts } = row?.entry ?? {};
    assert.deepEqual(
      [where, who, status, facts],
      ['POST /oauth2/client/token', peer.senderId, 200, { scopes: ['registry.search'] }],
    );
  });

  it('refuses wrong and missing credentials with 401 and invalid_client alone', async () => {
    for (const body of [form({ client_secret: 'no' }), form({ client_id: 'limited.example.org' }), 'grant_type=x']) {
      const { status, json, headers } = await post(FORM, body);
      assert.equal(status, 401);
      assert.deepEqual(json, { error: 'invalid_client' });
      assert.match(headers.get('www-authenticate') ?? '', /^Basic/);
    }
  });

  it('refuses other grants, scopes that it cannot give, and other methods', async () => {
    assert.equal((await post(FORM, form({ grant_type: 'password' }))).json['error'], 'unsupported_grant_type');
    const scope = await post(FORM, form({ scope: 'mapper.link' }));
    assert.deepEqual([scope.status, scope.json['error']], [400, 'invalid_scope']);
    assert.equal((await fetch(`http://127.0.0.1:${endpoint.port}/oauth2/token`)).status, 405);
  });

  it('throttles failures per address', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 6; i += 1) statuses.push((await post(FORM, form({ client_secret: 'no' }))).status);
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429]);
  });

  it('gives tokens for fewer scopes, which hold for each operation and registry', async () => {
    const given = await post(FORM, form({ scope: 'social:registry.search registry.notify' }));
    assert.equal(given.json['scope'], 'social:registry.search registry.notify');
    const token = given.json['access_token'];
    assert.equal((await search(peer, token, '/social/registry/sync/search')).status, 200);
    const elsewhere = await search(peer, token, '/crvs/registry/sync/search');
    assert.deepEqual([elsewhere.status, elsewhere.json.message.error.code], [403, 'err.request.forbidden']);
  });

  it('never gives more than the peer has', async () => {
    const ask = (scope: string) =>
      post(FORM, form({ client_id: limited.senderId, client_secret: limitedSecret, scope }));
    assert.equal((await ask('registry.search')).json['scope'], 'social:registry.search');
    assert.equal((await ask('crvs:registry.search')).json['error'], 'invalid_scope');
    assert.equal((await ask('fr:registry.txn.status registry.notify')).json['scope'], 'fr:registry.txn.status');
    const all = await post(FORM, form({ client_id: limited.senderId, client_secret: limitedSecret }));
    const token = all.json['access_token'];
    assert.equal((await search(limited, token, '/social/registry/sync/search')).status, 200);
    assert.equal((await search(limited, token, '/fr/registry/sync/search')).status, 403);
  });

  it('binds its tokens to the sender', async () => {
    const token = (await post(FORM, form())).json['access_token'];
    const answer = await search(limited, token);
    assert.deepEqual([answer.status, answer.json.message.error.code], [403, 'err.request.forbidden']);
  });
});
