import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, SignJWT } from 'jose';
import {
  type Clients,
  createClients,
  createClientTokens,
  keptTokenSecret,
  parseScope,
  requireScope,
  showScope,
} from '../../../src/access/clients/index.ts';
import { sleep } from '../../../src/core/async.ts';
import { systemClock } from '../../../src/core/clock.ts';
import type { Database } from '../../../src/storage/index.ts';
import { describeStore } from '../../support/stores.ts';

const secret = 'a secret of the tests that is long enough';

describeStore('API clients', ({ database, again }) => {
  let clients: Clients;
  let elsewhere: Clients;
  let other: Database;
  before(async () => {
    other = await again();
    clients = createClients({ db: database(), clock: systemClock });
    elsewhere = createClients({ db: other, clock: systemClock });
  });
  after(() => other.close());
  const make = (...scopes: string[]) => clients.add({ name: 'Reader', scopes: scopes.map(parseScope) });

  it('know their secret, and no other', async () => {
    const { client, secret: shown } = await make('audit:read');
    assert.equal((await clients.authenticate(client.clientId, shown))?.clientId, client.clientId);
    assert.equal(await clients.authenticate(client.clientId, `${shown}x`), undefined);
    assert.equal(await clients.authenticate('client_nobody', shown), undefined);
  });

  it('keep the secret nowhere in the database', async () => {
    const { secret: shown } = await make('audit:read');
    assert.ok(!JSON.stringify(await clients.list()).includes(shown));
  });

  it('lose their rights in every process soon after a change', async () => {
    const { client, secret: shown } = await make('individual:read');
    assert.ok(await elsewhere.find(client.clientId));
    await clients.replaceScopes(client.clientId, [parseScope('group:all')]);
    const rotated = await clients.rotate(client.clientId);
    await sleep(1500);
    assert.deepEqual((await elsewhere.find(client.clientId))?.scopes.map(showScope), ['group:all']);
    assert.equal(await elsewhere.authenticate(client.clientId, shown), undefined);
    assert.ok(await elsewhere.authenticate(client.clientId, rotated.secret));
    await clients.revoke(client.clientId);
    await sleep(1500);
    assert.equal(await elsewhere.find(client.clientId), undefined);
  });

  it('refuse what cannot be', async () => {
    await assert.rejects(clients.add({ name: '', scopes: [parseScope('audit:read')] }), /needs a name/);
    await assert.rejects(clients.add({ name: 'x', scopes: [] }), /--scope/);
    await assert.rejects(
      clients.add({ name: 'x', scopes: [parseScope('audit:read')], legalBasis: 'because' }),
      /legal basis must be one of/,
    );
    await assert.rejects(clients.revoke('client_nobody'), /no client/);
  });

  it('carry tokens whose rights are read anew on each request', async () => {
    const tokens = createClientTokens({ clients, secret, clock: systemClock });
    const { client } = await make('audit:read', 'group:read');
    const token = await tokens.issue(client);
    assert.equal(decodeJwt(token)['client_id'], client.clientId);
    requireScope(await tokens.authenticate(`Bearer ${token}`), 'audit', 'read');
    await clients.replaceScopes(client.clientId, [parseScope('group:search')]);
    const now = await tokens.authenticate(`Bearer ${token}`);
    assert.throws(() => requireScope(now, 'audit', 'read'), /Missing required scope 'audit:read'/);
    requireScope(now, 'group', 'search');
  });

  it('keep a token that was asked down at what it asked for', async () => {
    const tokens = createClientTokens({ clients, secret, clock: systemClock });
    const { client } = await make('audit:read', 'group:read');
    const token = await tokens.issue(client, [parseScope('group:read')]);
    assert.deepEqual((await tokens.authenticate(`Bearer ${token}`)).scopes.map(showScope), ['group:read']);
  });

  it('are not impersonated by expired, foreign or unsigned tokens', async () => {
    const tokens = createClientTokens({ clients, secret, clock: systemClock });
    const { client } = await make('audit:read');
    const past = createClientTokens({ clients, secret, clock: () => Date.now() - 2 * 86_400_000 });
    await assert.rejects(tokens.authenticate(`Bearer ${await past.issue(client)}`), /Token expired/);
    const foreign = createClientTokens({ clients, secret: `${secret}!`, clock: systemClock });
    await assert.rejects(tokens.authenticate(`Bearer ${await foreign.issue(client)}`), /Invalid token/);
    const wrongIssuer = await new SignJWT({ client_id: client.clientId })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('someone')
      .setAudience('openspp')
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(secret));
    await assert.rejects(tokens.authenticate(`Bearer ${wrongIssuer}`), /Invalid token/);
    await assert.rejects(tokens.authenticate('Bearer e30.e30.'), /Invalid token/);
    await assert.rejects(tokens.authenticate(undefined), /Missing Authorization header/);
  });
});

describe('parseScope', () => {
  it('reads resource, action and fields', () => {
    assert.deepEqual(parseScope('individual:read=name,birthDate'), {
      resource: 'individual',
      action: 'read',
      fields: ['name', 'birthDate'],
    });
  });
  for (const bad of ['individual', 'person:read', 'individual:fly', 'individual:read:x']) {
    it(`refuses ${bad}`, () => assert.throws(() => parseScope(bad)));
  }
});

describe('keptTokenSecret', () => {
  it('makes a secret once, for the owner only', () => {
    const folder = mkdtempSync(join(tmpdir(), 'crosswalk-secret-'));
    const first = keptTokenSecret(folder);
    assert.ok(first.length >= 32);
    assert.equal(keptTokenSecret(folder), first);
    assert.equal(statSync(join(folder, 'api-token-secret')).mode & 0o777, 0o600);
    rmSync(folder, { recursive: true });
  });
});
