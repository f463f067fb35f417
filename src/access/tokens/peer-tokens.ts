import { createHash } from 'node:crypto';
import { decodeJwt, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../core/clock.ts';
import { Fault } from '../../core/fault.ts';
import type { KeySets } from '../../trust/index.ts';
import { narrowScopes } from '../peers/narrow.ts';
import type { Peer, PeerDirectory } from '../ports.ts';
import { openOutsideToken } from './outside-token.ts';

/** Seconds a peer's token lives: long enough not to be fetched all the time, short enough to be forgotten. */
export const PEER_TOKEN_SECONDS = 3600;

const ISSUER = 'crosswalk-dci';
const AUDIENCE = 'crosswalk-dci';

export interface PeerTokens {
  /** The peer of that client id and secret: its sender id, and the token it was registered with. */
  authenticate(clientId: string, secret: string): Promise<Peer | undefined>;
  /** A token of ours. `scopes`: only these; absent: whatever the peer may do when it uses the token. */
  issue(peer: Peer, scopes?: readonly string[]): Promise<string>;
  /**
   * The peer behind a bearer token: the one it was registered with, one of ours, or one of the issuer that it was
   * registered with; with the rights that it has now and the token leaves it. Throws `scope.missing` when none are.
   */
  peerOf(token: string): Promise<Peer | undefined>;
}

export interface PeerTokensDeps {
  readonly directory: PeerDirectory;
  readonly keySets: Pick<KeySets, 'fetched' | 'refetched'>;
  readonly secret: string;
  readonly clock: Clock;
}

/** Changes with the peer's secret, and tells nothing of it: a token of ours dies with the secret it was got for. */
const markOf = (tokenHash: string): string => createHash('sha256').update(tokenHash).digest('base64url').slice(0, 16);

const narrowed = (peer: Peer, wanted: readonly string[] | undefined): Peer => {
  if (!wanted) return peer;
  const scopes = narrowScopes(peer.scopes, wanted);
  if (scopes.length === 0) throw new Fault('scope.missing', 'the token has no right to anything here');
  return { ...peer, scopes };
};

const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

const issuerOf = (token: string): string | undefined => {
  if (!JWT.test(token)) return undefined;
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
};

/** Bearer tokens of DCI peers (dci.md §3). */
export const createPeerTokens = ({ directory, keySets, secret, clock }: PeerTokensDeps): PeerTokens => {
  const key = new TextEncoder().encode(secret);

  const openOwn = async (token: string): Promise<Peer | undefined> => {
    const verified = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(clock()),
    }).catch(() => undefined);
    if (!verified) return undefined;
    const { sub = '', scope, mark } = verified.payload;
    const [peer, hash] = await Promise.all([directory.bySenderId(sub), directory.tokenHashOf(sub)]);
    if (!peer || hash === undefined || mark !== markOf(hash)) return undefined;
    return narrowed(peer, typeof scope === 'string' ? scope.split(' ') : undefined);
  };

  return {
    async authenticate(clientId, secretGiven) {
      const peer = await directory.byToken(secretGiven);
      return peer?.senderId === clientId ? peer : undefined;
    },
    async issue(peer, scopes) {
      const hash = await directory.tokenHashOf(peer.senderId);
      if (hash === undefined) throw new Fault('token.invalid', 'the peer is not registered any more');
      const now = Math.floor(clock() / 1000);
      return await new SignJWT({ mark: markOf(hash), ...(scopes ? { scope: scopes.join(' ') } : {}) })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(peer.senderId)
        .setIssuedAt(now)
        .setExpirationTime(now + PEER_TOKEN_SECONDS)
        .sign(key);
    },
    async peerOf(token) {
      const registered = await directory.byToken(token);
      if (registered) return registered;
      const issuer = issuerOf(token);
      if (issuer === undefined) return undefined;
      if (issuer === ISSUER) return await openOwn(token);
      const outside = await openOutsideToken({ directory, keySets, clock }, issuer, token);
      return outside && narrowed(outside.peer, outside.scopes);
    },
  };
};
