import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

// api-v2.md §2.4: N 16384, r 8, p 1, 64 bytes.
const OPTIONS: ScryptOptions = { N: 16_384, r: 8, p: 1 };
const LENGTH = 64;

const derive = (secret: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(secret, salt, LENGTH, OPTIONS, (error, key) => (error ? reject(error) : resolve(key)));
  });

/** A new secret, shown once: 32 random bytes. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

export const hashSecret = async (secret: string): Promise<string> => {
  const salt = randomBytes(16);
  return `scrypt:${salt.toString('base64url')}:${(await derive(secret, salt)).toString('base64url')}`;
};

// Compared against when there is no such client, so that a wrong id takes as long as a wrong secret.
const NOBODY = `scrypt:${Buffer.alloc(16).toString('base64url')}:${Buffer.alloc(LENGTH).toString('base64url')}`;

/** Compares in constant time; without a stored hash the answer is no, after the same work. */
export const matchesSecret = async (secret: string, stored: string | undefined): Promise<boolean> => {
  const [, salt = '', hash = ''] = (stored ?? NOBODY).split(':');
  const derived = await derive(secret, Buffer.from(salt, 'base64url'));
  const expected = Buffer.from(hash, 'base64url');
  return expected.length === derived.length && timingSafeEqual(derived, expected) && stored !== undefined;
};
