import { createHash, generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID, sign } from 'node:crypto';

/** An envelope as a peer makes it. */
export interface Envelope {
  signature?: unknown;
  header: Record<string, unknown>;
  message: unknown;
}

/**
 * A DCI peer for tests. It shares no code with the server: what it signs is an outsider's reading of dci.md §4.
 */
export interface TestPeer {
  readonly senderId: string;
  readonly jwk: JsonWebKey & { kid: string };
  readonly privateKey: KeyObject;
  search(item: Record<string, unknown>, more?: Partial<Envelope['header']>): Envelope;
  searchMany(items: readonly Record<string, unknown>[], more?: Partial<Envelope['header']>): Envelope;
  /** Any other message; it names no callback address. */
  ask(action: string, message: object, more?: Partial<Envelope['header']>): Envelope;
}

/** Canonical JSON, in ASCII as Python writes it, or in UTF-8. */
export const canonical = (value: unknown, ascii = true): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, ascii)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, member]) => `${canonical(key, ascii)}:${canonical(member, ascii)}`).join(',')}}`;
  }
  const text = JSON.stringify(value);
  if (!ascii) return text;
  return text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
};

export interface SignOptions {
  readonly created?: number;
  readonly expires?: number;
  readonly senderId?: string;
}

/** Signs in the string form with Ed25519. */
export const signString = (peer: TestPeer, envelope: Envelope, options: SignOptions = {}): Envelope => {
  const { header, message } = envelope;
  const created = options.created ?? Math.floor(Date.now() / 1000);
  const expires = options.expires ?? created + 300;
  const digest = createHash('sha256').update(canonical({ header, message })).digest('base64');
  const text = `(created): ${created}\n(expires): ${expires}\ndigest: ${digest}`;
  const value = sign(null, Buffer.from(text), peer.privateKey).toString('base64');
  const kid = `${options.senderId ?? peer.senderId}|k1|ed25519`;
  const signature =
    `Signature: namespace="spdci", kidId="${kid}", algorithm="ed25519", created="${created}", ` +
    `expires="${expires}", headers="(created) (expires) digest", signature="${value}"`;
  return { signature, header, message };
};

const b64 = (text: string | Buffer): string => Buffer.from(text).toString('base64url');

const compact = (peer: TestPeer, payload: string): string[] => {
  const head = b64(JSON.stringify({ alg: 'EdDSA', kid: peer.jwk.kid }));
  const input = `${head}.${b64(payload)}`;
  return [head, b64(payload), b64(sign(null, Buffer.from(input), peer.privateKey))];
};

/** Signs with an attached compact JWS. */
export const signJws = (peer: TestPeer, { header, message }: Envelope): Envelope => ({
  signature: compact(peer, JSON.stringify({ header, message })).join('.'),
  header,
  message,
});

/** Signs with a detached JWS. */
export const signDetached = (peer: TestPeer, { header, message }: Envelope): Envelope => {
  const [head, , signature] = compact(peer, canonical({ header, message }, false));
  return { signature: `${head}..${signature}`, header, message };
};

const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

/** A peer with a fresh Ed25519 key. */
export const createTestPeer = (senderId: string): TestPeer => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: `${senderId}|k1|ed25519`, use: 'sig', alg: 'EdDSA' };
  const ask: TestPeer['ask'] = (action, message, more = {}) => ({
    header: {
      version: '1.0.0',
      message_id: randomUUID(),
      message_ts: now(),
      action,
      sender_id: senderId,
      receiver_id: 'crosswalk.test',
      total_count: 1,
      ...more,
    },
    message,
  });
  const searchMany: TestPeer['searchMany'] = (items, more = {}) => ({
    header: {
      version: '1.0.0',
      message_id: randomUUID(),
      message_ts: now(),
      action: 'search',
      sender_id: senderId,
      sender_uri: `https://${senderId}/registry/on-search`,
      receiver_id: 'crosswalk.test',
      total_count: items.length,
      is_msg_encrypted: false,
      meta: {},
      ...more,
    },
    message: {
      transaction_id: `txn-${randomUUID()}`,
      search_request: items.map((criteria, i) => ({
        reference_id: `ref-${i + 1}`,
        timestamp: now(),
        search_criteria: criteria,
        locale: 'eng',
      })),
    },
  });
  return { senderId, jwk, privateKey, ask, searchMany, search: (item, more) => searchMany([item], more) };
};

/** The question for one identifier. */
export const byId = (type: string, value: string): Record<string, unknown> => ({
  version: '1.0.0',
  query_type: 'idtype-value',
  query: { type, value },
});
