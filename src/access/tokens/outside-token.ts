import { decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../../core/clock.ts';
import type { KeySets } from '../../trust/index.ts';
import type { Peer, PeerDirectory, TokenIssuer } from '../ports.ts';

// Clocks of two houses differ a little.
const TOLERANCE_SECONDS = 60;

interface OutsideDeps {
  readonly directory: PeerDirectory;
  readonly keySets: Pick<KeySets, 'fetched' | 'refetched'>;
  readonly clock: Clock;
}

/** Whom a token names, in the claims that issuers use for it. */
const subjectsOf = (claims: JWTPayload): readonly unknown[] => [claims.sub, claims['client_id'], claims['azp']];

/** The peer that a token of an issuer is of: the one it names; else the only one that takes all of the issuer's. */
const choose = (peers: readonly Peer[], claims: JWTPayload): Peer | undefined => {
  const subjects = subjectsOf(claims);
  const named = peers.find(({ issuer }) => issuer?.subject !== undefined && subjects.includes(issuer.subject));
  if (named) return named;
  const open = peers.filter(({ issuer }) => issuer?.subject === undefined);
  return open.find(({ senderId }) => subjects.includes(senderId)) ?? (open.length === 1 ? open[0] : undefined);
};

const verify = async (
  { keySets, clock }: OutsideDeps,
  peer: Peer,
  { issuer, jwksUrl, audience }: TokenIssuer,
  token: string,
): Promise<JWTPayload | undefined> => {
  const source = { senderId: `${peer.senderId} tokens`, keys: [], jwksUrl };
  const { kid, alg } = decodeProtectedHeader(token);
  let keys = await keySets.fetched(source);
  if (kid !== undefined && !keys.some((key) => key.kid === kid)) keys = (await keySets.refetched(source)) ?? keys;
  for (const { key, algorithms } of keys.filter((one) => kid === undefined || one.kid === kid)) {
    // The list holds asymmetric algorithms only: neither `none` nor a public key used as an HMAC secret gets through.
    if (!algorithms.some((one) => one === alg)) continue;
    const verified = await jwtVerify(token, key, {
      algorithms: [...algorithms],
      issuer,
      audience,
      requiredClaims: ['exp'],
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: new Date(clock()),
    }).catch(() => undefined);
    if (verified) return verified.payload;
  }
  return undefined;
};

const scopesOf = ({ scope, scp }: JWTPayload): readonly string[] | undefined => {
  const said = scope ?? scp;
  if (typeof said === 'string') return said.split(' ');
  return Array.isArray(said) ? said.map(String) : undefined;
};

/**
 * The peer behind a token that somebody else issued, and the scopes it names. Issuer, keys and audience are those that
 * the peer was registered with; the token chooses nothing of them.
 */
export const openOutsideToken = async (
  deps: OutsideDeps,
  issuer: string,
  token: string,
): Promise<{ readonly peer: Peer; readonly scopes: readonly string[] | undefined } | undefined> => {
  const peer = choose(await deps.directory.byIssuer(issuer), decodeJwt(token));
  if (!peer?.issuer) return undefined;
  const claims = await verify(deps, peer, peer.issuer, token);
  return claims && { peer, scopes: scopesOf(claims) };
};
