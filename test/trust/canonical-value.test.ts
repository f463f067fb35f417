import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalize } from '../../src/trust/canonical-json.ts';
import { writeOwn } from '../../src/trust/canonical-value.ts';
import { escapeNonAscii } from '../../src/trust/escape-non-ascii.ts';

const own = (value: object): { text: string; isCanonical: boolean } => {
  const { text, isCanonical } = writeOwn(value);
  return { text: text.toString(), isCanonical };
};
const canonical = (text: string): string => canonicalize(Buffer.from(text), { maxDepth: 1000 }).toString();
const escaped = (text: string): string =>
  text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const key = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 4 }),
  fc.constantFrom('a', 'B', '@type', '10', '9', '__proto__', '\ufb01', '\u{1f600}'),
);
const scalar = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie('value'), { maxLength: 4 }), tie('object')),
  object: fc.dictionary(key, tie('value'), { maxKeys: 6 }),
}));

describe('values of ours as text', () => {
  it('say the same as before, in the canonical form where they claim it', () => {
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 6 }), (object) => {
        const { text, isCanonical } = own(object);
        assert.equal(canonical(text), canonical(JSON.stringify(object)));
        if (isCanonical) assert.equal(text, canonical(text));
      }),
      { numRuns: 500 },
    );
  });

  it('leave what is in order as it is, and order the rest at every level', () => {
    const inOrder = { a: 1, b: [{ c: 2, d: { e: 3 } }] };
    assert.deepEqual(own(inOrder), { text: JSON.stringify(inOrder), isCanonical: true });
    const mixed = { b: [{ d: 2, c: { z: 1, y: undefined, x: 2 } }], a: 'é' };
    assert.deepEqual(own(mixed), { text: '{"a":"é","b":[{"c":{"x":2,"z":1},"d":2}]}', isCanonical: true });
    assert.deepEqual(mixed, { b: [{ d: 2, c: { z: 1, y: undefined, x: 2 } }], a: 'é' });
  });

  it('are written piece by piece where a list is long, to the same bytes, behind the room that was asked for', () => {
    const texts = fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(texts, fc.nat(40), fc.nat(100), (some, repeated, room) => {
        const many = Array.from({ length: repeated }, (_, i) => ({
          b: some[i % some.length],
          a: [i, undefined, null],
        }));
        const value = { list: [{ inner: { many, none: undefined } }, many], 'a "name"': some };
        const { text, roomy } = writeOwn(value, room);
        assert.equal(roomy.length, text.length + room);
        assert.deepEqual(JSON.parse(text.toString()), JSON.parse(JSON.stringify(value).toWellFormed()));
      }),
    );
    const value = { list: Array.from({ length: 100_000 }, (_, i) => ({ name: `é ${i}` })) };
    assert.equal(writeOwn(value).text.toString(), JSON.stringify(value));
  });

  it('claim nothing where JavaScript has an order of its own, or text that canonical JSON refuses', () => {
    for (const odd of [{ a: 1, '10': 1, '9': 1 }, { b: 'half \ud800 pair', a: 1 }, { a: '\u0001' }]) {
      const { text, isCanonical } = own(odd);
      assert.deepEqual([isCanonical, JSON.parse(text)], [false, odd]);
    }
  });

  it('are escaped to ASCII unit by unit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const wellFormed = text.toWellFormed();
        assert.equal(escapeNonAscii(Buffer.from(wellFormed)).toString('latin1'), escaped(wellFormed));
      }),
    );
    assert.equal(
      escapeNonAscii(Buffer.from('\u007f\u0080߿ࠀ\uffff\u{10000}\u{10ffff}')).toString(),
      escaped('\u007f\u0080߿ࠀ\uffff\u{10000}\u{10ffff}'),
    );
  });
});
