import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { CompactSign, calculateJwkThumbprint, exportJWK } from 'jose';
import nodeJose from 'node-jose';
import { createVerifier } from '../../src/trust/index.ts';
import type { KeySource, PublicJwk } from '../../src/trust/ports.ts';
import { dumps } from './foreign-peer.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const pairs = { RS256: rsa, PS256: rsa, ES256: ec, EdDSA: ed } as const;
type Algorithm = keyof typeof pairs;
const jwk = (key: typeof ed.publicKey, more: object = {}): PublicJwk =>
  ({ ...key.export({ format: 'jwk' }), ...more }) as unknown as PublicJwk;

const header = {
  version: '1.0.0',
  message_id: 'm-1',
  message_ts: '2026-03-01T12:00:00.000Z',
  action: 'search',
  sender_id: 'https://peer.example.org',
  total_count: 1,
};
const message = { transaction_id: 't-1', search_request: [{ reference_id: 'Élodie', size: 1.5 }] };
const body = JSON.stringify({ signature: 'x', header, message });
const payload = JSON.stringify({ message, header });
const canonical = dumps({ header, message }, false);

const allKeys = [jwk(ed.publicKey), jwk(rsa.publicKey), jwk(ec.publicKey)];
const source = (keys: readonly PublicJwk[] = allKeys): KeySource => ({ senderId: header.sender_id, keys });
const none = { fetched: async () => [], refetched: async () => undefined, encryptionKey: async () => undefined };

const check = (
  signature: string,
  {
    text = body,
    keys = allKeys,
    at = NOW,
    messageTs = header.message_ts,
  }: {
    text?: string;
    keys?: readonly PublicJwk[];
    at?: number;
    messageTs?: string | undefined;
  } = {},
) =>
  createVerifier({ keySets: none, clock: () => at }).verify(
    source(keys),
    { body: Buffer.from(text), signature, messageTs },
    { policy: 'required', mustSign: false },
  );

const attach = (algorithm: Algorithm, content = payload, more: object = {}): Promise<string> =>
  new CompactSign(Buffer.from(content))
    .setProtectedHeader({ alg: algorithm, ...more })
    .sign(pairs[algorithm].privateKey);
const detach = async (algorithm: Algorithm, content = canonical, more: object = {}): Promise<string> => {
  const [first, , last] = (await attach(algorithm, content, more)).split('.');
  return `${first}..${last}`;
};
const b64 = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
/** Signs any protected header with Ed25519, also one that no library would write. */
const forge = (protectedHeader: object | string, content = payload): string => {
  const input = `${b64(protectedHeader)}.${b64(content)}`;
  return `${input}.${sign(null, Buffer.from(input), ed.privateKey).toString('base64url')}`;
};
const invalid = (reason: RegExp) => ({ code: 'signature.invalid', message: reason });

describe('attached JWS', () => {
  for (const algorithm of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    it(`verifies with ${algorithm}, whatever other keys the sender has`, async () => {
      const found = await check(await attach(algorithm));
      assert.deepEqual([found.form, found.verified, found.algorithm], ['jws', true, algorithm]);
      assert.deepEqual(found.key, allKeys[algorithm === 'EdDSA' ? 0 : algorithm === 'ES256' ? 2 : 1]);
    });
  }

  it('verifies as node-jose makes it, under the thumbprint of the key', async () => {
    const key = await nodeJose.JWK.asKey(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, 'pem');
    const kid = await calculateJwkThumbprint(await exportJWK(rsa.publicKey));
    const signing = nodeJose.JWS.createSign({ format: 'compact', alg: 'RS256', fields: { kid } }, key);
    const text = (await signing.update(Buffer.from(payload)).final()) as unknown as string;
    const found = await check(text, { keys: [jwk(ed.publicKey, { kid: 'x' }), jwk(rsa.publicKey, { kid })] });
    assert.equal(found.kid, kid);
  });

  it('tolerates defaults that the signer filled in', async () => {
    const filled = {
      header: { ...header, is_msg_encrypted: false },
      message: { ...message, search_request: [{ ...message.search_request[0], locale: 'eng' }] },
    };
    assert.ok((await check(await attach('RS256', JSON.stringify(filled)))).verified);
    assert.ok((await check(await attach('RS256'), { text: JSON.stringify(filled) })).verified);
  });

  for (const [title, signed] of [
    ['another message', { header, message: { ...message, transaction_id: 't-2' } }],
    ['another header', { header: { ...header, message_id: 'm-2' }, message }],
    ['one header member more', { header: { ...header, sender_uri: 'https://e.example' }, message }],
    ['one header member less', { header: { ...header, total_count: undefined }, message }],
    ['a default that is not one', { header: { ...header, is_msg_encrypted: true }, message }],
    ['a default in another place', { header, message: { ...message, is_msg_encrypted: false } }],
    [
      'another locale',
      { header, message: { ...message, search_request: [{ ...message.search_request[0], locale: 'fra' }] } },
    ],
    ['no header', { message }],
    ['no message', { header }],
    ['a list', []],
  ] as const) {
    it(`is refused when its payload holds ${title}`, async () => {
      await assert.rejects(check(await attach('RS256', JSON.stringify(signed))), invalid(/differs/));
    });
  }
  it('is refused when a number is spelled otherwise in the payload', async () => {
    await assert.rejects(check(await attach('RS256', payload.replace('1.5', '1.50'))), invalid(/differs/));
  });
  it('is refused when the payload holds a key twice or is no JSON', async () => {
    await assert.rejects(check(await attach('RS256', payload.replace('{', '{"header":{},'))), invalid(/not readable/));
    await assert.rejects(check(await attach('RS256', 'hello')), invalid(/not readable/));
  });
});

describe('detached JWS', () => {
  for (const algorithm of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    it(`verifies with ${algorithm} over the canonical message`, async () => {
      const found = await check(await detach(algorithm));
      assert.deepEqual([found.form, found.algorithm], ['detached-jws', algorithm]);
    });
  }
  it('keeps the spelling of numbers', async () => {
    const text = body.replace('1.5', '1.50');
    await assert.rejects(check(await detach('EdDSA'), { text }), invalid(/was not made by/));
    assert.ok((await check(await detach('EdDSA', canonical.replace('1.5', '1.50')), { text })).verified);
  });
  it('covers text unescaped, and only so', async () => {
    await assert.rejects(check(await detach('EdDSA', dumps({ header, message }))), invalid(/was not made by/));
  });
  it('is refused over an altered message, and without header or message', async () => {
    await assert.rejects(check(await detach('EdDSA'), { text: body.replace('t-1', 't-2') }), invalid(/was not made/));
    await assert.rejects(check(await detach('EdDSA'), { text: '{"header":{}}' }), invalid(/no message/));
  });
});

for (const [name, make] of [
  ['attached JWS', attach],
  ['detached JWS', detach],
] as const) {
  describe(`${name}: keys and algorithms`, () => {
    const content = name === 'attached JWS' ? payload : canonical;
    const shape = (text: string): string => (name === 'attached JWS' ? text : text.replace(/\.[^.]*\./, '..'));

    it('uses the key that is named, and only that', async () => {
      const keys = [jwk(ed.publicKey, { kid: 'a' }), jwk(rsa.publicKey, { kid: 'b' })];
      assert.ok((await check(await make('RS256', content, { kid: 'b' }), { keys })).verified);
      await assert.rejects(check(await make('RS256', content, { kid: 'a' }), { keys }), invalid(/was not made/));
      await assert.rejects(check(await make('RS256', content, { kid: 'c' }), { keys }), invalid(/was not made/));
    });
    it('tries every key of the sender when none is named', async () => {
      const keys = [jwk(generateKeyPairSync('ed25519').publicKey, { kid: 'a' }), jwk(ed.publicKey, { kid: 'b' })];
      assert.equal((await check(await make('EdDSA', content), { keys })).kid, 'b');
    });
    it('is refused by the key of somebody else', async () => {
      const others = [jwk(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey)];
      await assert.rejects(check(await make('RS256', content), { keys: others }), invalid(/was not made/));
    });
    for (const [title, keys] of [
      ['whose alg is another', [jwk(rsa.publicKey, { alg: 'PS256' })]],
      ['made for a stronger hash', [jwk(rsa.publicKey, { alg: 'RS512' })]],
      ['for encryption', [jwk(rsa.publicKey, { use: 'enc' })]],
      ['whose operations leave verifying out', [jwk(rsa.publicKey, { key_ops: ['encrypt'] })]],
      ['that is gone', []],
    ] as const) {
      it(`is refused with a key ${title}`, async () => {
        await assert.rejects(check(await make('RS256', content), { keys }), invalid(/was not made/));
      });
    }

    for (const [title, protectedHeader, reason] of [
      ['algorithm none', { alg: 'none' }, /algorithm/],
      ['algorithm None in another spelling', { alg: 'nOnE' }, /algorithm/],
      ['no algorithm', { typ: 'JWT' }, /algorithm/],
      ['a stronger hash than listed', { alg: 'RS512' }, /algorithm/],
      ['an unknown critical extension', { alg: 'EdDSA', crit: ['exp'], exp: 1 }, /extension/],
      ['an empty list of extensions', { alg: 'EdDSA', crit: [] }, /extension/],
      ['an unencoded payload', { alg: 'EdDSA', b64: false, crit: ['b64'] }, /extension/],
      ['an unencoded payload, not marked critical', { alg: 'EdDSA', b64: false }, /unencoded/],
      ['a key id that is no text', { alg: 'EdDSA', kid: 7 }, /key id/],
      ['a member twice', '{"alg":"none","alg":"EdDSA"}', /unreadable header/],
      ['a header that is no object', '["EdDSA"]', /unreadable header/],
      ['a header that is no JSON', 'EdDSA', /unreadable header/],
    ] as const) {
      it(`is refused with ${title}`, async () => {
        await assert.rejects(check(shape(forge(protectedHeader, content))), invalid(reason));
      });
    }

    it('is refused with HMAC keyed by the public key', async () => {
      for (const secret of [
        rsa.publicKey.export({ type: 'spki', format: 'pem' }),
        rsa.publicKey.export({ type: 'spki', format: 'der' }),
        rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }),
      ]) {
        const input = `${b64({ alg: 'HS256' })}.${b64(content)}`;
        const mac = createHmac('sha256', secret).update(input).digest('base64url');
        await assert.rejects(check(shape(`${input}.${mac}`)), invalid(/algorithm/));
      }
    });

    it('ignores keys and addresses that the signature brings along', async () => {
      const thief = generateKeyPairSync('ed25519');
      const brought = {
        alg: 'EdDSA',
        jwk: jwk(thief.publicKey),
        jku: 'https://e.example',
        x5u: 'https://e.example',
        x5c: ['AA'],
      };
      const input = `${b64(brought)}.${b64(content)}`;
      const signature = sign(null, Buffer.from(input), thief.privateKey).toString('base64url');
      await assert.rejects(check(shape(`${input}.${signature}`)), invalid(/was not made/));
      // The same members beside an honest signature do no harm.
      assert.ok((await check(shape(forge(brought, content)))).verified);
    });

    it('is good from five minutes ahead until 24 hours after the time of the message', async () => {
      const signature = await make('EdDSA', content);
      const hours = 3_600_000;
      assert.ok((await check(signature, { at: NOW + 24 * hours })).verified);
      assert.ok((await check(signature, { at: NOW - 5 * 60_000 })).verified);
      await assert.rejects(check(signature, { at: NOW + 24 * hours + 1 }), invalid(/older than 24 hours/));
      await assert.rejects(check(signature, { at: NOW - 5 * 60_000 - 1 }), invalid(/future/));
    });
    for (const messageTs of ['', 'yesterday', '2026-03-01T12:00:00', '2026-03-01', '2026-13-41T12:00:00Z']) {
      it(`is refused when the time of the message reads "${messageTs}"`, async () => {
        await assert.rejects(check(await make('EdDSA', content), { messageTs }), invalid(/time with an offset/));
      });
    }
  });
}
