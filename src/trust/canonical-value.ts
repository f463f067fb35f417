import { isObject } from '../core/json.ts';
import { compareCodePoints } from '../core/text.ts';
import { WrittenList, writeJsonBytes } from './json-bytes.ts';

/** Whether the members of every object in a value stand in the order of their names; looks without leaving traces. */
const isInOrder = (value: unknown): boolean => {
  if (value instanceof WrittenList) return value.isCanonical;
  if (Array.isArray(value)) return value.every(isInOrder);
  if (!isObject(value)) return true;
  let last = '';
  for (const key in value) {
    if (compareCodePoints(last, key) > 0) return false;
    last = key;
    const member = value[key];
    if (typeof member === 'object' && !isInOrder(member)) return false;
  }
  return true;
};

/** An object that no copy can hold in order. */
class Unorderable extends Error {}

/** Keys that JavaScript puts first, in the order of their numbers, and the one that means the prototype. */
const isOdd = (key: string): boolean => /^\d/.test(key) || key === '__proto__';

/** The same value with the members of its objects in the order of their names. */
const putInOrder = (value: unknown): unknown => {
  if (value instanceof WrittenList) {
    if (!value.isCanonical) throw new Unorderable();
    return value;
  }
  if (Array.isArray(value)) return value.map(putInOrder);
  if (!isObject(value)) return value;
  const keys = Object.keys(value);
  if (keys.some(isOdd)) throw new Unorderable();
  const copy: Record<string, unknown> = {};
  for (const key of keys.sort(compareCodePoints)) copy[key] = putInOrder(value[key]);
  return copy;
};

const ordered = (value: object): object | undefined => {
  if (isInOrder(value)) return value;
  try {
    return putInOrder(value) as object;
  } catch (error) {
    if (error instanceof Unorderable) return undefined;
    throw error;
  }
};

/** A value of ours as JSON in UTF-8. */
export interface OwnText {
  readonly text: Buffer;
  /** `text` and the free bytes before it. */
  readonly roomy: Buffer;
  /** Whether the text is in its canonical form: what `canonicalize` would make of it. */
  readonly isCanonical: boolean;
}

const BACKSLASH = 0x5c;

/**
 * Writes a value of ours (plain JSON values only) as JSON in its canonical form, so that the text that is signed is the
 * text that is sent; `room` bytes before it are left free. Only where that cannot be seen to from here (odd keys,
 * control characters, half surrogate pairs) is it JSON in whatever order.
 */
export const writeOwn = (value: object, room = 0): OwnText => {
  const arranged = ordered(value);
  const roomy = writeJsonBytes(arranged ?? value, room);
  const text = roomy.subarray(room);
  // Looking for a single byte is by far the quicker.
  const isEscaped = text.includes(BACKSLASH) && text.includes('\\u');
  return { text, roomy, isCanonical: arranged !== undefined && !isEscaped };
};

/** Writes further elements of a list. */
export const writeElements = (list: WrittenList, elements: readonly object[]): void => {
  if (elements.length === 0) return;
  const { text, isCanonical } = writeOwn(elements);
  list.parts.push(text.subarray(1, -1));
  list.isCanonical &&= isCanonical;
};
