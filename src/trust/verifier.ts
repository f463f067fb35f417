import { type Clock, systemClock } from '../core/clock.ts';
import { Fault, isFault } from '../core/fault.ts';
import { assertSameEnvelope, looksLikeJws, parseJws, toCompact, verifyCompact } from './jws.ts';
import type { KeySets } from './key-sets.ts';
import type { KeySource, SignatureForm, SignaturePolicy, Verification, Verifier } from './ports.ts';
import { parseStrictJson, type StrictJson } from './strict-json.ts';
import { assertInForce, namesKey, parseStringSignature, verifyString } from './string-signature.ts';
import { isRevoked, type JwsAlgorithm, type VerificationKey, verificationKeys } from './verification-key.ts';

export interface VerifierDeps {
  readonly keySets: KeySets;
  readonly clock?: Clock;
}

const HOUR_MS = 3_600_000;

// A JWS says nothing about its own life, so the message's time speaks for it (dci.md §15.8).
const OLDEST_MS = 24 * HOUR_MS;
const AHEAD_MS = 5 * 60_000;

// A sender with many keys and a signature that names none makes us try them all: not more than these.
const MOST_TRIES = 20;

const invalid = (message: string, cause?: unknown): Fault => new Fault('signature.invalid', message, {}, { cause });

/** What senders put into `signature` to say that they did not sign (dci.md §4.4). */
const unsignedValues = new Set(['', 'unsigned', 'unsigned-stub', 'unsigned-mock', 'signature_validation_disabled']);

const isUnsigned = (signature: unknown): boolean =>
  signature === undefined ||
  signature === null ||
  (typeof signature === 'string' && unsignedValues.has(signature.trim()));

const assertFresh = (messageTs: string | undefined, now: number): void => {
  const at = messageTs === undefined ? Number.NaN : Date.parse(messageTs);
  if (!/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/i.test(messageTs ?? '') || Number.isNaN(at)) {
    throw invalid('a message signed in this form must have a time with an offset');
  }
  if (at < now - OLDEST_MS) throw invalid('the signed message is older than 24 hours');
  if (at > now + AHEAD_MS) throw invalid('the signed message is from the future; check the clocks');
};

/** How a signature is matched to keys and checked with one, whatever its form. */
interface Claim {
  readonly form: SignatureForm;
  readonly algorithm: JwsAlgorithm;
  readonly kid?: string;
  mayBeOf(key: VerificationKey): boolean;
  isMadeBy(key: VerificationKey): Promise<boolean>;
}

type Received = Parameters<Verifier['verify']>[1];

const readClaim = (source: KeySource, message: Received, parsed: StrictJson, now: number): Claim => {
  const { signature: text, messageTs } = message;
  if (typeof text !== 'string') throw invalid('the signature must be text');
  if (!looksLikeJws(text)) {
    const signature = parseStringSignature(text, source.senderId);
    assertInForce(signature, now);
    return {
      form: 'string',
      algorithm: signature.algorithm,
      kid: signature.kid,
      mayBeOf: (key) => namesKey(signature, source.senderId, key),
      isMadeBy: (key) => verifyString(signature, key, parsed),
    };
  }
  const jws = parseJws(text);
  const { algorithm, kid, payload } = jws;
  assertFresh(messageTs, now);
  if (payload !== '') assertSameEnvelope(payload, parsed);
  const compact = toCompact(jws, parsed);
  return {
    form: payload === '' ? 'detached-jws' : 'jws',
    algorithm,
    ...(kid !== undefined && { kid }),
    mayBeOf: (key) =>
      key.algorithms.includes(algorithm) && (kid === undefined || key.kid === undefined || key.kid === kid),
    isMadeBy: (key) => verifyCompact(compact, algorithm, key),
  };
};

const tryKeys = async (claim: Claim, keys: readonly VerificationKey[]): Promise<VerificationKey | undefined> => {
  for (const key of keys.filter(claim.mayBeOf).slice(0, MOST_TRIES)) if (await claim.isMadeBy(key)) return key;
  return undefined;
};

/**
 * Looks for the sender's key that made the signature: the registered ones, then the fetched set, then, when no key
 * there bears the id that is named, the set fetched anew.
 */
const findKey = async (keySets: KeySets, source: KeySource, made: Claim): Promise<VerificationKey | undefined> => {
  const claim: Claim = { ...made, mayBeOf: (key) => made.mayBeOf(key) && !isRevoked(source, key.jwk) };
  const registered = await tryKeys(claim, verificationKeys(source.keys));
  if (registered || source.jwksUrl === undefined) return registered;
  const fetched = await keySets.fetched(source);
  const found = await tryKeys(claim, fetched);
  if (found || fetched.some((key) => key.kid !== undefined && claim.kid !== undefined && claim.mayBeOf(key)))
    return found;
  const anew = await keySets.refetched(source);
  return anew && (await tryKeys(claim, anew));
};

const isExcused = (policy: SignaturePolicy, mustSign: boolean, signature: unknown): boolean => {
  if (policy === 'off') return true;
  if (!isUnsigned(signature)) return false;
  if (policy === 'permissive' && !mustSign) return true;
  throw new Fault('signature.missing', 'the message is not signed');
};

/** Checks received messages against the keys registered for their sender (dci.md §4). */
export const createVerifier = ({ keySets, clock = systemClock }: VerifierDeps): Verifier => ({
  async verify(source, message, { policy, mustSign }) {
    if (isExcused(policy, mustSign, message.signature)) return { form: 'none', verified: false };
    const parsed = message.parsed ?? parseStrictJson(message.body);
    const claim = readClaim(source, message, parsed, clock());
    let found: VerificationKey | undefined;
    try {
      found = await findKey(keySets, source, claim);
    } catch (error) {
      if (!isFault(error)) throw error;
      throw invalid('the key set of the sender cannot be fetched', error);
    }
    if (!found) throw invalid('the signature was not made by a registered key of the sender');
    const verification: Verification = {
      form: claim.form,
      verified: true,
      algorithm: claim.algorithm,
      ...((claim.kid ?? found.kid) !== undefined && { kid: claim.kid ?? found.kid }),
      key: found.jwk,
    };
    return verification;
  },
});
