import assert from 'node:assert/strict';
import { createHash, createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FlattenedEncrypt, importJWK, type JWK } from 'jose';
import { createPeers } from '../../src/access/index.ts';
import { sleep } from '../../src/core/async.ts';
import { systemClock } from '../../src/core/clock.ts';
import { byId, canonical, createTestPeer, type Envelope, signString, type TestPeer } from '../dci/peer.ts';
import { jsonOf, runCrosswalk, type ServedCrosswalk, serveCrosswalk, temporaryFolder } from '../support/crosswalk.ts';
import { backends, type TestDatabase } from '../support/stores.ts';

type Key = JsonWebKey & { readonly kid: string; readonly use: string };

/** Checks an answer as an outsider does, and tells under which published key it holds. */
const kidOf = (envelope: Envelope, keys: readonly Key[]): string => {
  const text = String(envelope.signature);
  const published = (kid: string) => {
    const key = keys.find((one) => one.kid === kid && one.use === 'sig');
    assert.ok(key, `an answer is signed with ${kid}, which is not published`);
    return createPublicKey({ key, format: 'jwk' });
  };
  const { header, message } = envelope;
  if (!text.includes('kidId=')) {
    const [head, , signature] = text.split('.') as [string, string, string];
    const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString());
    const data = text.slice(0, text.lastIndexOf('.'));
    assert.ok(verify('sha256', Buffer.from(data), published(kid), Buffer.from(signature, 'base64url')));
    return kid;
  }
  const value = (name: string): string => new RegExp(`[, ]?${name}="([^"]*)"`).exec(text)?.[1] as string;
  const digest = createHash('sha256').update(canonical({ header, message })).digest('base64');
  const lines = `(created): ${value('created')}\n(expires): ${value('expires')}\ndigest: ${digest}`;
  const signature = Buffer.from(value(' signature'), 'base64');
  assert.ok(verify(null, Buffer.from(lines), published(value('kidId')), signature));
  return value('kidId');
};

interface Seen {
  readonly at: number;
  readonly kid: string;
}

interface Asking {
  readonly peer: TestPeer;
  readonly token: string;
  /** Encrypts its questions to this key. */
  readonly enc?: JWK;
}

/** Peers that go on asking, each answer checked against the keys that are published right then. */
const keepAsking = (server: ServedCrosswalk, asking: readonly Asking[]) => {
  const seen: Seen[] = [];
  const faults: string[] = [];
  let isOver = false;
  const fetchKeys = async (): Promise<readonly Key[]> =>
    ((await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as { keys: Key[] }).keys;
  const ask = async ({ peer, token, enc }: Asking): Promise<void> => {
    const plain = peer.search(byId('UIN', 'NOBODY'), enc ? { is_msg_encrypted: true } : {});
    let question = plain;
    if (enc) {
      const jwe = await new FlattenedEncrypt(Buffer.from(JSON.stringify(plain.message)))
        .setUnprotectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: enc.kid as string })
        .encrypt(await importJWK(enc, 'RSA-OAEP-256'));
      question = { ...plain, message: jwe };
    }
    const response = await fetch(`${server.url}/registry/sync/search`, {
      method: 'POST',
      // A connection each, so that every process gets its share.
      headers: { authorization: `Bearer ${token}`, connection: 'close' },
      body: JSON.stringify(signString(peer, question)),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${text}`);
    const at = Date.now();
    seen.push({ at, kid: kidOf(JSON.parse(text), await fetchKeys()) });
  };
  const runs = asking.map(async (one) => {
    while (!isOver) {
      await ask(one).catch((error: unknown) => faults.push(String(error)));
      await sleep(50);
    }
  });
  return {
    seen,
    faults,
    fetchKeys,
    async stop() {
      isOver = true;
      await Promise.all(runs);
    },
  };
};

for (const backend of backends) {
  describe(`keys of a server with two workers (${backend.name})`, () => {
    if (backend.skip) {
      it('run when TEST_DATABASE_URL is set');
      return;
    }
    const folder = temporaryFolder();
    let test: TestDatabase;
    let server: ServedCrosswalk;
    let load: ReturnType<typeof keepAsking> | undefined;
    let env: Record<string, string>;
    let asking: readonly Asking[];
    before(async function () {
      this.timeout(120_000);
      test = await backend.fresh();
      const passphrase = join(folder.path, 'passphrase');
      writeFileSync(passphrase, 'correct horse battery staple\n');
      env = {
        DATA_DIR: folder.path,
        DATABASE_URL: test.url,
        KEY_PASSPHRASE_FILE: passphrase,
        WORKERS: '2',
        DCI_RATE_LIMIT: '0',
      };
      server = await serveCrosswalk(env);
      const { keys } = (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as { keys: Key[] };
      const enc = keys.find(({ use }) => use === 'enc') as JWK & Key;
      const db = await test.open();
      const peers = createPeers({ db, clock: systemClock });
      const add = async (senderId: string, signature: string) => {
        const peer = createTestPeer(senderId);
        const own = [peer.jwk, { ...enc, kid: 'theirs' }] as never;
        return { peer, token: (await peers.add(senderId, { keys: own, signature })).token };
      };
      const string = await add('string.example.org', 'ed25519');
      // The third encrypts to the key that was published before the rotation.
      asking = [string, await add('jws.example.org', 'jws'), { ...string, enc }];
      await db.close();
      await sleep(2000);
    });
    after(async () => {
      await load?.stop();
      await server?.end('SIGKILL');
      await test?.drop();
      folder.drop();
    });

    it('rotate and are revoked under load: no valid message is refused, none answered with a withdrawn key', async function () {
      this.timeout(180_000);
      load = keepAsking(server, asking);
      const { seen, faults, fetchKeys } = load;
      await sleep(1000);
      const [old] = (await fetchKeys()).flatMap(({ kid }) => /^crosswalk\.local\|(.+)\|ed25519$/.exec(kid)?.[1] ?? []);
      assert.ok(old);
      const isOld = ({ kid }: { readonly kid: string }): boolean => kid.includes(old);
      assert.ok(seen.some(isOld));

      assert.equal((await jsonOf<{ made: unknown[] }>(['keys', 'rotate'], env)).made.length, 3);
      await sleep(10_000);
      const inForceAt = Date.now();
      await sleep(2000);
      assert.ok((await fetchKeys()).some(isOld), 'a replaced key is withdrawn too early');

      await jsonOf(['keys', 'revoke', old], env);
      await sleep(2000);
      for (let i = 0; i < 6; i += 1) assert.ok(!(await fetchKeys()).some(isOld), 'a revoked key is published');
      await load.stop();

      assert.deepEqual(faults, []);
      const after = seen.filter(({ at, kid }) => at > inForceAt && kid.startsWith('crosswalk.local|'));
      assert.ok(after.length > 0);
      assert.deepEqual(after.filter(isOld), []);
      assert.equal(new Set(seen.map(({ kid }) => kid)).size, 4, 'two keys, before and after, of two forms');

      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      assert.match(metrics, /^crosswalk_key_rotation_due\{algorithm="EdDSA"\} 0$/m);
      assert.match(metrics, /^crosswalk_key_expires_seconds\{id="[0-9a-f]+",algorithm="RS256"\} 8\d{4}$/m);
      assert.match(metrics, /^crosswalk_key_age_seconds\{algorithm="RSA-OAEP-256"\} \d+$/m);
    });

    it('leave a ledger that verifies, with every key, old and new', async function () {
      this.timeout(120_000);
      assert.equal((await server.end('SIGTERM')).status, 0);
      const verified = await jsonOf<{ ok: boolean; signatures: number }>(['ledger', 'verify'], env);
      assert.ok(verified.ok);
      assert.ok(verified.signatures >= 2 * (load?.seen.length ?? 0), `${verified.signatures} signatures`);
    });

    it('open with their passphrase only', async function () {
      this.timeout(60_000);
      const { KEY_PASSPHRASE_FILE: _, ...without } = env;
      const { status, stderr } = await runCrosswalk(['keys', 'list'], without);
      assert.equal(status, 1);
      assert.match(stderr, /KEY_PASSPHRASE_FILE/);
    });
  });
}
