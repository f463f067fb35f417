import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { Fault, isFault } from '../core/fault.ts';
import { isObject } from '../core/json.ts';
import type { KeySource, PublicJwk } from './ports.ts';

/** The algorithms that may verify anything; `none` and HMAC are not among them and cannot be configured in. */
export const jwsAlgorithms = ['EdDSA', 'RS256', 'PS256', 'ES256'] as const;
export type JwsAlgorithm = (typeof jwsAlgorithms)[number];

/** A public key that has been read, and the algorithms it may be used with. */
export interface VerificationKey {
  readonly jwk: PublicJwk;
  readonly kid?: string;
  readonly key: KeyObject;
  readonly algorithms: readonly JwsAlgorithm[];
}

// Below, factoring is within reach of states; above, one verification costs more than a stranger may ask of us.
const RSA_BITS = { least: 2048, most: 8192 };

const unusable = (message: string, cause?: unknown): Fault => new Fault('key.unusable', message, {}, { cause });

// `alg` binds the key: a key made for one algorithm is not tried with another (RFC 8725 §3.1).
const bound = (jwk: PublicJwk, possible: readonly JwsAlgorithm[], synonyms: readonly string[] = []) => {
  if (jwk.alg === undefined || synonyms.includes(jwk.alg)) return possible;
  const algorithms = possible.filter((algorithm) => algorithm === jwk.alg);
  if (algorithms.length === 0) throw unusable(`a key with alg ${jwk.alg.slice(0, 20)} cannot verify signatures`);
  return algorithms;
};

const algorithmsOf = (jwk: PublicJwk): readonly JwsAlgorithm[] => {
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') return bound(jwk, ['EdDSA'], ['Ed25519']);
  if (jwk.kty === 'RSA') return bound(jwk, ['RS256', 'PS256']);
  if (jwk.kty === 'EC' && jwk.crv === 'P-256') return bound(jwk, ['ES256']);
  throw unusable('only Ed25519, RSA and P-256 keys can verify signatures');
};

const members = ['kty', 'kid', 'use', 'alg', 'crv', 'x', 'y', 'n', 'e'] as const;

/** The public members of a JWK that we know, checked for their type; private and foreign ones are left behind. */
export const toPublicJwk = (value: unknown): PublicJwk => {
  if (!isObject(value) || typeof value['kty'] !== 'string') throw unusable('a key must be a JSON Web Key');
  const jwk: Record<string, string> = {};
  for (const member of members) {
    const part = Object.hasOwn(value, member) ? value[member] : undefined;
    if (part === undefined) continue;
    if (typeof part !== 'string' || part.length > 4096) throw unusable(`the member ${member} of a key is not usable`);
    jwk[member] = part;
  }
  return jwk as unknown as PublicJwk;
};

/** Reads an RSA key for any use, and refuses weak and monstrous ones. */
export const readPublicKey = (jwk: PublicJwk): KeyObject => {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch (cause) {
    throw unusable('a key cannot be read', cause);
  }
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && (bits < RSA_BITS.least || bits > RSA_BITS.most)) {
    throw unusable(`an RSA key must have ${RSA_BITS.least} to ${RSA_BITS.most} bits`);
  }
  return key;
};

/** Reads a key that is to verify signatures; throws `key.unusable` saying why it cannot. */
export const toVerificationKey = (value: unknown): VerificationKey => {
  const jwk = toPublicJwk(value);
  if (jwk.use !== undefined && jwk.use !== 'sig') throw unusable('a key for encryption cannot verify signatures');
  const operations = isObject(value) ? value['key_ops'] : undefined;
  if (Array.isArray(operations) && !operations.includes('verify')) throw unusable('the key is not meant to verify');
  const algorithms = algorithmsOf(jwk);
  return { jwk, key: readPublicKey(jwk), algorithms, ...(jwk.kid !== undefined && { kid: jwk.kid }) };
};

// Reading a key costs as much as a verification; the key objects of peers live as long as the peer's settings.
const read = new WeakMap<object, VerificationKey | Fault>();

const readOnce = (value: unknown): VerificationKey | Fault => {
  const known = isObject(value) ? read.get(value) : undefined;
  if (known) return known;
  let result: VerificationKey | Fault;
  try {
    result = toVerificationKey(value);
  } catch (error) {
    if (!isFault(error)) throw error;
    result = error;
  }
  if (isObject(value)) read.set(value, result);
  return result;
};

/** The keys of a set that can verify. One that cannot be read spoils only itself. */
export const verificationKeys = (keys: readonly unknown[]): readonly VerificationKey[] =>
  keys.map(readOnce).filter((key): key is VerificationKey => !isFault(key));

/** The RFC 7638 thumbprint: the key itself, whatever id it goes by. */
const thumbprintOf = ({ kty, crv, x, y, n, e }: PublicJwk): string => {
  const members = kty === 'RSA' ? { e, kty, n } : kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
};

/** Whether the operator no longer believes this key of the source. */
export const isRevoked = ({ revokedKeys = [] }: KeySource, jwk: PublicJwk): boolean =>
  revokedKeys.length > 0 &&
  ((jwk.kid !== undefined && revokedKeys.includes(jwk.kid)) || revokedKeys.includes(thumbprintOf(jwk)));
