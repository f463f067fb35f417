import { type Clock, toTimestamp } from '../../core/clock.ts';
import { Fault } from '../../core/fault.ts';
import { newId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Database, Tx } from '../../storage/index.ts';
import type { SecretBox } from '../../trust/index.ts';
import { type OutgoingForm, outgoingForms, type PublicJwk } from '../../trust/ports.ts';
import type { AccessLog } from '../audit/index.ts';
import { readPolicy } from '../policy/read-policy.ts';
import type { Asking, Peer } from '../ports.ts';
import { type AskingSettings, sharedToken, toAsking } from './asking.ts';
import { type IssuerSettings, toIssuer } from './issuer.ts';
import { isTokenTaken, readPeer, readPeers, type StoredPeer, writePeer } from './peers.store.ts';
import { checkPeerScope } from './scopes.ts';
import { hashToken, newToken } from './token.ts';

/** What an operator says of a peer; in an update, what is absent stays as it is. */
export interface PeerSettings {
  readonly keys?: readonly PublicJwk[];
  readonly jwksUrl?: string;
  readonly signature?: string;
  readonly callback?: string;
  readonly url?: string;
  readonly ourId?: string;
  /** How we identify ourselves when we call it; without it, by the token it comes to us with. */
  readonly asking?: AskingSettings;
  readonly source?: boolean;
  readonly mustSign?: boolean;
  readonly encrypt?: boolean;
  readonly scopes?: readonly string[];
  /** As the operator writes it; checked here. */
  readonly policy?: unknown;
  /** Who else issues tokens for it. */
  readonly issuer?: IssuerSettings;
  /** A bearer token of the peer's choice; without one, a new peer gets one made. */
  readonly token?: string;
}

export interface Peers {
  /** Registers a peer; its token is answered here and never again. A revoked sender id may be added anew. */
  add(senderId: string, settings: PeerSettings): Promise<{ readonly peer: Peer; readonly token: string }>;
  update(senderId: string, settings: PeerSettings): Promise<Peer>;
  revoke(senderId: string): Promise<Peer>;
  /** Believes one key of the peer no longer, wherever it is published: `key` is its id or its RFC 7638 thumbprint. */
  revokeKey(senderId: string, key: string): Promise<Peer>;
  list(): Promise<readonly Peer[]>;
}

// What a sender id may hold: it stands in key ids between bars, and in quotes (dci.md §4.1).
const SENDER_ID = /^[^\s|"\\,\p{C}]{1,255}$/u;
const MAX_TOKEN = 4096;

const refuse = (message: string): Fault => new Fault('peer.invalid', message);

const checkUrl = (text: string | undefined, what: string): void => {
  if (text === undefined) return;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw refuse(`${what} must be an http or https URL`);
  if (url.username || url.password) throw refuse(`${what} must not hold a user or password`);
};

const checkForm = (form: string | undefined): OutgoingForm | undefined => {
  if (form === undefined) return undefined;
  const known = outgoingForms.find((one) => one === form);
  if (!known) throw refuse(`the signature form must be one of ${outgoingForms.join(', ')}`);
  return known;
};

const checkToken = (token: string): string => {
  if (token.length < 1 || token.length > MAX_TOKEN || !/^[\x21-\x7e]+$/.test(token)) {
    throw refuse('a token must be printable ASCII without blanks');
  }
  return token;
};

/** The peer as it shall be: `before` with the given settings over it. */
const apply = (before: Peer, given: PeerSettings): Peer => {
  checkUrl(given.jwksUrl, 'the key set address');
  checkUrl(given.callback, 'the callback address');
  checkUrl(given.url, 'the base address');
  if (given.ourId !== undefined && !SENDER_ID.test(given.ourId))
    throw refuse('our id must be free of blanks, bars and quotes');
  const pick = <K extends 'jwksUrl' | 'callback' | 'url' | 'ourId'>(name: K): Pick<Peer, K> => {
    const value = given[name] ?? before[name];
    return (value === undefined ? {} : { [name]: value }) as Pick<Peer, K>;
  };
  const policy = given.policy === undefined ? before.policy : readPolicy(given.policy);
  const issuer = given.issuer === undefined ? before.issuer : toIssuer(before.issuer, given.issuer);
  return {
    id: before.id,
    senderId: before.senderId,
    keys: given.keys ?? before.keys,
    ...pick('jwksUrl'),
    signature: checkForm(given.signature) ?? before.signature,
    ...pick('callback'),
    ...pick('url'),
    ...pick('ourId'),
    ...(policy ? { policy } : {}),
    ...(issuer ? { issuer } : {}),
    ...(before.asking === undefined ? {} : { asking: before.asking }),
    source: given.source ?? before.source,
    mustSign: given.mustSign ?? before.mustSign,
    encrypt: given.encrypt ?? before.encrypt ?? false,
    ...(before.revokedKeys === undefined ? {} : { revokedKeys: before.revokedKeys }),
    scopes: given.scopes?.map(checkPeerScope) ?? before.scopes,
    active: before.active,
  };
};

export interface PeersDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** Keeps what we come to peers by; without it they are called without a token. */
  readonly secrets?: SecretBox;
  /** Told of every change, in its transaction. */
  readonly accessLog?: Pick<AccessLog, 'recordIn'>;
}

/** What the audit log keeps of a change: what the peer may do and by which keys it is believed, and no secret. */
const factsOf = (peer: Peer): JsonObject => ({
  sender_id: peer.senderId,
  keys: peer.keys.map((key) => ({ ...key })) as JsonObject[],
  ...(peer.jwksUrl === undefined ? {} : { jwks_url: peer.jwksUrl }),
  ...(peer.revokedKeys === undefined ? {} : { revoked_keys: [...peer.revokedKeys] }),
  signature: peer.signature,
  must_sign: peer.mustSign,
  encrypt: peer.encrypt ?? false,
  source: peer.source,
  scopes: [...peer.scopes],
  active: peer.active,
});

/** Registration of DCI peers; every change is in force in all processes within two seconds (dci.md §15.1). */
export const createPeers = ({ db, clock, secrets, accessLog }: PeersDeps): Peers => {
  const record = (tx: Tx, endpoint: string, peer: Peer): void =>
    accessLog?.recordIn(tx, { endpoint, who: 'operator', facts: factsOf(peer) });

  /** How the peer is asked from now on; its own token serves both ways unless another way was chosen. */
  const withAsking = (peer: Peer, { asking: given, token }: PeerSettings): Peer => {
    if (!secrets) return peer;
    const { senderId, asking: before } = peer;
    const isShared = before === undefined || before.by === 'shared-token';
    let asking: Asking | undefined = before;
    if (given) asking = toAsking(secrets, senderId, before, given);
    else if (token !== undefined && isShared) asking = sharedToken(secrets, senderId, token);
    return asking === undefined ? peer : { ...peer, asking };
  };

  const change = (what: string, senderId: string, next: (stored: StoredPeer) => StoredPeer): Promise<Peer> =>
    db.write(async (tx) => {
      const stored = await readPeer(tx, senderId);
      if (!stored) throw new Fault('peer.unknown', `there is no peer ${senderId}`);
      const changed = { ...next(stored), updatedAt: toTimestamp(clock()) };
      if (await isTokenTaken(tx, changed.tokenHash, senderId)) throw refuse('another peer has this token');
      await writePeer(tx, changed);
      record(tx, what, changed.peer);
      return changed.peer;
    });

  return {
    add(senderId, settings) {
      if (!SENDER_ID.test(senderId)) {
        throw refuse('a sender id has at most 255 characters and no blanks, bars, commas or quotes');
      }
      const token = settings.token === undefined ? newToken() : checkToken(settings.token);
      const blank: Peer = {
        id: newId(),
        senderId,
        keys: [],
        signature: 'ed25519',
        source: false,
        mustSign: false,
        scopes: [],
        active: true,
      };
      const peer = withAsking(apply(blank, settings), { ...settings, token });
      const tokenHash = hashToken(token);
      return db.write(async (tx) => {
        const known = await readPeer(tx, senderId);
        if (known?.peer.active) {
          throw new Fault('peer.exists', `the peer ${senderId} is there already; use peer update`);
        }
        if (await isTokenTaken(tx, tokenHash, senderId)) throw refuse('another peer has this token');
        const now = toTimestamp(clock());
        const kept = { ...peer, id: known?.peer.id ?? peer.id };
        await writePeer(tx, { peer: kept, tokenHash, createdAt: known?.createdAt ?? now, updatedAt: now });
        record(tx, 'peer add', kept);
        return { peer: kept, token };
      });
    },
    update: (senderId, settings) =>
      change('peer update', senderId, (stored) => ({
        ...stored,
        peer: withAsking(apply(stored.peer, settings), settings),
        tokenHash: settings.token === undefined ? stored.tokenHash : hashToken(checkToken(settings.token)),
      })),
    revoke: (senderId) =>
      change('peer revoke', senderId, (stored) => ({ ...stored, peer: { ...stored.peer, active: false } })),
    async revokeKey(senderId, key) {
      if (key === '') throw refuse('name the key by its id or its thumbprint');
      return await change('peer revoke-key', senderId, (stored) => {
        const revokedKeys = [...new Set([...(stored.peer.revokedKeys ?? []), key])];
        return { ...stored, peer: { ...stored.peer, revokedKeys } };
      });
    },
    list: async () => (await db.read(readPeers)).map(({ peer }) => peer),
  };
};
