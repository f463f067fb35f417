import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compareCodePoints, fold, isStorableText } from '../../src/core/text.ts';

describe('compareCodePoints', () => {
  it('orders as the UTF-8 bytes do, supplementary planes included', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (a, b) => {
        assert.equal(Math.sign(compareCodePoints(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});

describe('fold', () => {
  it('lets two ways of typing one name meet', () => {
    assert.equal(fold('E\u0301lodie'), fold('élodie'));
  });
});

describe('isStorableText', () => {
  it('refuses NUL bytes and lone surrogates, and nothing else', () => {
    assert.deepEqual(['a\0b', '\ud800', '\udc00x', '😀', 'Ñandú'].map(isStorableText), [
      false,
      false,
      false,
      true,
      true,
    ]);
  });
});
