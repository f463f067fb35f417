import { createPublicKey } from 'node:crypto';
import { Fault, isFault } from '../core/fault.ts';
import { isObject } from '../core/json.ts';
import type { PublicJwk } from './ports.ts';
import { readPublicKey, toPublicJwk, toVerificationKey } from './verification-key.ts';

const unusable = (message: string, cause?: unknown): Fault => new Fault('key.unusable', message, {}, { cause });

const fromPem = (text: string): PublicJwk[] => {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw unusable('this is a private key, which must stay with its owner; ask the peer for the public one');
  }
  const blocks = text.match(/-----BEGIN (RSA )?PUBLIC KEY-----[\s\S]+?-----END (RSA )?PUBLIC KEY-----/g) ?? [];
  if (blocks.length === 0) throw unusable('the PEM file holds no public key');
  return blocks.map((block) => {
    try {
      return toPublicJwk(createPublicKey(block).export({ format: 'jwk' }));
    } catch (cause) {
      throw isFault(cause) ? cause : unusable('the PEM public key cannot be read', cause);
    }
  });
};

const fromJson = (text: string): readonly unknown[] => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unusable('the key file is neither PEM nor JSON', cause);
  }
  if (!isObject(value)) throw unusable('the key file holds neither a JWK nor a JWKS');
  return Array.isArray(value['keys']) ? value['keys'] : [value];
};

/** Why a key cannot be used, or nothing. Keys for encryption are kept beside those for signatures. */
const complaint = (value: unknown): Fault | undefined => {
  try {
    if (isObject(value) && ('d' in value || value['kty'] === 'oct')) {
      return unusable('a key is a private or shared one; only public keys are registered');
    }
    const jwk = toPublicJwk(value);
    if (jwk.use === 'enc') readPublicKey(jwk);
    else toVerificationKey(value);
    return undefined;
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
};

/**
 * Reads a peer's keys from a file: PEM public keys, a JWK or a JWKS. A PEM key has no id and so matches whatever key
 * id its owner names.
 *
 * Keys of a set that cannot be used are left out; when none is left that can verify, throws `key.unusable` with the
 * reason of the first.
 */
export const readKeyFile = (text: string): readonly PublicJwk[] => {
  const keys = text.includes('-----BEGIN') ? fromPem(text) : fromJson(text);
  if (keys.length > 100) throw unusable('the key file holds more than 100 keys');
  const usable = keys.filter((key) => complaint(key) === undefined).map(toPublicJwk);
  if (!usable.some((key) => key.use !== 'enc')) {
    throw keys.map(complaint).find((fault) => fault !== undefined) ?? unusable('no key in the file can verify');
  }
  return usable;
};
