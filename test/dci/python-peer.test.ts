import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { byId, createTestPeer, signString, type TestPeer } from './peer.ts';
import { type DciServer, startDciServer } from './server.ts';

const program = fileURLToPath(new URL('../trust/foreign_peer.py', import.meta.url));

type Job =
  | {
      readonly do: 'sign';
      readonly form: 'string' | 'jws' | 'detached-jws';
      readonly algorithm: string;
      readonly ascii?: boolean;
      readonly envelope: string;
      readonly pem: string;
      readonly kid: string;
      readonly now: number;
    }
  | { readonly do: 'check'; readonly body: string; readonly jwks: unknown };

const python = (jobs: readonly Job[]): string[] =>
  JSON.parse(execFileSync('python3', [program], { input: JSON.stringify(jobs), encoding: 'utf8' }));

const hasPython = spawnSync('python3', ['-c', 'import cryptography']).status === 0;

// Names, floats and big numbers as they come out of Python: 1.0 is not 1, and e has its own spelling.
const awkward =
  '{"Élodie \u{1f33e}":"naïve\\u007f \\u2028","\\ufb01":1.0,"\u{1f600}":12345678901234567890,"e":[1e+16,0.1,-0.0]}';

describe('a DCI peer written in Python', () => {
  let server: DciServer;
  const pairs = {
    EdDSA: generateKeyPairSync('ed25519'),
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  };
  const keyOf = { ...pairs, PS256: pairs.RS256 };
  const senderId = 'python.example.org';
  let peer: TestPeer;
  let token: string;
  const jwk = (name: keyof typeof pairs) => ({ ...pairs[name].publicKey.export({ format: 'jwk' }), kid: kid(name) });
  const kid = (name: string): string => `${senderId}|${name}|${name === 'EdDSA' ? 'ed25519' : 'rs256'}`;
  const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;

  before(async function () {
    if (!hasPython) {
      console.log('      python3 with the package cryptography is not here: its peer is left out');
      this.skip();
    }
    server = await startDciServer();
    ({ peer, token } = await server.addPeer(senderId, {
      keys: [jwk('EdDSA'), jwk('RS256'), jwk('ES256')] as never,
    }));
  });
  after(() => server?.stop());

  const question = (): string => {
    const { header, message } = peer.search(byId('UIN', 'PY-1'));
    return JSON.stringify({ header, message }).replace('"meta":{}', `"meta":${awkward}`);
  };
  const forms = [
    ['string', 'EdDSA', true],
    ['string', 'EdDSA', false],
    ['string', 'RS256', true],
    ['jws', 'RS256', true],
    ['jws', 'PS256', true],
    ['jws', 'ES256', true],
    ['jws', 'EdDSA', true],
    ['detached-jws', 'EdDSA', true],
    ['detached-jws', 'RS256', true],
    ['detached-jws', 'PS256', false],
    ['detached-jws', 'ES256', false],
  ] as const;

  it('is believed in every form and algorithm, whatever its JSON looks like', async () => {
    const signed = python(
      forms.map(([form, algorithm, ascii]) => ({
        do: 'sign',
        form,
        algorithm,
        ascii,
        envelope: question(),
        pem: pem(keyOf[algorithm].privateKey),
        kid: kid(algorithm === 'PS256' ? 'RS256' : algorithm),
        now: Math.floor(Date.now() / 1000),
      })),
    );
    for (const [i, body] of signed.entries()) {
      const { status, json, text } = await server.post('/registry/sync/search', body, token);
      assert.deepEqual([forms[i], status, json?.header?.status], [forms[i], 200, 'succ'], text);
      const altered = body.replace('"PY-1"', '"PY-2"');
      assert.notEqual(altered, body);
      const refused = await server.post('/registry/sync/search', altered, token);
      assert.deepEqual([refused.status, refused.json.errors[0].code], [401, 'err.signature.invalid']);
    }
  });

  it('believes our answers in every form', async () => {
    const jwks = (await server.get('/.well-known/jwks.json')).json;
    const bodies: string[] = [];
    for (const form of ['ed25519', 'jws', 'detached-jws'] as const) {
      const other = createTestPeer(`${form}.example.org`);
      const { token: theirs } = await server.peers.add(other.senderId, { keys: [other.jwk as never], signature: form });
      const { status, text } = await server.post(
        '/registry/sync/search',
        signString(other, other.search(byId('UIN', 'Élodie \u{1f33e}'))),
        theirs,
      );
      assert.equal(status, 200);
      bodies.push(text);
    }
    const check = (body: string): Job => ({ do: 'check', body, jwks });
    assert.deepEqual(python(bodies.map(check)), ['holds', 'holds', 'holds']);
    const altered = bodies.map((body) => body.replace('"succ"', '"rjct"'));
    assert.deepEqual(python(altered.map(check)), ['does not hold', 'the payload differs', 'does not hold']);
  });

  it('finds its messages verified again on the ledger, from the stored bytes', async () => {
    const { ok, problems, signatures } = await server.ledger.verify();
    assert.deepEqual([ok, problems], [true, []]);
    assert.ok(signatures >= 2 * forms.length, `${signatures} signatures`);
  });
});
