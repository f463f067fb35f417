import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A new bearer token, shown once: 32 random bytes. */
export const newToken = (): string => randomBytes(32).toString('base64url');

/**
 * What is kept of a token. A plain hash suffices: our tokens carry 256 random bits, so there is nothing to guess that
 * a slow hash would protect, and this runs on each request.
 */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Compares two hashes in constant time. */
export const sameHash = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};
