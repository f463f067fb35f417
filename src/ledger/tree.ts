import { hash } from 'node:crypto';

/**
 * The Merkle tree of RFC 6962 §2.1: leaves and inner nodes are hashed with different first bytes, so that neither can
 * pass for the other. Pure: where hashes are kept is the store's business.
 */
const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

// One call over what was put together costs half of what a hash fed piece by piece does.
const sha256 = (bytes: Buffer | string): Buffer => hash('sha256', bytes, 'buffer');

export const leafHash = (leaf: Buffer | string): Buffer =>
  sha256(typeof leaf === 'string' ? `\0${leaf}` : Buffer.concat([LEAF, leaf]));

export const nodeHash = (left: Buffer, right: Buffer): Buffer => sha256(Buffer.concat([NODE, left, right]));

export const EMPTY_ROOT: Buffer = sha256('');

/** A complete subtree: the leaves from `position * 2^level` up to the next multiple. */
export interface Subtree {
  readonly level: number;
  readonly position: number;
}

/**
 * All that is needed of a tree to append to it: the roots of the perfect subtrees it consists of, largest first (one
 * for each bit of `size` that is set).
 */
export interface Frontier {
  readonly size: number;
  readonly roots: readonly Buffer[];
}

export const EMPTY_FRONTIER: Frontier = { size: 0, roots: [] };

/** Appends one leaf; `seen` hears of each subtree that this leaf completes, the leaf itself (level 0) included. */
export const appendLeaf = (
  frontier: Frontier,
  leaf: Buffer,
  seen?: (subtree: Subtree, hash: Buffer) => void,
): Frontier => {
  const roots = [...frontier.roots];
  let hash = leaf;
  let level = 0;
  let position = frontier.size;
  seen?.({ level, position }, hash);
  // A subtree to the left of equal size (an odd position) merges with ours into the next level.
  while (position % 2 === 1) {
    hash = nodeHash(roots.pop() as Buffer, hash);
    level += 1;
    position = (position - 1) / 2;
    seen?.({ level, position }, hash);
  }
  roots.push(hash);
  return { size: frontier.size + 1, roots };
};

/** The root of the tree a frontier stands for: smaller subtrees are joined first, from the right. */
export const rootOf = ({ roots }: Frontier): Buffer =>
  roots.length === 0 ? EMPTY_ROOT : roots.reduceRight((right, left) => nodeHash(left, right));

/** The perfect subtrees that make up the leaves from `begin` up to `end`, left to right. */
export const coverOf = (begin: number, end: number): Subtree[] => {
  const cover: Subtree[] = [];
  let at = begin;
  while (at < end) {
    let level = 0;
    let width = 1;
    while (at % (width * 2) === 0 && at + width * 2 <= end) {
      width *= 2;
      level += 1;
    }
    cover.push({ level, position: at / width });
    at += width;
  }
  return cover;
};

/** Leaves from `begin` up to `end`, as one node of some tree. */
export type Range = readonly [begin: number, end: number];

/** The largest power of two below `n` (`n` at least 2). */
const splitOf = (n: number): number => {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
};

/** PATH of RFC 6962 §2.1.1, as ranges: what proves that leaf `seq` is in the tree of `size` leaves. */
export const inclusionPath = (seq: number, size: number): Range[] => {
  const path: Range[] = [];
  let [begin, end] = [0, size];
  while (end - begin > 1) {
    const middle = begin + splitOf(end - begin);
    if (seq < middle) {
      path.push([middle, end]);
      end = middle;
    } else {
      path.push([begin, middle]);
      begin = middle;
    }
  }
  return path.reverse();
};

/** PROOF of RFC 6962 §2.1.2, as ranges: what proves that the tree of `from` leaves is the start of that of `to`. */
export const consistencyPath = (from: number, to: number): Range[] => {
  if (from === 0 || from === to) return [];
  const path: Range[] = [];
  let [begin, end] = [0, to];
  // The old tree's own root needs no mention as long as no left part was split off.
  let whole = true;
  while (end !== from) {
    const middle = begin + splitOf(end - begin);
    if (from <= middle) {
      path.push([middle, end]);
      end = middle;
    } else {
      path.push([begin, middle]);
      begin = middle;
      whole = false;
    }
  }
  if (!whole) path.push([begin, end]);
  return path.reverse();
};

/** Climbs from a leaf by the rules of RFC 9162 §2.1.3.2; answers the root, or nothing when the path does not fit. */
export const rootByInclusion = (
  leaf: Buffer,
  seq: number,
  size: number,
  path: readonly Buffer[],
): Buffer | undefined => {
  if (seq < 0 || seq >= size) return undefined;
  let [at, last] = [seq, size - 1];
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else hash = nodeHash(hash, sibling);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? hash : undefined;
};

/** Checks a consistency proof by the rules of RFC 9162 §2.1.4.2. */
export const isConsistent = (
  from: { readonly size: number; readonly root: Buffer },
  to: { readonly size: number; readonly root: Buffer },
  proof: readonly Buffer[],
): boolean => {
  if (from.size > to.size) return false;
  if (from.size === to.size) return proof.length === 0 && from.root.equals(to.root);
  if (from.size === 0) return proof.length === 0 && from.root.equals(EMPTY_ROOT);
  const isPerfect = coverOf(0, from.size).length === 1;
  const [first, ...rest] = isPerfect ? [from.root, ...proof] : proof;
  if (!first) return false;
  let [at, last] = [from.size - 1, to.size - 1];
  while (at % 2 === 1) [at, last] = [(at - 1) / 2, Math.floor(last / 2)];
  let [old, young] = [first, first];
  for (const hash of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      old = nodeHash(hash, old);
      young = nodeHash(hash, young);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else young = nodeHash(young, hash);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && old.equals(from.root) && young.equals(to.root);
};
