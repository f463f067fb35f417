import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { createSubjectList, SUBJECT_BYTES, subjectHash } from '../../src/ledger/subjects.ts';

const split = (list: Buffer): Buffer[] =>
  Array.from({ length: list.length / SUBJECT_BYTES }, (_, i) =>
    list.subarray(i * SUBJECT_BYTES, (i + 1) * SUBJECT_BYTES),
  );

describe('the subjects of a message', () => {
  it('are hashed in a list as one by one, each once, in whatever order they are asked for again', () => {
    const key = randomBytes(32);
    const list = createSubjectList(key);
    const identifier = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary', minLength: 1000 }));
    fc.assert(
      fc.property(fc.uniqueArray(identifier, { selector: (text) => subjectHash(key, text).toString('hex') }), (all) => {
        const expected = all.map((one) => subjectHash(key, one));
        assert.deepEqual(split(list([...all, ...all.map((one) => ` ${one} `)])), expected);
        assert.deepEqual(split(list(all.toReversed())), expected.toReversed());
      }),
      { numRuns: 50 },
    );
  });
});
