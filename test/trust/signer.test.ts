import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, type JsonWebKey, webcrypto } from 'node:crypto';
import { compactVerify, createLocalJWKSet, decodeProtectedHeader } from 'jose';
import nodeJose from 'node-jose';
import { createSigner, createVerifier, type SigningKey } from '../../src/trust/index.ts';
import { outgoingForms, type PublicJwk } from '../../src/trust/ports.ts';
import { dumps } from './foreign-peer.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const pairs = { EdDSA: generateKeyPairSync('ed25519'), RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }) };
const publicJwk = (algorithm: 'EdDSA' | 'RS256'): PublicJwk =>
  pairs[algorithm].publicKey.export({ format: 'jwk' }) as unknown as PublicJwk;
const signingKey = (algorithm: 'EdDSA' | 'RS256'): SigningKey => ({
  id: 'k1',
  algorithm,
  privateKey: pairs[algorithm].privateKey,
  publicJwk: publicJwk(algorithm),
  kidFor: (senderId) => (algorithm === 'EdDSA' ? `${senderId}|k1|ed25519` : 'thumbprint'),
});
const signer = createSigner({ keys: { signingKey }, clock: () => NOW });

const envelope = {
  header: { version: '1.0.0', message_ts: '2026-03-01T12:00:00Z', sender_uri: null, total_count: 1, meta: {} },
  message: { z: 'Élodie \u{1f33e}\u007f', a: [1, 1.5, { '\ufb01': 1, '\u{1f600}': 2 }] },
};

describe('signed messages of ours', () => {
  it('verify in the string form as a Python peer checks it', async () => {
    const text = await signer.sign('ed25519', 'us.example.org', envelope);
    const parameters = new Map([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
    const seconds = NOW / 1000;
    assert.deepEqual(Object.fromEntries([...parameters].slice(0, -1)), {
      namespace: 'dci',
      kidId: 'us.example.org|k1|ed25519',
      algorithm: 'ed25519',
      created: String(seconds),
      expires: String(seconds + 300),
      headers: '(created) (expires) digest',
    });
    const digest = createHash('sha256').update(dumps(envelope)).digest('base64');
    const key = await webcrypto.subtle.importKey('jwk', publicJwk('EdDSA') as JsonWebKey, 'Ed25519', false, ['verify']);
    const signed = `(created): ${seconds}\n(expires): ${seconds + 300}\ndigest: ${digest}`;
    const signature = Buffer.from(parameters.get('signature') as string, 'base64');
    assert.ok(await webcrypto.subtle.verify('Ed25519', key, signature, Buffer.from(signed)));
  });

  it('verify as attached JWS with node-jose, holding the message as it is sent', async () => {
    const { signature, body } = await signer.seal('jws', 'us.example.org', envelope);
    const key = await nodeJose.JWK.asKey({ ...publicJwk('RS256'), kid: 'thumbprint' });
    const found = await nodeJose.JWS.createVerify(key, { algorithms: ['RS256'] }).verify(signature);
    const { signature: _, ...sent } = JSON.parse(body.toString());
    assert.equal(found.payload.toString(), JSON.stringify(sent));
    assert.deepEqual(decodeProtectedHeader(signature), { alg: 'RS256', kid: 'thumbprint' });
  });

  it('verify as detached JWS with jose over the canonical message in UTF-8', async () => {
    const [first, middle, last] = (await signer.sign('detached-jws', 'us.example.org', envelope)).split('.');
    assert.equal(middle, '');
    const compact = `${first}.${Buffer.from(dumps(envelope, false)).toString('base64url')}.${last}`;
    const kid = 'us.example.org|k1|ed25519';
    const keys = createLocalJWKSet({ keys: [{ ...publicJwk('EdDSA'), kid, use: 'sig', alg: 'EdDSA' }] });
    assert.equal((await compactVerify(compact, keys)).protectedHeader.kid, kid);
  });

  it('carry an empty signature in the form none', async () => {
    const { signature, body } = await signer.seal('none', 'us.example.org', envelope);
    assert.equal(signature, '');
    assert.deepEqual(JSON.parse(body.toString()), { signature: '', ...envelope });
  });

  for (const form of outgoingForms.filter((one) => one !== 'none')) {
    it(`verify with our own verifier in the form ${form}`, async () => {
      const { signature, body } = await signer.seal(form, 'us.example.org', envelope);
      assert.deepEqual(JSON.parse(body.toString()), { signature, ...envelope });
      const keySets = {
        fetched: async () => [],
        refetched: async () => undefined,
        encryptionKey: async () => undefined,
      };
      const source = { senderId: 'us.example.org', keys: [publicJwk('EdDSA'), publicJwk('RS256')] };
      const found = await createVerifier({ keySets, clock: () => NOW }).verify(
        source,
        { body, signature, messageTs: envelope.header.message_ts },
        { policy: 'required', mustSign: true },
      );
      const wanted = form === 'ed25519' ? 'string' : form;
      assert.deepEqual([found.form, found.verified], [wanted, true]);
      assert.ok(createPublicKey({ key: found.key as JsonWebKey, format: 'jwk' }));
    });
  }
});
