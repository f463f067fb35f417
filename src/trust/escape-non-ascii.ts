import { isAscii } from 'node:buffer';
import { createReusedBuffer } from '../core/reused-buffer.ts';

const DELETE = 0x7f;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const HEX = Buffer.from('0123456789abcdef');

// A byte becomes six at the most: DEL does.
const MOST_GROWTH = 6;

const memory = createReusedBuffer();

/** Writes one UTF-16 unit as `\uXXXX`; answers the place behind it. */
const putUnit = (out: Buffer, at: number, unit: number): number => {
  out[at] = BACKSLASH;
  out[at + 1] = LETTER_U;
  out[at + 2] = HEX[unit >> 12] as number;
  out[at + 3] = HEX[(unit >> 8) & 15] as number;
  out[at + 4] = HEX[(unit >> 4) & 15] as number;
  out[at + 5] = HEX[unit & 15] as number;
  return at + 6;
};

/** Bytes that a character takes in UTF-8, by its first one. */
const lengthOf = (first: number): number => (first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4);

const FIRST_BITS = [0, 0x7f, 0x1f, 0x0f, 0x07];

const isPlain = (bytes: Buffer): boolean => isAscii(bytes) && !bytes.includes(DELETE);

// Most of a long message is plain, and is copied in blocks.
const BLOCK = 512;

/**
 * The same canonical JSON with everything beyond printable ASCII written as `\uXXXX`, as Python's `json.dumps` does by
 * default (DEL included). Only strings can hold such characters, so the whole text may be treated alike. On bytes,
 * because this runs over every message that is signed in the string form; `canonical` must be UTF-8.
 */
export const escapeNonAscii = (canonical: Buffer): Buffer => {
  if (isPlain(canonical)) return canonical;
  const out = memory(canonical.length * MOST_GROWTH);
  let end = 0;
  for (let at = 0; at < canonical.length; ) {
    const block = canonical.subarray(at, at + BLOCK);
    if (isPlain(block)) {
      end += block.copy(out, end);
      at += block.length;
      continue;
    }
    // A character that the block cuts in two is taken whole; the next begins behind it.
    for (const until = at + block.length; at < until; ) {
      const first = canonical[at] as number;
      if (first < DELETE) {
        out[end] = first;
        end += 1;
        at += 1;
        continue;
      }
      const length = lengthOf(first);
      let code = first & (FIRST_BITS[length] as number);
      for (let next = at + 1; next < at + length; next += 1) code = (code << 6) | ((canonical[next] as number) & 0x3f);
      at += length;
      if (code > 0xffff) {
        end = putUnit(out, end, 0xd800 | ((code - 0x10000) >> 10));
        code = 0xdc00 | ((code - 0x10000) & 0x3ff);
      }
      end = putUnit(out, end, code);
    }
  }
  return Buffer.from(out.subarray(0, end));
};
