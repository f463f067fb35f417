import { createHash, createPublicKey, generateKeyPairSync, type JsonWebKey, sign, verify } from 'node:crypto';
import { newRandomId } from '../core/ids.ts';
import type { Json } from '../core/json.ts';

/**
 * A small DCI peer that shares no code with the server's signing: what it says about a signature is an outsider's
 * word. It speaks the string form with Ed25519 (dci.md §4.1) and knows the server only by its published keys.
 */
export interface DemoPeer {
  readonly senderId: string;
  readonly publicJwk: JsonWebKey & { readonly kid: string };
  /** A signed search message, ready to be posted. */
  search(criteria: Json): string;
  /** The problem with an answer's signature, or `undefined` when it verifies with a key of the set. */
  problemWith(answer: string, jwks: { readonly keys: readonly (JsonWebKey & { kid?: string })[] }): string | undefined;
}

const LIFETIME_SECONDS = 300;

/** Sorted keys, no blanks, non-ASCII escaped: the text whose digest is signed. */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, member]) => `${canonical(key)}:${canonical(member)}`).join(',')}}`;
  }
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
};

const signingText = (envelope: { header: unknown; message: unknown }, created: string, expires: string): Buffer => {
  const digest = createHash('sha256')
    .update(canonical({ header: envelope.header, message: envelope.message }))
    .digest('base64');
  return Buffer.from(`(created): ${created}\n(expires): ${expires}\ndigest: ${digest}`);
};

const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

export const createDemoPeer = (senderId: string, receiverId: string): DemoPeer => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const kid = `${senderId}|demo|ed25519`;

  const seal = (header: object, message: object): string => {
    const created = Math.floor(Date.now() / 1000);
    const [from, to] = [String(created), String(created + LIFETIME_SECONDS)];
    const signature = sign(null, signingText({ header, message }, from, to), privateKey).toString('base64');
    const text = `namespace="dci", kidId="${kid}", algorithm="ed25519", created="${from}", expires="${to}", headers="(created) (expires) digest", signature="${signature}"`;
    return JSON.stringify({ signature: text, header, message });
  };

  return {
    senderId,
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'EdDSA' },
    search(criteria) {
      const header = {
        version: '1.0.0',
        message_id: newRandomId(),
        message_ts: now(),
        action: 'search',
        sender_id: senderId,
        receiver_id: receiverId,
        total_count: 1,
        is_msg_encrypted: false,
      };
      const item = { reference_id: 'demo-1', timestamp: now(), search_criteria: criteria, locale: 'eng' };
      return seal(header, { transaction_id: newRandomId(), search_request: [item] });
    },
    problemWith(answer, jwks) {
      const envelope = JSON.parse(answer) as { signature: string; header: unknown; message: unknown };
      const part = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(envelope.signature)?.[1] ?? '';
      const key = jwks.keys.find((one) => one.kid === part('kidId'));
      if (!key) return `the answer names the key ${part('kidId')}, which is not published`;
      if (Number(part('expires')) < Date.now() / 1000) return 'the signature has expired';
      const text = signingText(envelope, part('created'), part('expires'));
      const signature = Buffer.from(/, signature="([^"]*)"/.exec(envelope.signature)?.[1] ?? '', 'base64');
      const holds = verify(null, text, createPublicKey({ key, format: 'jwk' }), signature);
      return holds ? undefined : 'the signature does not fit the message';
    },
  };
};
