import { knexOf, type Reader, type Tx, touch } from '../../storage/index.ts';
import type { OutgoingForm, PublicJwk } from '../../trust/ports.ts';
import type { PeerPolicy } from '../policy/policy.ts';
import type { Asking, Peer, TokenIssuer } from '../ports.ts';

/** Touched with every change, so that every process drops what it remembers of peers. */
export const PEERS_TOPIC = 'peers';

interface Row {
  readonly id: string;
  readonly sender_id: string;
  readonly token_hash: string;
  readonly keys: string;
  readonly jwks_url: string | null;
  readonly signature: OutgoingForm;
  readonly callback: string | null;
  readonly url: string | null;
  readonly our_id: string | null;
  readonly asking: string | null;
  readonly issuer: string | null;
  readonly source: number;
  readonly must_sign: number;
  readonly encrypt: number;
  readonly revoked_keys: string | null;
  readonly scopes: string;
  readonly policy: string | null;
  readonly active: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface StoredPeer {
  readonly peer: Peer;
  readonly tokenHash: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

const fromRow = (row: Row): StoredPeer => ({
  tokenHash: row.token_hash,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  peer: {
    id: row.id,
    senderId: row.sender_id,
    keys: JSON.parse(row.keys) as PublicJwk[],
    ...(row.jwks_url === null ? {} : { jwksUrl: row.jwks_url }),
    signature: row.signature,
    ...(row.callback === null ? {} : { callback: row.callback }),
    ...(row.url === null ? {} : { url: row.url }),
    ...(row.our_id === null ? {} : { ourId: row.our_id }),
    ...(row.asking === null ? {} : { asking: JSON.parse(row.asking) as Asking }),
    ...(row.issuer === null ? {} : { issuer: JSON.parse(row.issuer) as TokenIssuer }),
    source: row.source === 1,
    mustSign: row.must_sign === 1,
    encrypt: row.encrypt === 1,
    ...(row.revoked_keys === null ? {} : { revokedKeys: JSON.parse(row.revoked_keys) as string[] }),
    scopes: JSON.parse(row.scopes) as string[],
    ...(row.policy === null ? {} : { policy: JSON.parse(row.policy) as PeerPolicy }),
    active: row.active === 1,
  },
});

const toRow = ({ peer, tokenHash, createdAt, updatedAt }: StoredPeer): Row => ({
  id: peer.id,
  sender_id: peer.senderId,
  token_hash: tokenHash,
  keys: JSON.stringify(peer.keys),
  jwks_url: peer.jwksUrl ?? null,
  signature: peer.signature,
  callback: peer.callback ?? null,
  url: peer.url ?? null,
  our_id: peer.ourId ?? null,
  asking: peer.asking === undefined ? null : JSON.stringify(peer.asking),
  issuer: peer.issuer === undefined ? null : JSON.stringify(peer.issuer),
  source: peer.source ? 1 : 0,
  must_sign: peer.mustSign ? 1 : 0,
  encrypt: peer.encrypt ? 1 : 0,
  revoked_keys: peer.revokedKeys === undefined ? null : JSON.stringify(peer.revokedKeys),
  scopes: JSON.stringify(peer.scopes),
  policy: peer.policy === undefined ? null : JSON.stringify(peer.policy),
  active: peer.active ? 1 : 0,
  created_at: createdAt,
  updated_at: updatedAt,
});

export const readPeers = async (reader: Reader): Promise<readonly StoredPeer[]> => {
  const rows: Row[] = await knexOf(reader)('peers').orderBy('sender_id');
  return rows.map(fromRow);
};

export const readPeer = async (reader: Reader, senderId: string): Promise<StoredPeer | undefined> => {
  const row: Row | undefined = await knexOf(reader)('peers').where({ sender_id: senderId }).first();
  return row && fromRow(row);
};

/** Whether another peer holds a token of this hash. */
export const isTokenTaken = async (reader: Reader, tokenHash: string, senderId: string): Promise<boolean> =>
  (await knexOf(reader)('peers').where({ token_hash: tokenHash }).whereNot({ sender_id: senderId }).first()) !==
  undefined;

export const writePeer = async (tx: Tx, stored: StoredPeer): Promise<void> => {
  await knexOf(tx)('peers').insert(toRow(stored)).onConflict('id').merge();
  await touch(tx, PEERS_TOPIC);
};
