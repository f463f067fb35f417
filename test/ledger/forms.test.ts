import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import { CompactSign } from 'jose';
import { program } from '../../src/ledger/index.ts';
import { createSigner, createVerifier, type SigningKey } from '../../src/trust/index.ts';
import type { OutgoingForm, PublicJwk } from '../../src/trust/ports.ts';

const { checkSignature } = program;

const pair = (kind: 'ed25519' | 'rsa' | 'ec'): { jwk: PublicJwk; key: KeyObject } => {
  const { publicKey, privateKey } =
    kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : kind === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { jwk: publicKey.export({ format: 'jwk' }) as PublicJwk, key: privateKey };
};
const ed = pair('ed25519');
const rsa = pair('rsa');
const ec = pair('ec');
const b64u = (text: string): string => Buffer.from(text).toString('base64url');

// Header and message as text, so that spellings stay as they are written here.
const HEADER = '{"message_id":"m-1","action":"search","total_count":1.0}';
const MESSAGE = '{"b":"Ζωή \u{1f33e}\\u002f","a":[1e2,-0.50,{"z":null,"y":true}]}';
// The canonical form by hand: keys in order, strings in their shortest spelling, numbers as above.
const CANONICAL =
  '{"header":{"action":"search","message_id":"m-1","total_count":1.0},' +
  '"message":{"a":[1e2,-0.50,{"y":true,"z":null}],"b":"Ζωή \u{1f33e}/"}}';

const envelope = (signature: string, header = HEADER, message = MESSAGE): Buffer =>
  Buffer.from(`{"signature":${JSON.stringify(signature)},\n "header": ${header}, "message": ${message} }`);

const ascii = (text: string): string =>
  text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const stringForm = (canonical: string, { algorithm = 'ed25519', digestLabel = '', label = '' } = {}): string => {
  const digest = createHash('sha256').update(canonical).digest('base64');
  const lines = `(created): 1\n(expires): 301\ndigest: ${digestLabel}${digest}`;
  const made = sign(
    algorithm === 'ed25519' ? null : 'sha256',
    Buffer.from(lines),
    algorithm === 'ed25519' ? ed.key : rsa.key,
  );
  return (
    `${label}namespace="spdci", kidId="s|k|${algorithm}", algorithm="${algorithm}", created="1", expires="301", ` +
    `headers="(created) (expires) digest", signature="${made.toString('base64')}"`
  );
};

const jws = async (alg: string, payload: string, detached: boolean, header: object = {}): Promise<string> => {
  const key = alg === 'EdDSA' ? ed.key : alg === 'ES256' ? ec.key : rsa.key;
  const made = await new CompactSign(Buffer.from(payload)).setProtectedHeader({ ...header, alg }).sign(key);
  const [first, middle, last] = made.split('.');
  return `${first}.${detached ? '' : middle}.${last}`;
};
const jwkFor = (alg: string): PublicJwk => (alg === 'EdDSA' ? ed.jwk : alg === 'ES256' ? ec.jwk : rsa.jwk);

describe('the stand-alone check of a message’s signature', () => {
  const filled = CANONICAL.replace(
    '"header":{"action":"search","message_id":"m-1","total_count":1.0}',
    '"header":{"action":"search","is_msg_encrypted":false,"message_id":"m-1","message_ts":null,"meta":null,' +
      '"receiver_id":null,"sender_id":null,"sender_uri":null,"total_count":1.0,"version":"1.0.0"}',
  );
  const strings: [name: string, text: string, jwk: PublicJwk][] = [
    ['escaped text', stringForm(ascii(CANONICAL)), ed.jwk],
    ['text as it is', stringForm(CANONICAL), ed.jwk],
    ['the label of the standard', stringForm(ascii(CANONICAL), { label: 'Signature: ' }), ed.jwk],
    ['a labelled digest', stringForm(ascii(CANONICAL), { digestLabel: 'SHA-256=' }), ed.jwk],
    ['an RSA key', stringForm(ascii(CANONICAL), { algorithm: 'rs256' }), rsa.jwk],
    ['a header with defaults filled in', stringForm(ascii(filled)), ed.jwk],
  ];
  for (const [name, text, jwk] of strings) {
    it(`takes the string form with ${name}`, () => {
      assert.equal(checkSignature(envelope(text), { form: 'string', key: jwk }), undefined);
      const altered = envelope(text, HEADER, MESSAGE.replace('1e2', '100'));
      assert.match(checkSignature(altered, { form: 'string', key: jwk }) ?? '', /does not hold/);
    });
  }

  for (const alg of ['EdDSA', 'RS256', 'PS256', 'ES256']) {
    it(`takes an attached and a detached JWS by ${alg}`, async () => {
      const key = jwkFor(alg);
      const attached = await jws(alg, `{"header":${HEADER},"message":${MESSAGE}}`, false);
      assert.equal(checkSignature(envelope(attached), { form: 'jws', key }), undefined);
      const detached = await jws(alg, CANONICAL, true);
      assert.equal(checkSignature(envelope(detached), { form: 'detached-jws', key }), undefined);
      for (const [signature, form] of [
        [attached, 'jws'],
        [detached, 'detached-jws'],
      ] as const) {
        assert.ok(checkSignature(envelope(signature, HEADER.replace('1.0', '1')), { form, key }));
        assert.ok(checkSignature(envelope(signature, HEADER, '{"a":1}'), { form, key }));
        assert.ok(checkSignature(envelope(signature), { form, key: pair('ed25519').jwk }));
      }
    });
  }

  it('bears with defaults that a peer’s software filled in, and with nothing else', async () => {
    const more = HEADER.replace('{', '{"is_msg_encrypted":false,');
    const attached = await jws('RS256', `{"header":${more},"message":${MESSAGE}}`, false);
    assert.equal(checkSignature(envelope(attached), { form: 'jws', key: rsa.jwk }), undefined);
    const other = HEADER.replace('{', '{"is_msg_encrypted":true,');
    const turned = await jws('RS256', `{"header":${other},"message":${MESSAGE}}`, false);
    assert.ok(checkSignature(envelope(turned), { form: 'jws', key: rsa.jwk }));
  });

  it('takes no algorithm off the list, no symmetric one, no extension and no key of another kind', async () => {
    const payload = b64u(`{"header":${HEADER},"message":${MESSAGE}}`);
    const none = `${b64u('{"alg":"none"}')}.${payload}.${b64u('x')}`;
    const secret = Buffer.from(JSON.stringify(rsa.jwk));
    const start = `${b64u('{"alg":"HS256"}')}.${payload}`;
    const hmac = `${start}.${createHmac('sha256', secret).update(start).digest('base64url')}`;
    const inherited = `${b64u('{"alg":"constructor"}')}.${payload}.${b64u('x')}`;
    for (const text of [none, hmac, inherited]) {
      assert.ok(checkSignature(envelope(text), { form: 'jws', key: rsa.jwk }), text);
    }
    const critical = await jws('RS256', CANONICAL, true, { crit: ['b64'], b64: true });
    assert.ok(checkSignature(envelope(critical), { form: 'detached-jws', key: rsa.jwk }));
    const right = await jws('RS256', CANONICAL, true);
    assert.equal(checkSignature(envelope(right), { form: 'detached-jws', key: rsa.jwk }), undefined);
    assert.ok(checkSignature(envelope(right), { form: 'detached-jws', key: ec.jwk }));
    assert.ok(checkSignature(envelope(right), { form: 'jws', key: rsa.jwk }));
    assert.ok(checkSignature(envelope(right), { form: 'none', key: rsa.jwk }));
    assert.ok(checkSignature(envelope(right), { form: 'toString', key: rsa.jwk }));
    assert.ok(checkSignature(envelope(right), { form: 'detached-jws', key: { kty: 'oct', k: 'AAAA' } }));
  });

  it('says why it cannot check what is not a message', () => {
    for (const bytes of ['', '[]', 'null', '{"signature":"x"}', '{"signature":1,"header":{},"message":{}}', '\xff']) {
      assert.ok(checkSignature(Buffer.from(bytes, 'latin1'), { form: 'string', key: ed.jwk }));
    }
    const doubled = envelope(stringForm(ascii(CANONICAL)))
      .toString()
      .replace('"b":', '"b":"first","b":');
    assert.match(checkSignature(Buffer.from(doubled), { form: 'string', key: ed.jwk }) ?? '', /twice/);
    assert.ok(checkSignature(Buffer.from(`{"header":${'['.repeat(100_000)}`), { form: 'string', key: ed.jwk }));
  });

  it('agrees with the server’s own code about whatever the server signs, and about what was altered', async () => {
    const keys: Record<string, SigningKey> = {
      EdDSA: { id: 'k', algorithm: 'EdDSA', privateKey: ed.key, publicJwk: ed.jwk, kidFor: (id) => `${id}|k|ed25519` },
      RS256: { id: 'r', algorithm: 'RS256', privateKey: rsa.key, publicJwk: rsa.jwk, kidFor: () => 'r' },
    };
    const now = Date.parse('2026-11-24T08:00:00Z');
    const signer = createSigner({
      keys: { signingKey: (algorithm) => keys[algorithm] as SigningKey },
      clock: () => now,
    });
    const keySets = { fetched: async () => [], refetched: async () => undefined, encryptionKey: async () => undefined };
    const verifier = createVerifier({ keySets, clock: () => now });
    const source = { senderId: 'us', keys: [ed.jwk, rsa.jwk] };
    const isTaken = async (body: Buffer, signature: string): Promise<boolean> => {
      try {
        const message = { body, signature, messageTs: '2026-11-24T08:00:00Z' };
        return (await verifier.verify(source, message, { policy: 'required', mustSign: true })).verified;
      } catch {
        return false;
      }
    };
    const json = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 6 });
    await fc.assert(
      fc.asyncProperty(
        json,
        json,
        fc.constantFrom<OutgoingForm>('ed25519', 'jws', 'detached-jws'),
        fc.nat(),
        async (header, message, outgoing, at) => {
          const sealed = await signer.seal(outgoing, 'us', { header, message });
          const form = outgoing === 'ed25519' ? 'string' : outgoing;
          const key = outgoing === 'jws' ? rsa.jwk : ed.jwk;
          fc.pre(await isTaken(sealed.body, sealed.signature));
          assert.equal(checkSignature(sealed.body, { form, key }), undefined);
          // What the signature covers stands behind it. (Inside, a key id may change without the signature failing.)
          const start = `{"signature":${JSON.stringify(sealed.signature)},`.length;
          const place = start + (at % (sealed.body.length - start));
          const bent = Buffer.from(sealed.body);
          bent.writeUInt8((bent[place] as number) ^ 1, place);
          assert.equal(checkSignature(bent, { form, key }) === undefined, await isTaken(bent, sealed.signature));
        },
      ),
      { numRuns: 200 },
    );
  });
});
