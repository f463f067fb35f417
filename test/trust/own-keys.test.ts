import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { isFault } from '../../src/core/fault.ts';
import { type KeyOptions, type OwnKeys, openKeys, revokeKey, rotateKeys } from '../../src/trust/index.ts';
import { newestRevision, readKeyset, writeKeyset } from '../../src/trust/keyset-file.ts';

const HOUR_MS = 3_600_000;

describe('own keys', () => {
  let folder: string;
  let directory: string;
  let now: number;
  const opened: OwnKeys[] = [];
  const clock = (): number => now;
  const open = async (more: Partial<KeyOptions> = {}): Promise<OwnKeys> => {
    const keys = await openKeys({ directory, clock, ...more });
    opened.push(keys);
    return keys;
  };
  const ids = (keys: OwnKeys, state: string): string[] =>
    keys
      .list()
      .flatMap((key) => (key.state === state ? [key.id] : []))
      .sort();
  const files = (): string =>
    readdirSync(directory)
      .map((name) => readFileSync(join(directory, name), 'utf8'))
      .join();
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'opened',
      (error: unknown) => (isFault(error) ? error.code : String(error)),
    );

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'crosswalk-keys-'));
    directory = join(folder, 'keys');
    now = Date.parse('2026-03-01T12:00:00Z');
  });
  afterEach(() => {
    for (const keys of opened.splice(0)) keys.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are made on the first start and found again on the next, readable by nobody else', async () => {
    const first = await open();
    const second = await open();
    assert.deepEqual(second.jwks(['us']), first.jwks(['us']));
    assert.deepEqual(
      first.list().map(({ algorithm, state }) => [algorithm, state]),
      [
        ['EdDSA', 'active'],
        ['RS256', 'active'],
        ['RSA-OAEP-256', 'active'],
      ],
    );
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    assert.deepEqual(
      readdirSync(directory).map((name) => statSync(join(directory, name)).mode & 0o777),
      [0o600],
    );
  });

  it('are one set when several processes start at once', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => open()));
    for (const keys of all) assert.deepEqual(keys.jwks(['us']), (all[0] as OwnKeys).jwks(['us']));
    assert.equal(readdirSync(directory).length, 1);
  });

  it('are published as peers look for them', async () => {
    const keys = await open();
    const published = keys.jwks(['us.example.org', 'https://us.example.org', 'us.example.org']).keys;
    const { id } = keys.signingKey('EdDSA');
    const rsa = keys.signingKey('RS256').publicJwk;
    assert.deepEqual(
      published.map(({ kty, use, alg, kid }) => [kty, use, alg, kid]),
      [
        ['OKP', 'sig', 'EdDSA', `us.example.org|${id}|ed25519`],
        ['OKP', 'sig', 'EdDSA', `https://us.example.org|${id}|ed25519`],
        ['RSA', 'sig', 'RS256', await calculateJwkThumbprint(rsa as JWK)],
        ['RSA', 'enc', 'RSA-OAEP-256', keys.decryptionKeys()[0]?.kid],
      ],
    );
    assert.equal(Buffer.from(rsa['n'] as string, 'base64url').length * 8, 2048);
    assert.ok(!published.some((key) => 'd' in key || 'p' in key), 'a private part is published');
  });

  describe('when rotated', () => {
    it('are published at once, used within ten seconds, and the old ones verify for a day', async () => {
      const keys = await open();
      const old = ids(keys, 'active');
      const oldSigner = keys.signingKey('EdDSA').id;
      await rotateKeys({ directory, clock });
      await keys.reload();
      assert.equal(keys.signingKey('EdDSA').id, oldSigner, 'signs before every process publishes the key');
      assert.equal(keys.jwks(['us']).keys.filter(({ use }) => use === 'sig').length, 4);
      assert.equal(keys.jwks(['us']).keys[0]?.kid, `us|${oldSigner}|ed25519`);
      assert.equal(ids(keys, 'coming').length, 3);

      now += 10_000;
      const newSigner = keys.signingKey('EdDSA').id;
      assert.notEqual(newSigner, oldSigner);
      assert.deepEqual(ids(keys, 'retired'), old);
      assert.deepEqual(
        keys.jwks(['us']).keys.flatMap(({ kty, kid }) => (kty === 'OKP' ? [kid] : [])),
        [`us|${newSigner}|ed25519`, `us|${oldSigner}|ed25519`],
      );
      assert.equal(keys.jwks(['us']).keys.filter(({ use }) => use === 'enc').length, 1);
      assert.equal(keys.decryptionKeys().length, 2);

      now += 24 * HOUR_MS;
      assert.deepEqual(ids(keys, 'retired'), old);
      now += HOUR_MS;
      assert.deepEqual(ids(keys, 'expired'), old);
      assert.equal(keys.jwks(['us']).keys.length, 3);
      assert.equal(keys.decryptionKeys().length, 1);
    });

    it('are seen by a running process without being told', async () => {
      const keys = await open();
      await rotateKeys({ directory, clock });
      const since = Date.now();
      while (ids(keys, 'coming').length === 0 && Date.now() - since < 5000) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.equal(ids(keys, 'coming').length, 3);
    });

    it('leave the public half of what expired, and no private one', async () => {
      const keys = await open();
      const old = ids(keys, 'active');
      await rotateKeys({ directory, clock });
      now += 48 * HOUR_MS;
      await rotateKeys({ directory, clock });
      await keys.reload();
      assert.deepEqual(ids(keys, 'expired'), old);
      const stored = (await readKeyset(directory))?.keyset.keys ?? [];
      assert.deepEqual(stored.flatMap((key) => (key.private ? [] : [key.id])).sort(), old);
    });

    it('lose nothing when two operators rotate at once', async () => {
      await open();
      const made = await Promise.all([rotateKeys({ directory, clock }), rotateKeys({ directory, clock })]);
      const stored = (await readKeyset(directory))?.keyset.keys.map(({ id }) => id) ?? [];
      assert.equal(stored.length, 9);
      for (const { id } of made.flat()) assert.ok(stored.includes(id));
    });

    it('are refused before there are any', async () => {
      assert.equal(await codeOf(rotateKeys({ directory, clock })), 'key.unusable');
    });
  });

  describe('when one is revoked', () => {
    it('drop it at once, without its private half, and keep the public one for records', async () => {
      const keys = await open();
      const old = keys.signingKey('EdDSA').id;
      await rotateKeys({ directory, clock });
      assert.deepEqual(await revokeKey({ directory, clock }, old), { id: old, algorithm: 'EdDSA' });
      await keys.reload();
      // The new key is not used everywhere yet, but the old one nowhere any more.
      assert.notEqual(keys.signingKey('EdDSA').id, old);
      assert.ok(!JSON.stringify(keys.jwks(['us'])).includes(old));
      assert.deepEqual(ids(keys, 'revoked'), [old]);
      const stored = (await readKeyset(directory))?.keyset.keys.find(({ id }) => id === old);
      assert.deepEqual([stored?.private, typeof stored?.public['x']], [undefined, 'string']);
    });

    it('keep it when it is the only one of its kind, or unknown', async () => {
      const keys = await open();
      for (const id of [...ids(keys, 'active'), 'nonsense']) {
        assert.equal(await codeOf(revokeKey({ directory, clock }, id)), 'key.unusable');
      }
      assert.equal(ids(keys, 'active').length, 3);
    });
  });

  describe('under a passphrase', () => {
    it('lie encrypted, and open with the passphrase only', async () => {
      const keys = await open({ passphrase: 'correct horse' });
      assert.ok(!files().includes('PRIVATE KEY'));
      assert.deepEqual((await open({ passphrase: 'correct horse' })).jwks(['us']), keys.jwks(['us']));
      assert.equal(await codeOf(open({ passphrase: 'correct hors' })), 'key.unusable');
      assert.equal(await codeOf(open()), 'key.unusable');
    });

    it('are encrypted when the passphrase is given later', async () => {
      const plain = await open();
      assert.ok(files().includes('PRIVATE KEY'));
      const sealed = await open({ passphrase: 'p' });
      assert.ok(!files().includes('PRIVATE KEY'));
      assert.deepEqual(sealed.jwks(['us']), plain.jwks(['us']));
    });

    it('rotate under the same passphrase', async () => {
      const keys = await open({ passphrase: 'p' });
      assert.equal(await codeOf(rotateKeys({ directory, clock, passphrase: 'q' })), 'key.unusable');
      assert.equal(await codeOf(rotateKeys({ directory, clock })), 'key.unusable');
      await rotateKeys({ directory, clock, passphrase: 'p' });
      await keys.reload();
      assert.equal(ids(keys, 'coming').length, 3);
      assert.ok(!files().includes('PRIVATE KEY'));
    });

    it('do not open in the place of another key', async () => {
      await open({ passphrase: 'p' });
      const { revision, keyset } = (await readKeyset(directory)) as NonNullable<Awaited<ReturnType<typeof readKeyset>>>;
      const [a, b, c] = keyset.keys as [(typeof keyset.keys)[0], (typeof keyset.keys)[0], (typeof keyset.keys)[0]];
      const swapped = [a, { ...b, private: c.private as string }, { ...c, private: b.private as string }];
      await writeKeyset(directory, revision + 1, { ...keyset, keys: swapped });
      assert.equal(await codeOf(open({ passphrase: 'p' })), 'key.unusable');
    });
  });

  describe('on disk', () => {
    it('are refused with a clear fault when the file is damaged', async () => {
      await open();
      const name = readdirSync(directory)[0] as string;
      writeFileSync(join(directory, name), '{"format":1');
      assert.equal(await codeOf(open()), 'key.unusable');
    });

    it('go to one writer of a revision, and never back', async () => {
      const keyset = { format: 1, keys: [] } as const;
      const wins = await Promise.all([1, 1, 1].map((revision) => writeKeyset(directory, revision, keyset)));
      assert.equal(wins.filter(Boolean).length, 1);
      assert.ok(await writeKeyset(directory, 2, keyset));
      assert.ok(await writeKeyset(directory, 3, keyset));
      assert.equal(await writeKeyset(directory, 2, keyset), false, 'a slow writer came in behind');
      assert.equal(await newestRevision(directory), 3);
      assert.deepEqual(readdirSync(directory), ['keyset-000003.json']);
    });
  });
});
