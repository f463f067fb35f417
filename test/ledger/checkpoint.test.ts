import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { silentLogger } from '../../src/core/log.ts';
import { startCheckpoints } from '../../src/ledger/checkpoint.ts';
import type { Ledger } from '../../src/ledger/index.ts';
import { cosign, parseNote, signCheckpoint, signerOf } from '../../src/ledger/note.ts';
import { isConsistent, rootByInclusion } from '../../src/ledger/tree.ts';
import { describeStore } from '../support/stores.ts';
import { exchange, ledgerOn, makeClock, makeKey, ownKey, signerWith } from './support.ts';

const checkpoint = { origin: 'a.example/ledger', size: 3, root: Buffer.alloc(32, 7), at: '2026-11-24T08:00:00.000Z' };

describe('a checkpoint note', () => {
  it('is text a person can read, signed as transparency logs do', async () => {
    const note = signCheckpoint(checkpoint, await signerWith(ownKey).current());
    const [text, signatures] = note.split('\n\n') as [string, string];
    assert.equal(text, `a.example/ledger\n3\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\ntime ${checkpoint.at}`);
    const [dash, name, encoded] = signatures.trim().split(' ') as [string, string, string];
    assert.deepEqual([dash, name], ['—', 'a.example/ledger']);
    const raw = Buffer.from(ownKey.jwk['x'] as string, 'base64url');
    const id = createHash('sha256').update('a.example/ledger\n\u0001').update(raw).digest().subarray(0, 4);
    assert.deepEqual(Buffer.from(encoded, 'base64').subarray(0, 4), id);
    assert.equal(Buffer.from(encoded, 'base64').length, 68);
  });

  it('is believed under the key that signed it and no other, and not when altered', async () => {
    const note = signCheckpoint(checkpoint, await signerWith(ownKey).current());
    assert.equal(signerOf(parseNote(note), [makeKey('x').jwk, ownKey.jwk]), ownKey.jwk);
    assert.equal(signerOf(parseNote(note), [makeKey('x').jwk]), undefined);
    assert.equal(signerOf(parseNote(note.replace('\n3\n', '\n4\n')), [ownKey.jwk]), undefined);
    assert.equal(signerOf(parseNote(note.replaceAll('a.example', 'b.example')), [ownKey.jwk]), undefined);
  });

  it('keeps its own signature when a witness adds one', async () => {
    const note = signCheckpoint(checkpoint, await signerWith(ownKey).current());
    const witness = makeKey('witness');
    const signed = cosign(note, 'w.example', 1_795_507_200, await signerWith(witness).current());
    const parsed = parseNote(signed);
    assert.equal(signerOf(parsed, [ownKey.jwk]), ownKey.jwk);
    assert.deepEqual(
      parsed.signatures.map(({ name, signature }) => [name, signature.length]),
      [
        ['a.example/ledger', 64],
        ['w.example', 72],
      ],
    );
  });

  for (const bad of ['', 'x', 'a\n3\nAAAA\n\n— a AAAA\n', 'a\n-1\nBwc=\n\n— a AAAA\n', 'a\n3\n\n— a b\n']) {
    it(`refuses ${JSON.stringify(bad)}`, () => {
      assert.throws(() => parseNote(bad));
    });
  }
});

describeStore('checkpoints and proofs of a ledger', ({ database }) => {
  let ledger: Ledger;
  const clock = makeClock();
  before(async () => {
    ledger = await ledgerOn(database(), clock);
  });

  it('signs the empty ledger, and nothing twice', async () => {
    const first = await ledger.checkpoint();
    assert.equal(first.size, 0);
    clock.pass(1000);
    assert.equal((await ledger.checkpoint()).note, first.note);
    assert.equal((await ledger.latestCheckpoint())?.note, first.note);
    assert.deepEqual((await ledger.verify()).problems, []);
  });

  it('proves each entry to be in, and each checkpoint to continue the ones before', async () => {
    const signed = [];
    for (const count of [1, 4, 150, 3, 400]) {
      await Promise.all(Array.from({ length: count }, (_, i) => ledger.record(exchange(`${count}-${i}`))));
      signed.push(await ledger.checkpoint());
    }
    const newest = signed.at(-1) as (typeof signed)[number];
    const { entries } = await ledger.find({ limit: 1000 });
    for (const seq of [0, 1, 255, 256, 300, 511, 700, 999]) {
      const path = await ledger.inclusionProof(seq, newest.size);
      const root = rootByInclusion(entries[seq]?.leafHash as Buffer, seq, newest.size, path);
      assert.deepEqual(root, newest.root);
    }
    for (const [i, old] of signed.entries()) {
      for (const young of signed.slice(i)) {
        assert.ok(isConsistent(old, young, await ledger.consistencyProof(old.size, young.size)));
      }
    }
  });

  it('refuses proofs of what is not there', async () => {
    const size = (await ledger.latestCheckpoint())?.size as number;
    await assert.rejects(ledger.inclusionProof(size, size), { code: 'ledger.out-of-range' });
    await assert.rejects(ledger.inclusionProof(0, size + 1), { code: 'ledger.out-of-range' });
    await assert.rejects(ledger.inclusionProof(0.5, size), { code: 'ledger.out-of-range' });
    await assert.rejects(ledger.consistencyProof(5, 4), { code: 'ledger.out-of-range' });
    await assert.rejects(ledger.consistencyProof(-1, 4), { code: 'ledger.out-of-range' });
  });

  it('stays verifiable when the key was rotated, and its origin is kept', async () => {
    const second = makeKey('crosswalk.local|k2|ed25519');
    const rotated = await ledgerOn(database(), clock, signerWith(ownKey, second));
    await rotated.record(exchange('after-rotation'));
    const { note } = await rotated.checkpoint();
    assert.equal(signerOf(parseNote(note), [second.jwk]), second.jwk);
    assert.deepEqual((await rotated.verify()).problems, []);
    const unaware = await ledger.verify();
    assert.deepEqual(
      unaware.problems.map(({ what }) => what),
      ['checkpoint'],
    );
  });
});

describe('the rhythm of checkpoints', () => {
  it('signs at once and once more when it is stopped, and survives a failure', async () => {
    let calls = 0;
    const job = startCheckpoints(
      async () => {
        calls += 1;
        if (calls === 1) throw new Error('the database was away');
      },
      3_600_000,
      silentLogger,
    );
    await job.stop();
    assert.equal(calls, 2);
  });
});
