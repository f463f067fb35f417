import { Fault } from '../core/fault.ts';
import type { Reader } from '../storage/index.ts';
import { readState } from './append.store.ts';
import { readHashes } from './tree.store.ts';
import { consistencyPath, coverOf, EMPTY_ROOT, inclusionPath, nodeHash, type Range, type Subtree } from './tree.ts';

const LEVELS_PER_STORED = 8;

/** The root of one perfect subtree, from the nearest stored level below. */
const subtreeRoot = async (reader: Reader, { level, position }: Subtree): Promise<Buffer> => {
  const stored = level - (level % LEVELS_PER_STORED);
  const width = 2 ** (level - stored);
  let hashes = await readHashes(reader, stored, position * width, (position + 1) * width);
  if (hashes.length !== width) {
    throw new Fault('ledger.damaged', `the ledger lacks entries near ${position * 2 ** level}; run "ledger verify"`);
  }
  while (hashes.length > 1) {
    const parents: Buffer[] = [];
    for (let i = 0; i < hashes.length; i += 2) parents.push(nodeHash(hashes[i] as Buffer, hashes[i + 1] as Buffer));
    hashes = parents;
  }
  return hashes[0] as Buffer;
};

/** The roots of the perfect subtrees that make up a range, left to right. */
export const rangeRoots = async (reader: Reader, [begin, end]: Range): Promise<Buffer[]> => {
  const roots: Buffer[] = [];
  for (const subtree of coverOf(begin, end)) roots.push(await subtreeRoot(reader, subtree));
  return roots;
};

const rangeHash = async (reader: Reader, range: Range): Promise<Buffer> =>
  (await rangeRoots(reader, range)).reduceRight((right, left) => nodeHash(left, right));

const resolve = async (reader: Reader, path: readonly Range[]): Promise<Buffer[]> => {
  const hashes: Buffer[] = [];
  for (const range of path) hashes.push(await rangeHash(reader, range));
  return hashes;
};

const isPlace = (value: number, max: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= max;

const assertSize = async (reader: Reader, size: number): Promise<void> => {
  const held = (await readState(reader)).frontier.size;
  if (!isPlace(size, held)) throw new Fault('ledger.out-of-range', `the ledger has ${held} entries`);
};

/** The root hash of the tree as it was when it had `size` entries. */
export const rootAt = async (reader: Reader, size: number): Promise<Buffer> => {
  await assertSize(reader, size);
  return size === 0 ? EMPTY_ROOT : await rangeHash(reader, [0, size]);
};

/** The audit path of entry `seq` in the tree of `size` entries (RFC 6962 §2.1.1). */
export const inclusionProof = async (reader: Reader, seq: number, size: number): Promise<readonly Buffer[]> => {
  await assertSize(reader, size);
  if (!isPlace(seq, size - 1)) throw new Fault('ledger.out-of-range', `a tree of ${size} entries has no entry ${seq}`);
  return await resolve(reader, inclusionPath(seq, size));
};

/** Proof that the tree of `from` entries is the beginning of the tree of `to` entries (RFC 6962 §2.1.2). */
export const consistencyProof = async (reader: Reader, from: number, to: number): Promise<readonly Buffer[]> => {
  await assertSize(reader, to);
  if (!isPlace(from, to)) throw new Fault('ledger.out-of-range', '`from` must not be beyond `to`');
  return await resolve(reader, consistencyPath(from, to));
};
