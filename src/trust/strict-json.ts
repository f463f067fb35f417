import { isUtf8 } from 'node:buffer';
import { Fault } from '../core/fault.ts';
import type { Json } from '../core/json.ts';
import { canonicalMembers } from './canonical-json.ts';

/** The nesting limit of every document we read (product.md, "What bad input gets"). */
export const MAX_DEPTH = 64;

/** A JSON document that has one reading only, and what a signature over it covers. */
export interface StrictJson {
  readonly value: Json;
  /** The canonical form of each outermost member: see `canonicalize`. */
  readonly members: ReadonlyMap<string, Buffer>;
}

/**
 * Parses received bytes once, for reading and for checking signatures: answers the value as `JSON.parse` gives it
 * beside the canonical form that keeps each number's spelling.
 *
 * Throws `body.unreadable` for anything but UTF-8 JSON, for a key twice, half surrogate pairs and NUL characters, and
 * `body.too-deep` beyond `maxDepth` levels.
 */
export const parseStrictJson = (body: Buffer, { maxDepth = MAX_DEPTH } = {}): StrictJson => {
  if (!isUtf8(body)) throw new Fault('body.unreadable', 'the body is not UTF-8');
  let value: Json;
  try {
    value = JSON.parse(body.toString('utf8')) as Json;
  } catch (cause) {
    throw new Fault('body.unreadable', 'the body is not JSON', {}, { cause });
  }
  return { value, members: canonicalMembers(body, { maxDepth }) };
};

const HEADER = Buffer.from('{"header":');
const MESSAGE = Buffer.from(',"message":');
const END = Buffer.from('}');

/** `{"header":…,"message":…}` from canonical members: what signatures cover. */
export const joinEnvelope = (header: Buffer, message: Buffer): Buffer =>
  Buffer.concat([HEADER, header, MESSAGE, message, END]);

/** The canonical `{header, message}` of a received document, text unescaped; nothing when either is missing. */
export const canonicalEnvelope = ({ members }: StrictJson): Buffer | undefined => {
  const header = members.get('header');
  const message = members.get('message');
  return header && message && joinEnvelope(header, message);
};
