import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { FlattenedEncrypt, flattenedDecrypt } from 'jose';
import nodeJose from 'node-jose';
import { createEncryption, type EncryptedMessage } from '../../src/trust/index.ts';
import type { PublicJwk } from '../../src/trust/ports.ts';

const [ours, older, theirs] = [0, 1, 2].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 })) as [
  Pair,
  Pair,
  Pair,
];
interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}
const message = { transaction_id: 't-1', name: 'Élodie \u{1f33e}' };
const encJwk = (more: object = {}): PublicJwk =>
  ({
    ...theirs.publicKey.export({ format: 'jwk' }),
    use: 'enc',
    kid: 'their-enc',
    alg: 'RSA-OAEP-256',
    ...more,
  }) as unknown as PublicJwk;

const decryptionKeys = () => [
  { id: 'k2', kid: 'our-enc', privateKey: ours.privateKey },
  { id: 'k1', kid: 'our-old-enc', privateKey: older.privateKey },
];
const encryption = createEncryption({
  keys: { decryptionKeys },
  keySets: { encryptionKey: async (source) => source.keys[0] },
});
const receiver = (...keys: PublicJwk[]) => ({ senderId: 'peer', keys });

/** As a peer encrypts to us, with any header. */
const toUs = async (pair: Pair, header: object, content = JSON.stringify(message)): Promise<EncryptedMessage> =>
  (await new FlattenedEncrypt(Buffer.from(content))
    .setUnprotectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', ...header })
    .encrypt(pair.publicKey)) as unknown as EncryptedMessage;
const invalid = (reason: RegExp) => ({ code: 'dci.encryption-invalid', message: reason });

describe('encrypted messages to peers', () => {
  it('open with jose, and have exactly the parts that the contract names', async () => {
    const sealed = await encryption.encrypt(message, receiver(encJwk()));
    assert.deepEqual(Object.keys(sealed), ['header', 'encrypted_key', 'iv', 'ciphertext', 'tag']);
    assert.deepEqual(sealed.header, { alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: 'their-enc' });
    const { plaintext } = await flattenedDecrypt({ ...sealed }, theirs.privateKey);
    assert.deepEqual(JSON.parse(Buffer.from(plaintext).toString()), message);
  });

  it('open with node-jose, which wants the header among the recipients', async () => {
    const { header, encrypted_key, ...rest } = await encryption.encrypt(message, receiver(encJwk()));
    const key = await nodeJose.JWK.asKey(theirs.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, 'pem');
    const general = { ...rest, recipients: [{ header, encrypted_key }] } as unknown as string;
    const opened = await nodeJose.JWE.createDecrypt(key).decrypt(general);
    assert.deepEqual(JSON.parse(opened.plaintext.toString()), message);
  });

  for (const [title, keys, reason] of [
    ['has no key for it', [], /no key/],
    ['has a key for another algorithm', [encJwk({ alg: 'RSA1_5' })], /not one for/],
    ['has a key of another type', [encJwk({ kty: 'OKP' })], /not one for/],
    ['has a key that cannot be read', [encJwk({ n: '!' })], /cannot be used/],
  ] as const) {
    it(`are not made when the peer ${title}`, async () => {
      await assert.rejects(encryption.encrypt(message, receiver(...keys)), invalid(reason));
    });
  }
});

describe('encrypted messages to us', () => {
  it('are opened under the key that is named, a replaced one too', async () => {
    assert.deepEqual(await encryption.decrypt(await toUs(ours, { kid: 'our-enc' })), message);
    assert.deepEqual(await encryption.decrypt(await toUs(older, { kid: 'our-old-enc' })), message);
  });

  it('are opened when the key id is missing or unknown', async () => {
    assert.deepEqual(await encryption.decrypt(await toUs(older, {})), message);
    assert.deepEqual(await encryption.decrypt(await toUs(ours, { kid: 'whatever' })), message);
  });

  it('are opened when the header is protected as well', async () => {
    const jwe = await new FlattenedEncrypt(Buffer.from(JSON.stringify(message)))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
      .encrypt(ours.publicKey);
    const header = { alg: 'RSA-OAEP-256', enc: 'A256GCM' };
    assert.deepEqual(await encryption.decrypt({ ...jwe, header }), message);
  });

  const cannot = /cannot be decrypted/;
  const refusals: readonly [string, () => Promise<unknown>, RegExp][] = [
    ['encrypted to somebody else', () => toUs(theirs, { kid: 'our-enc' }), cannot],
    ['with an altered text', async () => ({ ...(await toUs(ours, {})), ciphertext: 'AAAA' }), cannot],
    ['with an altered tag', async () => ({ ...(await toUs(ours, {})), tag: 'A'.repeat(22) }), cannot],
    ['with a part missing', async () => ({ ...(await toUs(ours, {})), iv: undefined }), /lacks a part/],
    ['without a header', async () => ({ ...(await toUs(ours, {})), header: undefined }), /not an encrypted/],
    [
      'under a weak key algorithm',
      async () => ({ ...(await toUs(ours, {})), header: { alg: 'RSA1_5', enc: 'A256GCM' } }),
      /RSA-OAEP-256/,
    ],
    [
      'under algorithm dir',
      async () => ({ ...(await toUs(ours, {})), header: { alg: 'dir', enc: 'A256GCM' } }),
      /RSA-OAEP-256/,
    ],
    ['holding no JSON', () => toUs(ours, {}, 'hello'), cannot],
    ['holding a key twice', () => toUs(ours, {}, '{"a":1,"a":2}'), cannot],
    ['that are text', async () => 'hello', /not an encrypted/],
    ['that are nothing', async () => null, /not an encrypted/],
  ];
  for (const [title, make, reason] of refusals) {
    it(`are refused ${title}`, async () => {
      await assert.rejects(encryption.decrypt(await make()), invalid(reason));
    });
  }
});
