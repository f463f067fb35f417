import { Fault } from '../core/fault.ts';
import { compareCodePoints, isStorableText } from '../core/text.ts';

/** Leaves a member out of the canonical form; `depth` 1 is the outermost object. */
export type Omit = (depth: number, key: string, canonicalValue: string) => boolean;

export interface CanonicalOptions {
  readonly maxDepth: number;
  readonly omit?: Omit;
}

/**
 * One pass over the bytes: what is read is written to `out` at once, and when an object ends its members are put in
 * order there. Bytes and not text, because this runs on every signed message, a thousand items included; and because
 * the byte order of UTF-8 is the order of code points.
 *
 * The canonical form never needs more room than the input: the canonical spelling of a string is its shortest. `out`
 * has that room twice: the second half is where members wait while they are put in order.
 */
interface Scan extends CanonicalOptions {
  readonly input: Buffer;
  readonly out: Buffer;
  at: number;
  end: number;
  depth: number;
  /** Of each member of the objects being read, `members` in all: where it starts in `out`, and where its key ends. */
  readonly starts: number[];
  readonly keyEnds: number[];
  members: number;
  /** Where `sortMembers` puts its answer. */
  readonly order: number[];
  /** Strings read so far that held escapes. */
  escapes: number;
  /** Keys of the objects being read that kept an escape, so that their bytes do not sort as their text does. */
  escapedKeys: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const isSpace = (code: number | undefined): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

const skipSpace = (scan: Scan): void => {
  while (isSpace(scan.input[scan.at])) scan.at += 1;
};

const put = (scan: Scan, byte: number): void => {
  scan.out[scan.end] = byte;
  scan.end += 1;
};

/** Reads a string that holds an escape, and writes it with the escapes that JSON demands and no others. */
const readEscaped = (scan: Scan, start: number, outStart: number): void => {
  const { input } = scan;
  let end = start + 1;
  while (input[end] !== QUOTE) end += input[end] === BACKSLASH ? 2 : 1;
  scan.at = end + 1;
  scan.escapes += 1;
  const decoded = JSON.parse(input.toString('utf8', start, scan.at)) as string;
  if (!isStorableText(decoded)) {
    throw new Fault('body.unreadable', 'a string holds a NUL character or half of a surrogate pair');
  }
  scan.end = outStart + scan.out.write(JSON.stringify(decoded), outStart);
};

const readString = (scan: Scan): void => {
  const { input, out } = scan;
  const start = scan.at;
  const outStart = scan.end;
  let at = start + 1;
  let end = outStart + 1;
  out[outStart] = QUOTE;
  for (let byte = input[at]; byte !== QUOTE; byte = input[at]) {
    if (byte === BACKSLASH) {
      readEscaped(scan, start, outStart);
      return;
    }
    out[end] = byte as number;
    at += 1;
    end += 1;
  }
  out[end] = QUOTE;
  scan.at = at + 1;
  scan.end = end + 1;
};

/** A number keeps its spelling: `1.0` and `1` are different signed contents (dci.md §15.8). */
const readScalar = (scan: Scan): void => {
  const { input, out } = scan;
  for (let byte = input[scan.at]; byte !== undefined; byte = input[scan.at]) {
    if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || isSpace(byte)) return;
    out[scan.end] = byte;
    scan.end += 1;
    scan.at += 1;
  }
};

const enter = (scan: Scan, open: number): void => {
  scan.depth += 1;
  if (scan.depth > scan.maxDepth) {
    throw new Fault('body.too-deep', `the document is nested deeper than ${scan.maxDepth} levels`);
  }
  put(scan, open);
  scan.at += 1;
  skipSpace(scan);
};

const leave = (scan: Scan, close: number): void => {
  put(scan, close);
  scan.at += 1;
  scan.depth -= 1;
};

/** Orders the keys of two members, by their bytes in `out`. */
const compareKeys = ({ out, starts, keyEnds }: Scan, a: number, b: number): number => {
  let x = starts[a] as number;
  let y = starts[b] as number;
  const xEnd = keyEnds[a] as number;
  const yEnd = keyEnds[b] as number;
  while (x < xEnd && y < yEnd) {
    const difference = (out[x] as number) - (out[y] as number);
    if (difference !== 0) return difference;
    x += 1;
    y += 1;
  }
  return xEnd - x - (yEnd - y);
};

const keyText = ({ out, starts, keyEnds }: Scan, member: number): string =>
  JSON.parse(`${out.toString('utf8', starts[member], keyEnds[member])}"`) as string;

const refuseTwins = (): never => {
  throw new Fault('body.unreadable', 'an object holds the same key twice');
};

// Below this an insertion sort is quicker than the general one; above it would be quadratic in what strangers send.
const FEW = 24;

/** The members from `first` on, in order of their keys; the list is good until the next call. */
const sortMembers = (scan: Scan, first: number): readonly number[] => {
  const { order } = scan;
  order.length = 0;
  for (let member = first; member < scan.members; member += 1) order.push(member);
  if (scan.escapedKeys > 0) {
    const texts = order.map((member) => keyText(scan, member));
    const text = (member: number): string => texts[member - first] as string;
    order.sort((a, b) => compareCodePoints(text(a), text(b)) || refuseTwins());
  } else if (order.length > FEW) order.sort((a, b) => compareKeys(scan, a, b) || refuseTwins());
  else {
    for (let i = 1; i < order.length; i += 1) {
      const member = order[i] as number;
      let hole = i;
      for (; hole > 0; hole -= 1) {
        const difference = compareKeys(scan, order[hole - 1] as number, member);
        if (difference === 0) refuseTwins();
        if (difference < 0) break;
        order[hole] = order[hole - 1] as number;
      }
      order[hole] = member;
    }
  }
  return order;
};

const memberEnd = ({ starts, members, end }: Scan, member: number): number =>
  member + 1 < members ? (starts[member + 1] as number) : end;

/** Puts the members from `first` on in order. Each ends with a comma at this point, the last one too. */
const arrange = (scan: Scan, first: number): void => {
  const order = sortMembers(scan, first);
  const { input, out, starts } = scan;
  const waiting = input.length;
  const begin = starts[first] as number;
  out.copyWithin(waiting, begin, scan.end);
  let end = begin;
  for (const member of order) {
    const from = starts[member] as number;
    const to = memberEnd(scan, member);
    out.copyWithin(end, waiting + from - begin, waiting + to - begin);
    end += to - from;
  }
};

const isOmitted = (scan: Scan, omit: Omit, member: number, valueStart: number): boolean =>
  omit(scan.depth, keyText(scan, member), scan.out.toString('utf8', valueStart, scan.end));

/** Reads one member and marks where it is in `out`. */
const readMember = (scan: Scan): void => {
  const start = scan.end;
  const { escapes, escapedKeys } = scan;
  const member = scan.members;
  scan.starts[member] = start;
  scan.members += 1;
  readString(scan);
  scan.keyEnds[member] = scan.end - 1;
  if (scan.escapes > escapes && scan.out.subarray(start, scan.end).includes(BACKSLASH)) scan.escapedKeys += 1;
  skipSpace(scan);
  scan.at += 1; // the colon
  put(scan, COLON);
  const valueStart = scan.end;
  readValue(scan);
  if (!scan.omit || !isOmitted(scan, scan.omit, member, valueStart)) {
    put(scan, COMMA);
    return;
  }
  scan.end = start;
  scan.escapedKeys = escapedKeys;
  scan.members = member;
};

/** Reads an object's members as they come; answers whether they came in order. They stay marked for the caller. */
const readMembers = (scan: Scan): boolean => {
  enter(scan, OPEN_BRACE);
  const { input } = scan;
  const first = scan.members;
  let inOrder = true;
  while (input[scan.at] !== CLOSE_BRACE) {
    readMember(scan);
    const last = scan.members - 1;
    if (last > first && (scan.escapedKeys > 0 || compareKeys(scan, last - 1, last) >= 0)) inOrder = false;
    skipSpace(scan);
    if (input[scan.at] !== COMMA) continue;
    scan.at += 1;
    skipSpace(scan);
  }
  return inOrder;
};

const readObject = (scan: Scan): void => {
  const { escapedKeys } = scan;
  const first = scan.members;
  if (!readMembers(scan)) arrange(scan, first);
  if (scan.members > first) scan.end -= 1; // the last comma
  scan.members = first;
  scan.escapedKeys = escapedKeys;
  leave(scan, CLOSE_BRACE);
};

const readArray = (scan: Scan): void => {
  enter(scan, OPEN_BRACKET);
  while (scan.input[scan.at] !== CLOSE_BRACKET) {
    readValue(scan);
    skipSpace(scan);
    if (scan.input[scan.at] !== COMMA) continue;
    put(scan, COMMA);
    scan.at += 1;
    skipSpace(scan);
  }
  leave(scan, CLOSE_BRACKET);
};

const readValue = (scan: Scan): void => {
  skipSpace(scan);
  const byte = scan.input[scan.at];
  if (byte === QUOTE) readString(scan);
  else if (byte === OPEN_BRACE) readObject(scan);
  else if (byte === OPEN_BRACKET) readArray(scan);
  else readScalar(scan);
};

const begin = (input: Buffer, options: CanonicalOptions): Scan => {
  const scan: Scan = {
    maxDepth: options.maxDepth,
    ...(options.omit && { omit: options.omit }),
    input,
    out: Buffer.allocUnsafe(input.length * 2),
    at: 0,
    end: 0,
    depth: 0,
    starts: [],
    keyEnds: [],
    members: 0,
    order: [],
    escapes: 0,
    escapedKeys: 0,
  };
  skipSpace(scan);
  return scan;
};

/**
 * The canonical form of a JSON text in UTF-8: keys sorted by code point, no blanks, text unescaped, numbers spelled
 * as they came. Refuses what has two readings: a key twice, half surrogate pairs, NUL, too deep nesting.
 *
 * `input` must be JSON that `JSON.parse` accepts; the grammar is not checked again here. It works on the text and not
 * on the parsed value, because a parsed number has lost its spelling.
 */
export const canonicalize = (input: Buffer, options: CanonicalOptions): Buffer => {
  const scan = begin(input, options);
  readValue(scan);
  return scan.out.subarray(0, scan.end);
};

/** As `canonicalize`, but the outermost object's members apart: key → canonical value. Empty for other values. */
export const canonicalMembers = (input: Buffer, options: CanonicalOptions): ReadonlyMap<string, Buffer> => {
  const scan = begin(input, options);
  const members = new Map<string, Buffer>();
  if (input[scan.at] !== OPEN_BRACE) {
    readValue(scan);
    return members;
  }
  readMembers(scan);
  for (const member of sortMembers(scan, 0)) {
    const from = (scan.keyEnds[member] as number) + 2;
    const to = memberEnd(scan, member) - 1;
    members.set(keyText(scan, member), scan.out.subarray(from, to));
  }
  return members;
};
