import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Fault } from '../../src/core/fault.ts';
import { canonicalize } from '../../src/trust/canonical-json.ts';
import { escapeNonAscii } from '../../src/trust/escape-non-ascii.ts';
import { canonicalEnvelope, parseStrictJson } from '../../src/trust/strict-json.ts';

const canonical = (text: string): string => canonicalize(Buffer.from(text), { maxDepth: 64 }).toString('utf8');
const refusal = (body: string | Buffer): string => {
  try {
    parseStrictJson(Buffer.from(body as string));
  } catch (error) {
    assert.ok(error instanceof Fault, String(error));
    return error.code;
  }
  return 'accepted';
};

describe('canonical JSON', () => {
  for (const [title, text, wanted] of [
    [
      'keeps the spelling of numbers',
      '{"b":1.0,"a":[1,1e5,-0,12345678901234567890]}',
      '{"a":[1,1e5,-0,12345678901234567890],"b":1.0}',
    ],
    ['drops blanks between tokens and keeps those in text', ' { "a b" :\t[ 1 , " x " ]\r\n} ', '{"a b":[1," x "]}'],
    [
      'sorts keys at every level',
      '{"b":{"z":1,"y":{"d":1,"c":2}},"a":[{"q":1,"p":2}]}',
      '{"a":[{"p":2,"q":1}],"b":{"y":{"c":2,"d":1},"z":1}}',
    ],
    ['puts a key before the longer ones it begins', '{"ab":1,"a":2,"":3}', '{"":3,"a":2,"ab":1}'],
    ['sorts keys by code point, not by UTF-16 unit', '{"\u{1f600}":1,"\ufb01":2}', '{"\ufb01":2,"\u{1f600}":1}'],
    ['sorts escaped keys by what they mean', '{"\\u0062":1,"a\\n":2,"a":3,"a!":4}', '{"a":3,"a\\n":2,"a!":4,"b":1}'],
    [
      'writes escapes in their shortest form',
      '{"a":"\\u00e9\\/\\u0041\\u0008\\u001B\\\\\\""}',
      '{"a":"é/A\\b\\u001b\\\\\\""}',
    ],
    ['leaves __proto__ an ordinary key', '{"__proto__":{"x":1},"a":1}', '{"__proto__":{"x":1},"a":1}'],
    ['handles empty things', '{"c":"","b":[],"a":{}}', '{"a":{},"b":[],"c":""}'],
    ['keeps members that look like numbers in text order', '{"10":1,"9":2,"b":3}', '{"10":1,"9":2,"b":3}'],
  ] as const) {
    it(title, () => assert.equal(canonical(text), wanted));
  }

  it('orders an object of many members', () => {
    const names = Array.from({ length: 500 }, (_, i) => `k${(i * 7919) % 500}`);
    const text = `{${names.map((name) => `"${name}":1`).join(',')}}`;
    assert.equal(
      canonical(text),
      `{${[...names]
        .sort()
        .map((name) => `"${name}":1`)
        .join(',')}}`,
    );
  });

  it('is the same for the same value however it is spelled', () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, inner]) => [key, shuffled(inner)]),
      );
    };
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary', maxDepth: 6 }), (value) => {
        const plain = JSON.stringify(value);
        if (!plain.isWellFormed() || /\\ud[89a-f]|\\u0000/.test(plain)) return;
        const once = canonical(plain);
        assert.equal(canonical(JSON.stringify(shuffled(value), null, 2)), once);
        assert.deepEqual(JSON.parse(once), JSON.parse(plain));
        assert.equal(canonical(once), once);
      }),
      { numRuns: 500 },
    );
  });

  it('escapes what is beyond printable ASCII as Python does, DEL and surrogate pairs included', () => {
    const form = canonicalize(Buffer.from('{"naïve":"\u007f€\u{1f600}"}'), { maxDepth: 64 });
    assert.equal(escapeNonAscii(form).toString(), '{"na\\u00efve":"\\u007f\\u20ac\\ud83d\\ude00"}');
  });
});

describe('parseStrictJson', () => {
  it('answers the value and the canonical envelope', () => {
    const parsed = parseStrictJson(Buffer.from('{"signature":"s","message":{"b":1.0,"a":2},"header":{}}'));
    assert.deepEqual(parsed.value, { signature: 's', message: { b: 1, a: 2 }, header: {} });
    assert.equal(canonicalEnvelope(parsed)?.toString(), '{"header":{},"message":{"a":2,"b":1.0}}');
  });

  const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  for (const [title, body, code] of [
    ['a key twice', '{"a":1,"a":1}', 'body.unreadable'],
    ['a key twice, apart and deep inside', '{"x":[{"b":1,"c":2,"a":3,"b":4}]}', 'body.unreadable'],
    ['a key twice, once escaped', '{"ab":1,"\\u0061b":2}', 'body.unreadable'],
    ['the signature twice', '{"signature":"a","header":{},"signature":"b"}', 'body.unreadable'],
    [
      'a key twice among many',
      `{${Array.from({ length: 60 }, (_, i) => `"k${i}":1`).join(',')},"k7":2}`,
      'body.unreadable',
    ],
    ['half a surrogate pair', '{"a":"\\ud83d"}', 'body.unreadable'],
    ['half a surrogate pair in a key', '{"\\udc00":1}', 'body.unreadable'],
    ['a NUL character', '{"a":"x\\u0000"}', 'body.unreadable'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'body.unreadable'],
    ['UTF-8 that spells a surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'body.unreadable'],
    ['what is not JSON', '{"a":01}', 'body.unreadable'],
    ['nothing', '', 'body.unreadable'],
    ['two documents', '{} {}', 'body.unreadable'],
    ['a byte order mark', '\ufeff{}', 'body.unreadable'],
    ['65 levels', nested(65), 'body.too-deep'],
    ['half a million levels', nested(500_000), 'body.too-deep'],
  ] as const) {
    it(`refuses ${title}`, () => assert.equal(refusal(body), code));
  }
  for (const [title, body] of [
    ['64 levels', nested(64)],
    ['the same key in two objects', '[{"a":1},{"a":{"a":1}}]'],
    ['a document that is not an object', '"text"'],
    ['a whole surrogate pair', '{"a":"\\ud83d\\ude00"}'],
  ] as const) {
    it(`accepts ${title}`, () => assert.equal(refusal(body), 'accepted'));
  }
});
