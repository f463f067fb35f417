import assert from 'node:assert/strict';
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  verify,
} from 'node:crypto';
import { FlattenedEncrypt, importJWK } from 'jose';
import { byId, canonical, type Envelope, signDetached, signJws, signString, type TestPeer } from './peer.ts';
import { type Answer, type DciServer, startDciServer } from './server.ts';

/** Message encryption as dci.md §2.4 describes it, with nothing but OpenSSL under it. */
interface Sealed {
  header: { alg: string; enc: string; kid: string };
  encrypted_key: string;
  iv: string;
  ciphertext: string;
  tag: string;
}
const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
const base64url = (bytes: Buffer): string => bytes.toString('base64url');

const seal = (message: unknown, jwk: JsonWebKey & { kid?: string }): Sealed => {
  const [contentKey, iv] = [randomBytes(32), randomBytes(12)];
  const cipher = createCipheriv('aes-256-gcm', contentKey, iv);
  const ciphertext = Buffer.concat([cipher.update(Buffer.from(JSON.stringify(message))), cipher.final()]);
  return {
    header: { alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: String(jwk.kid) },
    encrypted_key: base64url(
      publicEncrypt({ key: createPublicKey({ key: jwk, format: 'jwk' }), ...padding }, contentKey),
    ),
    iv: base64url(iv),
    ciphertext: base64url(ciphertext),
    tag: base64url(cipher.getAuthTag()),
  };
};

const open = (sealed: Sealed, key: KeyObject): unknown => {
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64url');
  const contentKey = privateDecrypt({ key, ...padding }, bytes(sealed.encrypted_key));
  const decipher = createDecipheriv('aes-256-gcm', contentKey, bytes(sealed.iv));
  decipher.setAuthTag(bytes(sealed.tag));
  return JSON.parse(Buffer.concat([decipher.update(bytes(sealed.ciphertext)), decipher.final()]).toString());
};

describe('encrypted messages at the DCI door', () => {
  let server: DciServer;
  let peer: TestPeer;
  let token: string;
  let ours: JsonWebKey & { kid: string };
  const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const theirKey = { ...theirs.publicKey.export({ format: 'jwk' }), use: 'enc', alg: 'RSA-OAEP-256', kid: 'e-1' };
  const otherKey = {
    ...theirKey,
    ...generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }),
    kid: 'e-2',
  };

  before(async () => {
    server = await startDciServer();
    const { keys } = (await server.get('/.well-known/jwks.json')).json as {
      keys: (JsonWebKey & { kid: string; use: string })[];
    };
    ours = keys.find(({ use }) => use === 'enc') as typeof ours;
    ({ peer, token } = await addPeer('enc.example.org'));
    await server.db.write((tx) =>
      server.registry.save(
        tx,
        [
          {
            draft: {
              kind: 'individual',
              active: true,
              identifiers: [{ type: 'national_id', value: 'ENC-1' }],
              name: { given: 'Élodie' },
            },
          },
        ],
        'test',
      ),
    );
  });
  after(() => server.stop());

  /** A peer that can be encrypted to: with the first of two keys, as the contract says. */
  const addPeer = async (senderId: string, settings: object = {}) => {
    const added = await server.addPeer(senderId);
    const { peers } = server;
    await peers.update(senderId, { keys: [added.peer.jwk, theirKey, otherKey] as never, ...settings });
    return added;
  };
  const encrypted = (more: object = {}): Envelope => {
    const question = peer.search(byId('UIN', 'ENC-1'), { is_msg_encrypted: true, ...more });
    return { ...question, message: seal(question.message, ours) };
  };
  const assertSealedReply = ({ status, json }: Answer): void => {
    assert.equal(status, 200);
    assert.equal(json.header.is_msg_encrypted, true);
    assert.deepEqual(Object.keys(json.message).sort(), ['ciphertext', 'encrypted_key', 'header', 'iv', 'tag']);
    assert.deepEqual(json.message.header, { alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: 'e-1' });
    assert.match(JSON.stringify(open(json.message, theirs.privateKey)), /Élodie/);
  };

  for (const [form, sign] of [
    ['string', signString],
    ['attached JWS', signJws],
    ['detached JWS', signDetached],
  ] as const) {
    it(`are read when signed as ${form}, and answered encrypted to the first key for it`, async () => {
      assertSealedReply(await server.post('/registry/sync/search', sign(peer, encrypted()), token));
    });
  }

  it('are answered with a signature over the envelope as it is sent, encrypted', async () => {
    const { json } = await server.post('/registry/sync/search', signString(peer, encrypted()), token);
    const { keys } = (await server.get('/.well-known/jwks.json')).json as { keys: JsonWebKey[] };
    const value = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(json.signature)?.[1] as string;
    const digest = createHash('sha256')
      .update(canonical({ header: json.header, message: json.message }))
      .digest('base64');
    const text = `(created): ${value('created')}\n(expires): ${value('expires')}\ndigest: ${digest}`;
    const key = keys.find(({ kid }) => kid === value('kidId')) as JsonWebKey;
    const signature = Buffer.from(value(' signature'), 'base64');
    assert.ok(verify(null, Buffer.from(text), createPublicKey({ key, format: 'jwk' }), signature));
  });

  it('are read when another library encrypted them, its header protected', async () => {
    const question = peer.search(byId('UIN', 'ENC-1'), { is_msg_encrypted: true });
    const jwe = await new FlattenedEncrypt(Buffer.from(JSON.stringify(question.message)))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: ours.kid })
      .encrypt(await importJWK(ours, 'RSA-OAEP-256'));
    const message = { ...jwe, header: { alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: ours.kid } };
    assertSealedReply(await server.post('/registry/sync/search', signString(peer, { ...question, message }), token));
  });

  it('are sent to nobody who asked in the open', async () => {
    const answer = await server.search(signString(peer, peer.search(byId('UIN', 'ENC-1'))), token);
    assert.equal(answer.json.header.is_msg_encrypted, false);
    assert.match(answer.text, /Élodie/);
  });

  it('are sent to a peer that wants them always, also where it asked in the open', async () => {
    const { peer: strict, token: strictToken } = await addPeer('strict.example.org', { encrypt: true });
    const question = signString(strict, strict.search(byId('UIN', 'ENC-1')));
    assertSealedReply(await server.post('/registry/sync/search', question, strictToken));
  });

  it('are accepted once: a repeat is refused, encrypted too', async () => {
    const question = signString(peer, encrypted());
    await server.post('/registry/sync/search', question, token);
    const { json } = await server.post('/registry/sync/search', question, token);
    assert.equal(json.header.status_reason_code, 'rjct.message_id.duplicate');
    assert.deepEqual((open(json.message, theirs.privateKey) as { search_response: [] }).search_response, []);
  });

  it('lie on the ledger as they were on the wire, found by who is named inside', async () => {
    const question = signString(peer, encrypted());
    const bytes = Buffer.from(JSON.stringify(question));
    const { text } = await server.post('/registry/sync/search', bytes, token);
    const [kept] = (await server.ledger.find({ messageId: question.header['message_id'] as string, bodies: true }))
      .entries;
    assert.deepEqual(kept?.body, bytes);
    assert.match(String(kept?.entry?.['transaction_id']), /^txn-/);
    const named = (await server.ledger.find({ subject: 'ENC-1', bodies: true, limit: 1000 })).entries;
    assert.ok(named.some(({ seq }) => seq === kept?.seq));
    assert.ok(named.some(({ body }) => body?.toString() === text));
    const { problems } = await server.ledger.verify();
    assert.deepEqual(problems, []);
  });

  const broken: readonly [string, (sealed: Sealed) => unknown][] = [
    ['was altered on its way', (sealed) => ({ ...sealed, ciphertext: base64url(randomBytes(80)) })],
    ['has another tag', (sealed) => ({ ...sealed, tag: base64url(randomBytes(16)) })],
    ['was encrypted to somebody else', () => seal({ transaction_id: 't' }, theirKey)],
    ['lacks a part', ({ iv: _iv, ...sealed }) => sealed],
    ['names another algorithm', (sealed) => ({ ...sealed, header: { ...sealed.header, alg: 'RSA-OAEP' } })],
    ['names no key agreement at all', (sealed) => ({ ...sealed, header: { ...sealed.header, alg: 'dir' } })],
    ['is not encrypted', () => ({ transaction_id: 't', search_request: [] })],
    ['is text', () => 'abc'],
    ['holds nothing of the kind', () => seal('text', ours)],
  ];
  for (const [what, alter] of broken) {
    it(`are refused, and their id not used up, when the message ${what}`, async () => {
      const good = encrypted();
      const bad = signString(peer, { ...good, message: alter(good.message as Sealed) });
      const { status, json } = await server.post('/registry/sync/search', bad, token);
      const isRead = what === 'holds nothing of the kind';
      assert.deepEqual([status, json.errors[0].code], [400, isRead ? 'err.request.bad' : 'err.encryption.invalid']);
      assertSealedReply(await server.post('/registry/sync/search', signString(peer, good), token));
    });
  }

  it('are refused, and their id not used up, when the sender has no key to answer them with', async () => {
    const { peer: bare, token: bareToken } = await server.addPeer('bare.example.org');
    const question = bare.search(byId('UIN', 'ENC-1'), { is_msg_encrypted: true });
    const body = signString(bare, { ...question, message: seal(question.message, ours) });
    const { status, json } = await server.post('/registry/sync/search', body, bareToken);
    assert.deepEqual([status, json.errors[0].code], [400, 'err.encryption.invalid']);
    await server.peers.update('bare.example.org', { keys: [bare.jwk, theirKey] as never });
    assertSealedReply(await server.post('/registry/sync/search', body, bareToken));
  });
});
