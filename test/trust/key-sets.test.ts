import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { Fault } from '../../src/core/fault.ts';
import { createKeySets, createVerifier } from '../../src/trust/index.ts';
import type { KeySource, PublicJwk } from '../../src/trust/ports.ts';
import { printParameters, stringParameters } from './foreign-peer.ts';

const START = Date.parse('2026-03-01T12:00:00Z');
const source: KeySource = { senderId: 'peer', keys: [], jwksUrl: 'https://peer.example.org/jwks.json' };
const envelope = { header: { message_id: 'm' }, message: {} };
const body = Buffer.from(JSON.stringify(envelope));

/** A peer whose published set can be changed, and our view of it. */
const stage = ({ cacheSeconds = 300 } = {}) => {
  let now = START;
  let published: readonly unknown[] = [];
  let maxAge: number | undefined;
  let down = false;
  let fetches = 0;
  let hold: Promise<void> = Promise.resolve();
  const fetch = async () => {
    fetches += 1;
    await hold;
    if (down) throw new Fault('net.upstream', 'the key set is out of reach');
    return { keys: published, ...(maxAge !== undefined && { maxAgeSeconds: maxAge }) };
  };
  const keySets = createKeySets({ fetch, cacheSeconds, clock: () => now });
  const verifier = createVerifier({ keySets, clock: () => now });
  const check = async (pair: Pair, from: KeySource = source): Promise<string> => {
    const parameters = await stringParameters(envelope, { key: pair.key, kid: `peer|${pair.kid}|ed25519`, nowMs: now });
    const message = { body, signature: printParameters(parameters), messageTs: undefined };
    return verifier.verify(from, message, { policy: 'required', mustSign: false }).then(
      () => 'verified',
      (error: unknown) => (error instanceof Fault ? `${error.code}: ${error.message}` : String(error)),
    );
  };
  return {
    check,
    keySets,
    publish: (...pairs: (Pair | object)[]) => {
      published = pairs.map((pair) => ('jwk' in pair ? pair.jwk : pair));
    },
    setMaxAge: (seconds: number) => {
      maxAge = seconds;
    },
    goDown: (value: boolean) => {
      down = value;
    },
    holdUntil: (gate: Promise<void>) => {
      hold = gate;
    },
    wait: (ms: number) => {
      now += ms;
    },
    fetches: () => fetches,
  };
};

interface Pair {
  readonly kid: string;
  readonly key: KeyObject;
  readonly jwk: PublicJwk;
}
const makePair = (kid: string): Pair => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { kid, key: privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid } as unknown as PublicJwk };
};
const [a, b, c] = [makePair('a'), makePair('b'), makePair('c')] as [Pair, Pair, Pair];
const notMade = 'signature.invalid: the signature was not made by a registered key of the sender';
const unreachable = 'signature.invalid: the key set of the sender cannot be fetched';

describe('key sets of others', () => {
  it('are fetched once and kept', async () => {
    const peer = stage();
    peer.publish(a);
    assert.equal(await peer.check(a), 'verified');
    peer.wait(299_000);
    assert.equal(await peer.check(a), 'verified');
    assert.equal(peer.fetches(), 1);
    peer.wait(1_000);
    assert.equal(await peer.check(a), 'verified');
    assert.equal(peer.fetches(), 2);
  });

  it('are kept no longer than they say themselves', async () => {
    const peer = stage();
    peer.setMaxAge(60);
    peer.publish(a);
    await peer.check(a);
    peer.wait(60_000);
    await peer.check(a);
    assert.equal(peer.fetches(), 2);
  });

  it('are kept no longer than configured, whatever they say', async () => {
    const peer = stage({ cacheSeconds: 10 });
    peer.setMaxAge(86_400);
    peer.publish(a);
    await peer.check(a);
    peer.wait(10_000);
    await peer.check(a);
    assert.equal(peer.fetches(), 2);
  });

  it('are asked for once a second at most when they may not be kept', async () => {
    const peer = stage();
    peer.setMaxAge(0);
    peer.publish(a);
    for (let i = 0; i < 5; i += 1) assert.equal(await peer.check(a), 'verified');
    assert.equal(peer.fetches(), 1);
  });

  it('are fetched anew for an unknown key id, at most once in five seconds', async () => {
    const peer = stage();
    peer.publish(a);
    assert.equal(await peer.check(a), 'verified');
    peer.publish(a, b);
    peer.wait(5_000);
    assert.equal(await peer.check(b), 'verified');
    assert.equal(peer.fetches(), 2);
    for (let i = 0; i < 5; i += 1) assert.equal(await peer.check(c), notMade);
    assert.equal(peer.fetches(), 2);
    peer.wait(5_000);
    assert.equal(await peer.check(c), notMade);
    assert.equal(peer.fetches(), 3);
  });

  it('are not fetched anew for a bad signature under a known key id', async () => {
    const peer = stage();
    peer.publish(a);
    await peer.check(a);
    peer.wait(10_000);
    assert.equal(await peer.check({ ...a, key: b.key }), notMade);
    assert.equal(peer.fetches(), 1);
  });

  it('are fetched once for many messages that come at the same time', async () => {
    const peer = stage();
    peer.publish(a);
    let release: () => void = () => {};
    peer.holdUntil(
      new Promise((resolve) => {
        release = resolve;
      }),
    );
    const checks = Array.from({ length: 20 }, () => peer.check(a));
    await new Promise((resolve) => setTimeout(resolve, 20));
    release();
    assert.deepEqual(new Set(await Promise.all(checks)), new Set(['verified']));
    assert.equal(peer.fetches(), 1);
  });

  it('refuse a key that was removed once the cache has run out', async () => {
    const peer = stage();
    peer.publish(a);
    assert.equal(await peer.check(a), 'verified');
    peer.publish(b);
    assert.equal(await peer.check(a), 'verified');
    peer.wait(300_000);
    assert.equal(await peer.check(a), notMade);
  });

  it('are not used beyond their time when they cannot be fetched, and come back by themselves', async () => {
    const peer = stage();
    peer.publish(a);
    assert.equal(await peer.check(a), 'verified');
    peer.goDown(true);
    peer.wait(300_000);
    assert.equal(await peer.check(a), unreachable);
    assert.equal(await peer.check(a), unreachable);
    assert.equal(peer.fetches(), 2, 'a failed fetch is repeated too soon');
    peer.goDown(false);
    peer.wait(5_000);
    assert.equal(await peer.check(a), 'verified');
  });

  it('stay in force when only the fetch for an unknown key id fails', async () => {
    const peer = stage();
    peer.publish(a);
    await peer.check(a);
    peer.goDown(true);
    peer.wait(10_000);
    assert.equal(await peer.check(c), notMade);
    assert.equal(await peer.check(a), 'verified');
  });

  it('are spoiled by no single key', async () => {
    const peer = stage();
    peer.publish({ kty: 'oct', k: 'AA' }, { kty: 'RSA', n: 7 }, { nonsense: true }, a);
    assert.equal(await peer.check(a), 'verified');
  });

  it('stand beside registered keys, which need no fetch', async () => {
    const peer = stage();
    peer.publish(b);
    const both = { ...source, keys: [a.jwk] };
    assert.equal(await peer.check(a, both), 'verified');
    assert.equal(peer.fetches(), 0);
    assert.equal(await peer.check(b, both), 'verified');
  });

  it('follow the address when it changes', async () => {
    const peer = stage();
    peer.publish(a);
    await peer.check(a);
    await peer.check(a, { ...source, jwksUrl: 'https://peer.example.org/new.json' });
    assert.equal(peer.fetches(), 2);
  });

  it('give the first key for encryption', async () => {
    const peer = stage();
    peer.publish(a, { kty: 'RSA', use: 'enc', kid: 'e1', n: 'AQAB', e: 'AQAB' }, { kty: 'RSA', use: 'enc', kid: 'e2' });
    assert.equal((await peer.keySets.encryptionKey(source))?.kid, 'e1');
    const registered: PublicJwk = { kty: 'RSA', use: 'enc', kid: 'mine' };
    assert.equal((await peer.keySets.encryptionKey({ ...source, keys: [a.jwk, registered] }))?.kid, 'mine');
    assert.equal(await peer.keySets.encryptionKey({ senderId: 'x', keys: [a.jwk] }), undefined);
  });

  it('give no key that the operator believes no longer, by its id or its thumbprint', async () => {
    const peer = stage();
    peer.publish(a, b);
    const thumbprint = await calculateJwkThumbprint(b.jwk as JWK);
    for (const revokedKeys of [['b'], [thumbprint]]) {
      const from = { ...source, revokedKeys };
      assert.deepEqual([await peer.check(a, from), await peer.check(b, from)], ['verified', notMade]);
      const registered = { senderId: 'peer', keys: [a.jwk, b.jwk], revokedKeys };
      assert.deepEqual([await peer.check(a, registered), await peer.check(b, registered)], ['verified', notMade]);
    }
    const encryption: PublicJwk = { kty: 'RSA', use: 'enc', kid: 'e1', n: 'AQAB', e: 'AQAB' };
    const next = { ...encryption, kid: 'e2' };
    const from = { senderId: 'x', keys: [encryption, next], revokedKeys: ['e1'] };
    assert.equal((await peer.keySets.encryptionKey(from))?.kid, 'e2');
  });
});
