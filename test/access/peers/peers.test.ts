import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPeerDirectory, createPeers, hasScope, openAsking, type Peers } from '../../../src/access/index.ts';
import type { Peer, PeerDirectory } from '../../../src/access/ports.ts';
import { sleep } from '../../../src/core/async.ts';
import { type Database, knexOf } from '../../../src/storage/index.ts';
import { openSecretBox } from '../../../src/trust/index.ts';
import type { PublicJwk } from '../../../src/trust/ports.ts';
import { describeStore } from '../../support/stores.ts';

const jwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) as PublicJwk;

describeStore('peers', ({ database, again }) => {
  const folder = mkdtempSync(join(tmpdir(), 'crosswalk-peers-'));
  const secrets = openSecretBox(join(folder, 'peer-secrets.key'));
  let peers: Peers;
  let directory: PeerDirectory;
  let other: Database;
  before(async () => {
    other = await again();
    peers = createPeers({ db: database(), clock: Date.now, secrets });
    directory = createPeerDirectory(other);
  });
  after(async () => {
    await other.close();
    rmSync(folder, { recursive: true });
  });

  it('are found by their token and their id in every process, and by nothing else', async () => {
    const { peer, token } = await peers.add('crvs.example.org', { keys: [jwk] });
    await sleep(1200);
    assert.deepEqual((await directory.byToken(token))?.keys, peer.keys);
    assert.equal((await directory.bySenderId('crvs.example.org'))?.id, peer.id);
    assert.equal(await directory.byToken(`${token}x`), undefined);
    assert.equal(await directory.byToken(''), undefined);
  });

  it('keep their token only as a hash', async () => {
    const { token } = await peers.add('hashed.example.org', { token: 'a-token-of-my-own' });
    assert.equal(token, 'a-token-of-my-own');
    const rows = await database().read(async (reader) => knexOf(reader)('peers'));
    assert.ok(!JSON.stringify(rows).includes('a-token-of-my-own'));
  });

  it('are called by the token they come with, until another way is set', async () => {
    const openWith = (peer: Peer) => peer.asking && openAsking(secrets, peer.senderId, peer.asking);
    const { peer, token } = await peers.add('shared.example.org', {});
    assert.equal(openWith(peer), token);
    assert.equal(openWith(await peers.update('shared.example.org', { token: 'another' })), 'another');
    const chosen = await peers.update('shared.example.org', { asking: { token: 'theirs' } });
    assert.equal(openWith(chosen), 'theirs');
    assert.equal(openWith(await peers.update('shared.example.org', { token: 'third' })), 'theirs');
  });

  it('are called by tokens fetched with our client id and secret, of which the secret is sealed', async () => {
    const asking = { tokenUrl: 'https://c.example.org/token', clientId: 'us', clientSecret: 'hush-hush' };
    const { peer } = await peers.add('client.example.org', { asking });
    assert.ok(!JSON.stringify(peer).includes('hush-hush'));
    assert.equal(peer.asking && openAsking(secrets, peer.senderId, peer.asking), 'hush-hush');
    const moved = await peers.update('client.example.org', { asking: { credentials: 'query' } });
    assert.deepEqual(
      { ...moved.asking, clientSecret: '' },
      { by: 'client', tokenUrl: asking.tokenUrl, clientId: 'us', clientSecret: '', credentials: 'query' },
    );
    await assert.rejects(
      async () => peers.add('half.example.org', { asking: { clientId: 'us' } }),
      /client secret are needed/,
    );
  });

  it('do not show what they are called by to another key', async () => {
    const { peer } = await peers.add('sealed.example.org', {});
    const stranger = openSecretBox(join(folder, 'another.key'));
    assert.throws(() => peer.asking && openAsking(stranger, peer.senderId, peer.asking), /does not open with the key/);
  });

  it('are shut out everywhere within two seconds of being revoked, and may come back', async () => {
    const { token, peer } = await peers.add('gone.example.org', {});
    await sleep(1200);
    assert.ok(await directory.byToken(token));
    await peers.revoke('gone.example.org');
    await sleep(1200);
    assert.equal(await directory.byToken(token), undefined);
    assert.equal(await directory.bySenderId('gone.example.org'), undefined);
    assert.equal((await peers.add('gone.example.org', {})).peer.id, peer.id);
  });

  it('keep in mind which of their keys are believed no longer, through updates, until they are added anew', async () => {
    await peers.add('leaky.example.org', { keys: [jwk] });
    await peers.revokeKey('leaky.example.org', 'k1');
    await peers.revokeKey('leaky.example.org', 'k2');
    await peers.update('leaky.example.org', { mustSign: true });
    await sleep(1200);
    assert.deepEqual((await directory.bySenderId('leaky.example.org'))?.revokedKeys, ['k1', 'k2']);
    await assert.rejects(peers.revokeKey('nobody.example.org', 'k1'), /no peer/);
    await peers.revoke('leaky.example.org');
    assert.equal((await peers.add('leaky.example.org', {})).peer.revokedKeys, undefined);
  });

  it('change only what an update names', async () => {
    await peers.add('changing.example.org', { keys: [jwk], signature: 'jws', mustSign: true });
    const changed = await peers.update('changing.example.org', { callback: 'https://changing.example.org/cb' });
    assert.deepEqual(
      [changed.keys.length, changed.signature, changed.mustSign, changed.callback],
      [1, 'jws', true, 'https://changing.example.org/cb'],
    );
  });

  const refusals: [string, string, Parameters<Peers['add']>[1], RegExp][] = [
    ['an id with a bar', 'a|b', {}, /sender id/],
    ['an unknown form', 'x1', { signature: 'pgp' }, /one of ed25519, jws/],
    ['a callback that is no URL', 'x2', { callback: 'nowhere' }, /callback address/],
    ['a key set address with a password', 'x3', { jwksUrl: 'https://u:p@h/jwks' }, /must not hold/],
    ['an unknown operation', 'x4', { scopes: ['registry.fly'] }, /not an operation/],
    ['an unknown registry', 'x5', { scopes: ['land:registry.search'] }, /not a registry/],
    ['a token with a blank', 'x6', { token: 'a b' }, /printable/],
  ];
  for (const [what, id, settings, reason] of refusals) {
    it(`are refused with ${what}`, async () => {
      await assert.rejects(async () => await peers.add(id, settings), reason);
      assert.ok(!(await peers.list()).some(({ senderId }) => senderId === id));
    });
  }

  it('are refused twice under one id, and with another peer’s token', async () => {
    await peers.add('twin.example.org', { token: 'twin-token' });
    await assert.rejects(peers.add('twin.example.org', {}), /peer update/);
    await assert.rejects(peers.add('thief.example.org', { token: 'twin-token' }), /another peer/);
    await assert.rejects(peers.update('nobody.example.org', {}), /no peer/);
  });
});

describe('hasScope', () => {
  it('allows everything without scopes, else what is named, narrowed or not', () => {
    assert.ok(hasScope({ scopes: [] }, 'registry.search', 'social'));
    assert.ok(hasScope({ scopes: ['registry.search'] }, 'registry.search', 'crvs'));
    assert.ok(hasScope({ scopes: ['social:registry.search'] }, 'registry.search', 'social'));
    assert.ok(!hasScope({ scopes: ['social:registry.search'] }, 'registry.search', 'crvs'));
    assert.ok(!hasScope({ scopes: ['registry.notify'] }, 'registry.search', 'social'));
  });
});
