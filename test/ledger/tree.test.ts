import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  appendLeaf,
  consistencyPath,
  coverOf,
  EMPTY_FRONTIER,
  EMPTY_ROOT,
  type Frontier,
  inclusionPath,
  isConsistent,
  leafHash,
  nodeHash,
  type Range,
  rootByInclusion,
  rootOf,
} from '../../src/ledger/tree.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

// The test data that implementations of RFC 6962 share.
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const D4 = 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7';
const INCLUSION: [seq: number, size: number, path: string[]][] = [
  [0, 1, []],
  [
    0,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    5,
    8,
    [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      D4,
    ],
  ],
  [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
];
const CONSISTENCY: [from: number, to: number, proof: string[]][] = [
  [1, 1, []],
  [
    1,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    6,
    8,
    [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      D4,
    ],
  ],
];

/** The definition of RFC 6962 §2.1, written as it stands there. */
const merkleTreeHash = (hashes: readonly Buffer[]): Buffer => {
  if (hashes.length === 0) return EMPTY_ROOT;
  if (hashes.length === 1) return hashes[0] as Buffer;
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return nodeHash(merkleTreeHash(hashes.slice(0, k)), merkleTreeHash(hashes.slice(k)));
};
const grow = (hashes: readonly Buffer[]): Frontier =>
  hashes.reduce((tree, hash) => appendLeaf(tree, hash), EMPTY_FRONTIER);
const resolve = (hashes: readonly Buffer[], path: readonly Range[]): Buffer[] =>
  path.map(([begin, end]) => merkleTreeHash(hashes.slice(begin, end)));

const known = LEAVES.map((leaf) => leafHash(hex(leaf)));
const someHashes = (size: number): Buffer[] => Array.from({ length: size }, (_, i) => leafHash(`leaf ${i}`));

describe('the Merkle tree', () => {
  for (const [size, root] of ROOTS.entries()) {
    it(`has the known root of ${size} leaves`, () => {
      assert.equal(rootOf(grow(known.slice(0, size))).toString('hex'), root);
    });
  }
  for (const [seq, size, path] of INCLUSION) {
    it(`makes and takes the known proof that leaf ${seq} is among ${size}`, () => {
      const made = resolve(known, inclusionPath(seq, size));
      assert.deepEqual(
        made.map((hash) => hash.toString('hex')),
        path,
      );
      assert.equal(rootByInclusion(known[seq] as Buffer, seq, size, made)?.toString('hex'), ROOTS[size]);
    });
  }
  for (const [from, to, proof] of CONSISTENCY) {
    it(`makes and takes the known proof that ${from} leaves are the start of ${to}`, () => {
      const made = resolve(known, consistencyPath(from, to));
      assert.deepEqual(
        made.map((hash) => hash.toString('hex')),
        proof,
      );
      const [old, young] = [ROOTS[from], ROOTS[to]].map((root) => hex(root as string)) as [Buffer, Buffer];
      assert.equal(isConsistent({ size: from, root: old }, { size: to, root: young }, made), true);
    });
  }

  it('grows leaf by leaf into the tree of the definition', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), (size) => {
        const hashes = someHashes(size);
        assert.deepEqual(rootOf(grow(hashes)), merkleTreeHash(hashes));
      }),
      { numRuns: 40 },
    );
  });

  it('tells of each complete subtree once, with its root', () => {
    const hashes = someHashes(37);
    const seen = new Map<string, Buffer>();
    let tree = EMPTY_FRONTIER;
    for (const hash of hashes) {
      tree = appendLeaf(tree, hash, ({ level, position }, root) => {
        assert.equal(seen.has(`${level}/${position}`), false);
        seen.set(`${level}/${position}`, root);
      });
    }
    assert.equal(seen.size, 37 + 18 + 9 + 4 + 2 + 1);
    for (const [name, root] of seen) {
      const [level, position] = name.split('/').map(Number) as [number, number];
      assert.deepEqual(root, merkleTreeHash(hashes.slice(position * 2 ** level, (position + 1) * 2 ** level)));
    }
  });

  it('covers any range by perfect subtrees, left to right, without gap', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(5000), (a, b) => {
        const [begin, end] = [Math.min(a, b), Math.max(a, b)];
        let at = begin;
        for (const { level, position } of coverOf(begin, end)) {
          assert.equal(position * 2 ** level, at);
          at += 2 ** level;
        }
        assert.equal(at, end);
      }),
    );
  });

  it('proves every leaf in every tree, and no leaf by the proof of another or in another place', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 130 })
          .chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1), fc.nat(size - 1))),
        ([size, seq, other]) => {
          const hashes = someHashes(size);
          const root = merkleTreeHash(hashes);
          const path = resolve(hashes, inclusionPath(seq, size));
          assert.deepEqual(rootByInclusion(hashes[seq] as Buffer, seq, size, path), root);
          if (other === seq) return;
          assert.notDeepEqual(rootByInclusion(hashes[other] as Buffer, seq, size, path), root);
          assert.notDeepEqual(rootByInclusion(hashes[seq] as Buffer, other, size, path), root);
        },
      ),
    );
  });

  it('proves every tree to be the start of every later one, and no altered one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 130 }).chain((to) => fc.tuple(fc.constant(to), fc.integer({ min: 1, max: to }))),
        fc.nat(),
        ([to, from], pick) => {
          const hashes = someHashes(to);
          const old = { size: from, root: merkleTreeHash(hashes.slice(0, from)) };
          const young = { size: to, root: merkleTreeHash(hashes) };
          const proof = resolve(hashes, consistencyPath(from, to));
          assert.equal(isConsistent(old, young, proof), true);
          assert.equal(isConsistent({ ...old, root: leafHash('another') }, young, proof), false);
          assert.equal(isConsistent(old, { ...young, root: leafHash('another') }, proof), false);
          if (proof.length === 0) return;
          const bent = proof.map((hash, i) => (i === pick % proof.length ? leafHash(hash) : hash));
          assert.equal(isConsistent(old, young, bent), false);
          assert.equal(isConsistent(old, young, proof.slice(1)), false);
          assert.equal(isConsistent(old, young, [...proof, leafHash('more')]), false);
        },
      ),
    );
  });

  it('proves the empty tree to be the start of any, and a longer one of none', () => {
    const young = { size: 3, root: merkleTreeHash(someHashes(3)) };
    assert.equal(isConsistent({ size: 0, root: EMPTY_ROOT }, young, []), true);
    assert.equal(isConsistent({ size: 0, root: leafHash('x') }, young, []), false);
    assert.equal(isConsistent({ size: 4, root: young.root }, young, []), false);
  });

  it('refuses inclusion proofs that are too short, too long or out of range', () => {
    const hashes = someHashes(7);
    const path = resolve(hashes, inclusionPath(4, 7));
    const leaf = hashes[4] as Buffer;
    assert.equal(rootByInclusion(leaf, 4, 7, path.slice(0, -1)), undefined);
    assert.equal(rootByInclusion(leaf, 4, 7, [...path, leaf]), undefined);
    assert.equal(rootByInclusion(leaf, 7, 7, path), undefined);
    assert.equal(rootByInclusion(leaf, -1, 7, path), undefined);
  });
});
