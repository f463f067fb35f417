import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { createVerifier, parseStrictJson, readKeyFile } from '../../src/trust/index.ts';
import type { KeySource, PublicJwk } from '../../src/trust/ports.ts';
import { dumps, printParameters, type StringOptions, stringParameters } from './foreign-peer.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const SECOND = NOW / 1000;
const ed = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: typeof ed.publicKey): string => key.export({ type: 'spki', format: 'pem' }) as string;
const jwk = (key: typeof ed.publicKey, more: object = {}): PublicJwk =>
  ({ ...key.export({ format: 'jwk' }), ...more }) as unknown as PublicJwk;

const header = {
  version: '1.0.0',
  message_id: 'm-1',
  message_ts: '2026-03-01T12:00:00Z',
  action: 'search',
  sender_id: 'peer.example.org',
  sender_uri: null,
  receiver_id: 'us.example.org',
  total_count: 1,
  is_msg_encrypted: false,
  meta: null,
};
const message = { transaction_id: 't-1', search_request: [{ name: 'Élodie \u{1f33e} naïve\u007f', n: 3 }] };
const source: KeySource = { senderId: 'peer.example.org', keys: readKeyFile(pem(ed.publicKey)) };
const none = { fetched: async () => [], refetched: async () => undefined, encryptionKey: async () => undefined };
const verifier = createVerifier({ keySets: none, clock: () => NOW });

const check = (text: string, signature: unknown, from: KeySource = source) => {
  const body = Buffer.from(text);
  return verifier.verify(
    from,
    { body, signature, messageTs: header.message_ts, parsed: parseStrictJson(body) },
    { policy: 'required', mustSign: false },
  );
};

const signed = async (options: Partial<StringOptions> = {}, envelope: object = { header, message }) =>
  stringParameters(envelope as { header: unknown; message: unknown }, {
    key: ed.privateKey,
    kid: 'peer.example.org|k1|ed25519',
    nowMs: NOW,
    ...options,
  });

const body = JSON.stringify({ signature: 'x', message, header }, null, 1);
const invalid = (reason: RegExp) => ({ code: 'signature.invalid', message: reason });

describe('string signatures: accepted', () => {
  it('as Python peers make them, over escaped text', async () => {
    const found = await check(body, printParameters(await signed()));
    assert.deepEqual(
      { ...found, key: undefined },
      { form: 'string', verified: true, algorithm: 'EdDSA', kid: 'peer.example.org|k1|ed25519', key: undefined },
    );
    assert.deepEqual(found.key, source.keys[0]);
  });

  it('over raw UTF-8', async () => {
    assert.ok((await check(body, printParameters(await signed({ ensureAscii: false })))).verified);
  });

  it('with RSA', async () => {
    const parameters = await signed({ key: rsa.privateKey, kid: 'peer.example.org|k2|rs256', algorithm: 'rs256' });
    const found = await check(body, printParameters(parameters), { ...source, keys: [jwk(rsa.publicKey)] });
    assert.equal(found.algorithm, 'RS256');
  });

  it('with a digest that names its algorithm', async () => {
    assert.ok((await check(body, printParameters(await signed({ prefix: 'SHA-256=' })))).verified);
  });

  it('with the label of the standard, its namespace and parameters in any order', async () => {
    const { namespace: _, kidId, ...rest } = await signed();
    const text = printParameters({ ...rest, keyId: kidId as string, namespace: 'spdci' });
    assert.ok((await check(body, `Signature: ${text}`)).verified);
    assert.ok((await check(body, `Signature:${text.replaceAll(', ', ',')}`)).verified);
  });

  it('with the covered lines in another order', async () => {
    const parameters = await signed({ covered: ['digest', '(expires)', '(created)'] });
    assert.ok((await check(body, printParameters(parameters))).verified);
  });

  it('when the signer filled ten header members in that were not sent', async () => {
    const { sender_uri: _u, is_msg_encrypted: _e, meta: _m, version: _v, ...sent } = header;
    const parameters = await signed();
    assert.ok((await check(JSON.stringify({ header: sent, message }), printParameters(parameters))).verified);
  });

  it('when the signer filled the callback header in', async () => {
    const callback = { ...header, status: 'succ' };
    const filled = { ...callback, status_reason_code: null, status_reason_message: null, completed_count: null };
    const { meta: _, ...sent } = callback;
    const parameters = await signed({}, { header: filled, message });
    assert.ok((await check(JSON.stringify({ header: sent, message }), printParameters(parameters))).verified);
  });

  it('over numbers as they are spelled in the message', async () => {
    const text = dumps({ header, message }).replace('"n":3', '"n":3.0');
    const parameters = await signed({ canonical: text });
    assert.ok((await check(text, printParameters(parameters))).verified);
  });

  it('until the last second of their life, and from a clock one minute ahead', async () => {
    assert.ok((await check(body, printParameters(await signed({ created: SECOND - 300, expires: SECOND })))).verified);
    assert.ok((await check(body, printParameters(await signed({ created: SECOND + 60 })))).verified);
  });

  for (const kid of ['peer.example.org|k1|ed25519', 'k1', 'peer.example.org|k1']) {
    it(`when the key is registered as ${kid}`, async () => {
      const keys = [jwk(rsa.publicKey, { kid: 'other' }), jwk(ed.publicKey, { kid })];
      assert.ok((await check(body, printParameters(await signed()), { ...source, keys })).verified);
    });
  }

  it('when other keys of the sender cannot be read', async () => {
    const keys = [
      { kty: 'OKP', crv: 'Ed25519', x: '!' },
      { kty: 'EC', crv: 'secp256k1', x: 'AA', y: 'AA' },
      { kty: 'oct', k: 'AAAA' },
      null as unknown as PublicJwk,
      jwk(ed.publicKey),
    ];
    assert.ok((await check(body, printParameters(await signed()), { ...source, keys })).verified);
  });
});

describe('string signatures: refused', () => {
  const refused = (title: string, make: () => Promise<[string, unknown, KeySource?]>, reason: RegExp): void => {
    it(title, async () => {
      const [text, signature, from] = await make();
      await assert.rejects(check(text, signature, from), invalid(reason));
    });
  };
  const withBody = (text: string) => async (): Promise<[string, unknown]> => [text, printParameters(await signed())];
  const withParameters =
    (change: (parameters: Record<string, string>) => object) => async (): Promise<[string, unknown]> => [
      body,
      printParameters(change(await signed()) as Record<string, string>),
    ];

  const notMade = /was not made by/;
  refused('over an altered message', withBody(body.replace('t-1', 't-2')), notMade);
  refused('over an altered header', withBody(body.replace('"m-1"', '"m-2"')), notMade);
  refused(
    'with a header member added',
    withBody(JSON.stringify({ header: { ...header, extra: 1 }, message })),
    notMade,
  );
  refused('with a number spelled otherwise', withBody(body.replace('"n": 3', '"n": 3.0')), notMade);
  refused(
    'with a number beyond exactness altered',
    async () => {
      const text = dumps({ header, message }).replace('"n":3', '"n":12345678901234567890');
      const parameters = await signed({ canonical: text });
      return [text.replace('567890,', '567891,'), printParameters(parameters)];
    },
    notMade,
  );
  refused('without a header', withBody(JSON.stringify({ message })), notMade);
  refused('without a message', withBody(JSON.stringify({ header })), notMade);
  refused(
    'expired',
    async () => [body, printParameters(await signed({ created: SECOND - 301, expires: SECOND - 1 }))],
    /expired/,
  );
  refused('from the future', async () => [body, printParameters(await signed({ created: SECOND + 61 }))], /future/);
  refused(
    'with its end moved',
    withParameters((p) => ({ ...p, expires: String(SECOND + 9999) })),
    notMade,
  );
  refused(
    'with its start moved',
    withParameters((p) => ({ ...p, created: String(SECOND - 1) })),
    notMade,
  );
  refused(
    'by a key that is not registered',
    async () => [body, printParameters(await signed({ key: generateKeyPairSync('ed25519').privateKey }))],
    notMade,
  );
  refused(
    'by a registered key under another key id',
    async () => [body, printParameters(await signed()), { ...source, keys: [jwk(ed.publicKey, { kid: 'k2' })] }],
    notMade,
  );
  refused(
    'by the honest key of another sender',
    async () => [body, printParameters(await signed({ kid: 'other.example.org|k1|ed25519' }))],
    /another sender/,
  );
  refused(
    'by a key for encryption',
    async () => [
      body,
      printParameters(await signed({ key: rsa.privateKey, kid: 'peer.example.org|k|rs256', algorithm: 'rs256' })),
      { ...source, keys: [jwk(rsa.publicKey, { use: 'enc' })] },
    ],
    notMade,
  );
  refused(
    'by a key made for another algorithm',
    async () => [
      body,
      printParameters(await signed({ key: rsa.privateKey, kid: 'peer.example.org|k|rs256', algorithm: 'rs256' })),
      { ...source, keys: [jwk(rsa.publicKey, { alg: 'PS256' })] },
    ],
    notMade,
  );
  refused(
    'by a weak RSA key',
    async () => {
      const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
      const parameters = await signed({ key: weak.privateKey, kid: 'peer.example.org|k|rs256', algorithm: 'rs256' });
      return [body, printParameters(parameters), { ...source, keys: [jwk(weak.publicKey)] }];
    },
    notMade,
  );
  refused(
    'without the digest',
    async () => [body, printParameters(await signed({ covered: ['(created)', '(expires)'] }))],
    /does not cover digest/,
  );
  refused(
    'without the end',
    async () => [body, printParameters(await signed({ covered: ['(created)', 'digest'] }))],
    /cover \(expires\)/,
  );
  refused(
    'with no list of what is covered',
    withParameters(({ headers: _, ...rest }) => rest),
    /does not cover/,
  );
  refused(
    'with something unknown covered',
    withParameters((p) => ({ ...p, headers: `${p['headers']} host` })),
    /unknown/,
  );
  refused(
    'with a line covered twice',
    withParameters((p) => ({ ...p, headers: `${p['headers']} digest` })),
    /unknown/,
  );
  refused(
    'with an unknown algorithm',
    withParameters((p) => ({ ...p, algorithm: 'hs256', kidId: 'k1' })),
    /no algorithm/,
  );
  refused(
    'with algorithm none',
    withParameters((p) => ({ ...p, algorithm: 'none', kidId: 'k1' })),
    /no algorithm/,
  );
  refused(
    'with two algorithms',
    withParameters((p) => ({ ...p, algorithm: 'rs256' })),
    /two algorithms/,
  );
  refused(
    'with no algorithm',
    withParameters(({ algorithm: _, ...rest }) => ({ ...rest, kidId: 'k1' })),
    /no algorithm/,
  );
  refused(
    'with no key id',
    withParameters(({ kidId: _, ...rest }) => rest),
    /names no key/,
  );
  refused(
    'with times that are no numbers',
    withParameters((p) => ({ ...p, expires: '1e99' })),
    /expires time/,
  );
  refused(
    'with an empty signature',
    withParameters((p) => ({ ...p, signature: '' })),
    notMade,
  );
  refused('with a parameter twice', async () => [body, `${printParameters(await signed())}, created="1"`], /twice/);
  refused('that is a word', async () => [body, 'invalid-signature'], /key="value"/);
  refused('that is a number', async () => [body, 17], /must be text/);
  refused('that is endless', async () => [body, 'a="'.repeat(5000)], /too long/);
});

describe('unsigned messages', () => {
  const unsigned = [
    undefined,
    null,
    '',
    ' ',
    'unsigned',
    'unsigned-stub',
    'unsigned-mock',
    'signature_validation_disabled',
  ];
  const verify = (signature: unknown, policy: 'required' | 'permissive' | 'off', mustSign = false) =>
    verifier.verify(source, { body: Buffer.from(body), signature, messageTs: header.message_ts }, { policy, mustSign });
  const passed = { form: 'none', verified: false };

  for (const value of unsigned) {
    it(`are refused where signatures are required: ${JSON.stringify(value)}`, async () => {
      await assert.rejects(verify(value, 'required'), { code: 'signature.missing' });
    });
    it(`pass where policy is permissive, unless the sender must sign: ${JSON.stringify(value)}`, async () => {
      assert.deepEqual(await verify(value, 'permissive'), passed);
      await assert.rejects(verify(value, 'permissive', true), { code: 'signature.missing' });
    });
  }
  it('may not carry anything else under a permissive policy', async () => {
    await assert.rejects(verify('invalid-signature', 'permissive'), { code: 'signature.invalid' });
    await assert.rejects(verify(false, 'permissive'), { code: 'signature.invalid' });
  });
  it('may carry anything where signatures are off', async () => {
    assert.deepEqual(await verify('invalid-signature', 'off', true), passed);
  });
});

describe('key files', () => {
  it('are read as PEM without an id, several keys too', () => {
    const keys = readKeyFile(`${pem(ed.publicKey)}\n${pem(rsa.publicKey)}`);
    assert.deepEqual(
      keys.map(({ kty, kid }) => [kty, kid]),
      [
        ['OKP', undefined],
        ['RSA', undefined],
      ],
    );
    const pkcs1 = createPublicKey(pem(rsa.publicKey)).export({ type: 'pkcs1', format: 'pem' }) as string;
    assert.deepEqual(readKeyFile(pkcs1), [keys[1]]);
  });
  it('are read as JWK and JWKS; what cannot be used is left out, what is foreign stripped', () => {
    assert.deepEqual(readKeyFile(JSON.stringify(jwk(ed.publicKey, { kid: 'a', x5u: 'https://e.example' }))), [
      jwk(ed.publicKey, { kid: 'a' }),
    ]);
    const set = { keys: [{ kty: 'oct', k: 'AA' }, jwk(rsa.publicKey, { use: 'enc', kid: 'e' }), jwk(ed.publicKey)] };
    assert.deepEqual(
      readKeyFile(JSON.stringify(set)).map(({ kid }) => kid),
      ['e', undefined],
    );
  });
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  for (const [title, text, reason] of [
    ['nothing', '', /neither PEM nor JSON/],
    ['a private PEM', ed.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, /private key/],
    ['a private JWK', JSON.stringify(ed.privateKey.export({ format: 'jwk' })), /private or shared/],
    ['a shared secret', '{"kty":"oct","k":"AAAA"}', /private or shared/],
    ['a broken PEM', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', /cannot be read/],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', /no public key/],
    ['a weak RSA key', pem(weak.publicKey), /2048/],
    ['only a key for encryption', JSON.stringify(jwk(rsa.publicKey, { use: 'enc' })), /can verify/],
    ['a key of an unknown curve', '{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}', /only Ed25519/],
    ['a key made for no signature', JSON.stringify(jwk(rsa.publicKey, { alg: 'RSA-OAEP' })), /cannot verify/],
    ['a list', '[]', /neither a JWK nor/],
    ['an empty set', '{"keys":[]}', /can verify/],
  ] as const) {
    it(`are refused when they hold ${title}`, () => {
      assert.throws(() => readKeyFile(text), { code: 'key.unusable', message: reason });
    });
  }
});
