import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import {
  createPeerDirectory,
  createPeers,
  createPeerTokens,
  narrowScopes,
  type Peers,
  type PeerTokens,
} from '../../../src/access/index.ts';
import type { Database } from '../../../src/storage/index.ts';
import { createKeySets } from '../../../src/trust/index.ts';
import { handClock } from '../../registry/support.ts';
import { freshSqlite, type TestDatabase } from '../../support/stores.ts';

const ISSUER = 'https://id.example.org/realms/sp';
const JWKS = 'https://id.example.org/jwks';

describe('tokens of peers', () => {
  const clock = handClock();
  const secret = 's'.repeat(40);
  let test: TestDatabase;
  let db: Database;
  let peers: Peers;
  let tokens: PeerTokens;
  let keys: { privateKey: KeyObject; jwk: object };

  before(async () => {
    test = await freshSqlite();
    db = await test.open();
    await db.migrate();
    peers = createPeers({ db, clock });
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    keys = { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' } };
    const keySets = createKeySets({
      fetch: async (url) => {
        assert.equal(url, JWKS);
        return { keys: [keys.jwk] };
      },
      cacheSeconds: 300,
      clock,
    });
    tokens = createPeerTokens({ directory: createPeerDirectory(db), keySets, secret, clock });
  });
  after(async () => {
    await db.close();
    await test.drop();
  });

  const outside = (claims: JWTPayload, key: KeyObject = keys.privateKey): Promise<string> => {
    const now = Math.floor(clock() / 1000);
    return new SignJWT({ iss: ISSUER, aud: 'crosswalk', iat: now, exp: now + 300, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .sign(key);
  };
  const issuer = { issuer: ISSUER, jwksUrl: JWKS, audience: 'crosswalk' };

  it('are known as registered, and as issued here until they expire', async () => {
    const { peer, token } = await peers.add('own.example.org', {});
    assert.equal((await tokens.peerOf(token))?.senderId, 'own.example.org');
    const issued = await tokens.issue(peer);
    assert.equal((await tokens.peerOf(issued))?.senderId, 'own.example.org');
    clock.advance(3601_000);
    assert.equal(await tokens.peerOf(issued), undefined);
  });

  it('issued here die with the secret they were got for, and with the peer', async () => {
    const { peer } = await peers.add('dying.example.org', {});
    const issued = await tokens.issue(peer);
    await peers.update('dying.example.org', { token: 'a-new-one' });
    assert.equal(await tokens.peerOf(issued), undefined);
    const again = await tokens.issue(peer);
    assert.ok(await tokens.peerOf(again));
    await peers.revoke('dying.example.org');
    assert.equal(await tokens.peerOf(again), undefined);
  });

  it('issued here are refused when altered, unsigned, of another secret, or without an end', async () => {
    const { peer } = await peers.add('strict.example.org', {});
    const [head, body, signature] = (await tokens.issue(peer)).split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as JWTPayload;
    const other = Buffer.from(JSON.stringify({ ...claims, scope: 'registry.search' })).toString('base64url');
    const endless = await new SignJWT({ ...claims, exp: undefined as never })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(secret));
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode('y'.repeat(40)));
    for (const bad of [
      `${head}.${other}.${signature}`,
      new UnsecuredJWT(claims).encode(),
      endless,
      forged,
      'a.b.c',
      'x',
    ]) {
      assert.equal(await tokens.peerOf(bad), undefined, bad);
    }
    assert.ok(await tokens.peerOf(`${head}.${body}.${signature}`));
  });

  it('of another issuer are known by its keys, when they are meant for us and not expired', async () => {
    await peers.add('named.example.org', { issuer: { ...issuer, subject: 'sp-service' } });
    await peers.add('open.example.org', { issuer });
    assert.equal((await tokens.peerOf(await outside({ sub: 'sp-service' })))?.senderId, 'named.example.org');
    assert.equal(
      (await tokens.peerOf(await outside({ azp: 'sp-service', sub: 'u-1' })))?.senderId,
      'named.example.org',
    );
    assert.equal((await tokens.peerOf(await outside({ sub: 'anybody' })))?.senderId, 'open.example.org');
    const strange = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const now = Math.floor(clock() / 1000);
    for (const bad of [
      await outside({ sub: 'sp-service', aud: 'somebody-else' }),
      await outside({ sub: 'sp-service', exp: now - 61 }),
      await outside({ sub: 'sp-service', exp: undefined as never }),
      await outside({ sub: 'sp-service', nbf: now + 600 }),
      await outside({ sub: 'sp-service', iss: 'https://else.example.org' }),
      await outside({ sub: 'sp-service' }, strange),
    ]) {
      assert.equal(await tokens.peerOf(bad), undefined);
    }
  });

  it('of another issuer are of nobody when two peers would claim them', async () => {
    await peers.add('twin.example.org', { issuer });
    assert.equal(await tokens.peerOf(await outside({ sub: 'anybody' })), undefined);
    assert.equal((await tokens.peerOf(await outside({ sub: 'twin.example.org' })))?.senderId, 'twin.example.org');
  });

  it('of another issuer cannot be made with its public key as a secret', async () => {
    const publicText = new TextEncoder().encode(JSON.stringify(keys.jwk));
    const now = Math.floor(clock() / 1000);
    const forged = await new SignJWT({ iss: ISSUER, aud: 'crosswalk', sub: 'sp-service', exp: now + 300 })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .sign(publicText);
    assert.equal(await tokens.peerOf(forged), undefined);
  });

  it('leave the scopes that they name, and nothing when those are none of ours', async () => {
    const scoped = await tokens.peerOf(await outside({ sub: 'sp-service', scope: 'openid crvs:registry.search' }));
    assert.deepEqual(scoped?.scopes, ['crvs:registry.search']);
    await assert.rejects(async () => tokens.peerOf(await outside({ sub: 'sp-service', scp: ['openid'] })), {
      code: 'scope.missing',
    });
  });

  it('of another issuer need its name, keys and audience', async () => {
    await assert.rejects(async () => peers.add('half.example.org', { issuer: { issuer: ISSUER } }), /audience/);
    await assert.rejects(
      async () => peers.add('half.example.org', { issuer: { ...issuer, jwksUrl: 'ftp://x' } }),
      /http or https/,
    );
    const changed = await peers.update('named.example.org', { issuer: { audience: 'dci' } });
    assert.deepEqual(changed.issuer, { ...issuer, audience: 'dci', subject: 'sp-service' });
  });
});

describe('narrowScopes', () => {
  it('leaves what both sides name, in the narrower form', () => {
    assert.deepEqual(narrowScopes([], ['registry.search', 'openid', 'land:registry.search']), ['registry.search']);
    assert.deepEqual(narrowScopes(['registry.search'], ['fr:registry.search']), ['fr:registry.search']);
    assert.deepEqual(narrowScopes(['fr:registry.search'], ['registry.search']), ['fr:registry.search']);
    assert.deepEqual(narrowScopes(['fr:registry.search'], ['dr:registry.search', 'registry.notify']), []);
  });
});
