import { type Asking, openAsking, type Peer } from '../../access/index.ts';
import { singleFlight } from '../../core/async.ts';
import type { Clock } from '../../core/clock.ts';
import { Fault } from '../../core/fault.ts';
import { isObject } from '../../core/json.ts';
import type { HttpClient, HttpRequest } from '../../net/index.ts';
import type { SecretBox } from '../../trust/index.ts';

export interface BearersDeps {
  readonly http: Pick<HttpClient, 'request'>;
  readonly secrets: SecretBox;
  readonly clock: Clock;
}

/** The bearer tokens by which we come to peers (dci.md §3). */
export interface Bearers {
  /** The token for a call; `undefined` for a peer that we come to without one. */
  tokenFor(peer: Peer): Promise<string | undefined>;
  /** Drops a token that the peer refused; answers whether another one can be had. */
  renew(peer: Peer): boolean;
}

type ByClient = Extract<Asking, { by: 'client' }>;

interface Fetched {
  readonly token: string;
  /** Milliseconds since the epoch; from then on a new one is fetched. */
  readonly until: number;
}

// A token is renewed this long before it ends, so that it does not end on its way.
const EARLY_MS = 60_000;
// What a token without a life of its own is trusted for.
const UNSAID_SECONDS = 300;
const MAX_BYTES = 64 * 1024;

const formOf = (members: Readonly<Record<string, string>>): string => new URLSearchParams(members).toString();

/** The request for a token: a form, with the credentials where the peer wants them. */
const tokenRequest = (asking: ByClient, secret: string): HttpRequest => {
  const { tokenUrl: url, clientId, credentials, scope } = asking;
  const grant = { grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) };
  const own = { client_id: clientId, client_secret: secret };
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' };
  switch (credentials) {
    case 'body':
      return { method: 'POST', url, headers, body: formOf({ ...grant, ...own }) };
    case 'query': {
      const whole = new URL(url);
      for (const [name, value] of Object.entries({ ...grant, ...own })) whole.searchParams.set(name, value);
      return { method: 'POST', url: whole.href, headers };
    }
    case 'basic': {
      const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
      const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
      return { method: 'POST', url, headers: { ...headers, Authorization: authorization }, body: formOf(grant) };
    }
  }
};

const readToken = (body: Buffer, now: number): Fetched | undefined => {
  let answer: unknown;
  try {
    answer = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  const token = isObject(answer) ? answer['access_token'] : undefined;
  if (!isObject(answer) || typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) return undefined;
  // Text in the standard's file, a number in RFC 6749: both occur.
  const seconds = Number(answer['expires_in'] ?? UNSAID_SECONDS);
  const life = Number.isFinite(seconds) ? seconds * 1000 : UNSAID_SECONDS * 1000;
  return { token, until: now + Math.max(0, life - EARLY_MS) };
};

/** Fixed tokens as they are; tokens for client credentials fetched when needed, one request at a time per peer. */
export const createBearers = ({ http, secrets, clock }: BearersDeps): Bearers => {
  const kept = new Map<string, Fetched>();
  const once = singleFlight<Fetched>();

  const fetch = async (peer: Peer, asking: ByClient): Promise<Fetched> => {
    const request = tokenRequest(asking, openAsking(secrets, peer.senderId, asking));
    const { status, body } = await http.request({ ...request, maxBytes: MAX_BYTES });
    if (status !== 200) throw new Fault('net.upstream', `${peer.senderId} gave us no token: status ${status}`);
    const fetched = readToken(body, clock());
    if (!fetched) throw new Fault('net.upstream', `${peer.senderId} gave us no token that can be read`);
    return fetched;
  };

  // Other settings, another token: what was fetched for the old ones is not used again.
  const keyOf = (peer: Peer): string => `${peer.senderId} ${JSON.stringify(peer.asking)}`;

  return {
    async tokenFor(peer) {
      const { asking } = peer;
      if (!asking) return undefined;
      if (asking.by !== 'client') return openAsking(secrets, peer.senderId, asking);
      const key = keyOf(peer);
      const known = kept.get(key);
      if (known && known.until > clock()) return known.token;
      const fetched = await once(key, () => fetch(peer, asking));
      kept.set(key, fetched);
      return fetched.token;
    },
    renew: (peer) => kept.delete(keyOf(peer)),
  };
};
