import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';

/** Signed messages made ahead, so that the load generator does nothing but send. */
export interface Sender {
  readonly senderId: string;
  readonly jwk: Record<string, unknown>;
  message(values: readonly string[]): string;
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
};

const signText = (envelope: object, senderId: string, key: KeyObject): string => {
  const created = Math.floor(Date.now() / 1000);
  const digest = createHash('sha256')
    .update(JSON.stringify(sorted(envelope)))
    .digest('base64');
  const text = `(created): ${created}\n(expires): ${created + 300}\ndigest: ${digest}`;
  const value = sign(null, Buffer.from(text), key).toString('base64');
  return `namespace="dci", kidId="${senderId}|k1|ed25519", algorithm="ed25519", created="${created}", expires="${created + 300}", headers="(created) (expires) digest", signature="${value}"`;
};

export const createSender = (senderId: string): Sender => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    senderId,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid: `${senderId}|k1|ed25519`, use: 'sig', alg: 'EdDSA' },
    message(values) {
      const now = `${new Date().toISOString().slice(0, 19)}Z`;
      const header = {
        version: '1.0.0',
        message_id: randomUUID(),
        message_ts: now,
        action: 'search',
        sender_id: senderId,
        sender_uri: 'https://spmis.example.org/registry/on-search',
        receiver_id: 'crosswalk.local',
        total_count: values.length,
        is_msg_encrypted: false,
        meta: {},
      };
      const message = {
        transaction_id: randomUUID(),
        search_request: values.map((value, i) => ({
          reference_id: `ref-${i}`,
          timestamp: now,
          search_criteria: {
            version: '1.0.0',
            reg_type: 'ns:org:RegistryType:Social',
            query_type: 'idtype-value',
            query: { type: 'UIN', value },
            pagination: { page_size: 10, page_number: 1 },
          },
          locale: 'eng',
        })),
      };
      return JSON.stringify({ signature: signText({ header, message }, senderId, privateKey), header, message });
    },
  };
};
