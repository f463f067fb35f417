import { createHmac, hash } from 'node:crypto';
import { fold } from '../core/text.ts';

// 16 bytes: two people meet in one hash about never, and the index stays small.
export const SUBJECT_BYTES = 16;

const normalize = (identifier: string): string => fold(identifier.trim());

/** The keyed hash by which erasure finds the messages that name an identifier. */
export const subjectHash = (key: Buffer, identifier: string): Buffer =>
  createHmac('sha256', key).update(normalize(identifier)).digest().subarray(0, SUBJECT_BYTES);

// What HMAC is made of (RFC 2104): two hashes of the key, padded and masked, before what is to be hashed.
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER_MASK = 0x36;
const OUTER_MASK = 0x5c;

const padded = (key: Buffer, mask: number, behind: number): Buffer => {
  const block = Buffer.alloc(BLOCK_BYTES + behind);
  key.copy(block);
  for (let i = 0; i < BLOCK_BYTES; i += 1) block[i] = (block[i] as number) ^ mask;
  return block;
};

// Longer identifiers are none; they are hashed all the same.
const LONGEST = 1024;
const BYTES_PER_UNIT = 3;

/** As `subjectHash`, for many: an HMAC object for each, and a buffer for its answer, take longer than the hashing. */
const createHasher = (key: Buffer): ((identifier: string) => string) => {
  const inner = padded(key, INNER_MASK, LONGEST * BYTES_PER_UNIT);
  const outer = padded(key, OUTER_MASK, DIGEST_BYTES);
  return (identifier) => {
    if (identifier.length > LONGEST || key.length > BLOCK_BYTES) return subjectHash(key, identifier).toString('binary');
    const end = BLOCK_BYTES + inner.write(identifier, BLOCK_BYTES);
    outer.write(hash('sha256', inner.subarray(0, end), 'binary'), BLOCK_BYTES, 'binary');
    return hash('sha256', outer, 'binary');
  };
};

/** The keyed hashes of many identifiers, one behind the other, each once. */
export const createSubjectList = (key: Buffer): ((identifiers: readonly string[]) => Buffer) => {
  const hashOf = createHasher(key);
  // Whom a question names, its answer names again at once.
  let latest: ReadonlyMap<string, string> = new Map();
  return (identifiers) => {
    const hashes = new Map<string, string>();
    for (const identifier of identifiers.map(normalize)) {
      if (!hashes.has(identifier)) hashes.set(identifier, latest.get(identifier) ?? hashOf(identifier));
    }
    latest = hashes;
    const list = Buffer.allocUnsafe(hashes.size * SUBJECT_BYTES);
    let at = 0;
    for (const each of hashes.values()) at += list.write(each, at, SUBJECT_BYTES, 'binary');
    return list;
  };
};
