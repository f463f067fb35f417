import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { silentLogger } from '../../src/core/log.ts';
import { openLedger } from '../../src/ledger/index.ts';
import type { CheckpointSigner, EntryDraft, RecordedSignature } from '../../src/ledger/ports.ts';
import type { Database } from '../../src/storage/index.ts';
import type { PublicJwk } from '../../src/trust/ports.ts';

export interface TestKey {
  readonly jwk: PublicJwk;
  readonly privateKey: KeyObject;
}

export const makeKey = (kid: string): TestKey => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'EdDSA', use: 'sig' } as PublicJwk, privateKey };
};

export const signerWith = (...keys: readonly TestKey[]): CheckpointSigner => ({
  current: async () => {
    const key = keys.at(-1) as TestKey;
    return { jwk: key.jwk, sign: (text) => sign(null, text, key.privateKey) };
  },
  publicKeys: async () => keys.map(({ jwk }) => jwk),
});

export const ownKey = makeKey('crosswalk.local|k1|ed25519');
export const peerKey = makeKey('spmis.example.org|k1|ed25519');

/** A clock that tests move. */
export const makeClock = (start = '2026-11-24T08:00:00.000Z') => {
  let now = Date.parse(start);
  return Object.assign(() => now, {
    pass(ms: number) {
      now += ms;
    },
  });
};
export type TestClock = ReturnType<typeof makeClock>;

export const ledgerOn = (db: Database, clock: () => number, signer: CheckpointSigner = signerWith(ownKey)) =>
  openLedger({ db, clock, log: silentLogger, signer, origin: 'crosswalk.local/ledger' });

/** A search signed in the string form, written here by hand and not by the code under test. */
export const signedSearch = (
  messageId: string,
  { key = peerKey, value = 'UIN-1', text = '' }: { key?: TestKey; value?: string; text?: string } = {},
): { body: Buffer; signature: RecordedSignature } => {
  const header = { action: 'search', message_id: messageId, sender_id: 'spmis.example.org', total_count: 1 };
  const message = { note: text, search_request: [{ query: { type: 'UIN', value } }], transaction_id: `t-${messageId}` };
  const canonical = JSON.stringify({ header, message }); // the members above stand in order
  const ascii = canonical.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const digest = createHash('sha256').update(ascii).digest('base64');
  const lines = `(created): 1795507200\n(expires): 1795507500\ndigest: ${digest}`;
  const signature =
    `namespace="dci", kidId="${key.jwk.kid}", algorithm="ed25519", created="1795507200", expires="1795507500", ` +
    `headers="(created) (expires) digest", signature="${sign(null, Buffer.from(lines), key.privateKey).toString('base64')}"`;
  return {
    body: Buffer.from(JSON.stringify({ signature, header, message })),
    signature: {
      form: 'string',
      verified: true,
      algorithm: 'EdDSA',
      kid: key.jwk.kid as string,
      key: key.jwk,
      sender: 'spmis.example.org',
      keySource: 'registered',
    },
  };
};

/** A request and its reply, as the DCI door records them. */
export const exchange = (messageId: string, value = `UIN-${messageId}`, text = ''): EntryDraft[] => {
  const { body, signature } = signedSearch(messageId, { value, text });
  const base = {
    kind: 'message' as const,
    endpoint: 'POST /registry/sync/search',
    peer: 'spmis.example.org',
    at: '2026-11-24T08:00:00.000Z',
    status: 200,
    transactionId: `t-${messageId}`,
  };
  return [
    { ...base, direction: 'in', messageId, signature, body, subjects: [value] },
    {
      ...base,
      direction: 'out',
      messageId: `${messageId}-reply`,
      replyTo: { draft: 0 },
      body: Buffer.from(`{"reply":"${messageId}","text":${JSON.stringify(text)}}`),
    },
  ];
};
