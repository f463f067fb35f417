import { isObject } from '../core/json.ts';
import { compareCodePoints } from '../core/text.ts';

/** A value that a copy may not hold in order. */
class Unorderable extends Error {}

/** Keys that JavaScript puts first, in the order of their numbers, and the one that means the prototype. */
const isOdd = (key: string): boolean => /^\d/.test(key) || key === '__proto__';

/** An object of the same members in the order of `keys`. */
const copyOf = (object: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> => {
  if (keys.some(isOdd)) throw new Unorderable();
  const copy: Record<string, unknown> = {};
  for (const key of keys) copy[key] = object[key];
  return copy;
};

const inOrder = (keys: readonly string[]): boolean => {
  for (let i = 1; i < keys.length; i += 1) {
    if (compareCodePoints(keys[i - 1] as string, keys[i] as string) > 0) return false;
  }
  return true;
};

const orderedList = (list: readonly unknown[]): readonly unknown[] => {
  let copy: unknown[] | undefined;
  for (let i = 0; i < list.length; i += 1) {
    const item = ordered(list[i]);
    if (item === list[i]) continue;
    copy ??= [...list];
    copy[i] = item;
  }
  return copy ?? list;
};

const orderedObject = (object: Readonly<Record<string, unknown>>): object => {
  const keys = Object.keys(object);
  let copy: Record<string, unknown> | undefined;
  if (!inOrder(keys)) copy = copyOf(object, keys.sort(compareCodePoints));
  for (const key of keys) {
    const member = object[key];
    if (typeof member !== 'object' || member === null) continue;
    const arranged = ordered(member);
    if (arranged === member) continue;
    copy ??= copyOf(object, keys);
    copy[key] = arranged;
  }
  return copy ?? object;
};

/** The same value with the members of its objects in the order of their names; itself where they are. */
const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return orderedList(value);
  return isObject(value) ? orderedObject(value) : value;
};

/** A value of ours as JSON text. */
export interface OwnText {
  readonly text: string;
  /** Whether the text is in its canonical form: what `canonicalize` would make of it. */
  readonly isCanonical: boolean;
}

/**
 * Writes a value of ours as JSON in its canonical form, so that the text that is signed is the text that is sent. Only
 * where that cannot be seen to from here (odd keys, control characters, half surrogate pairs) is it plain JSON.
 */
export const writeOwn = (value: object): OwnText => {
  let arranged: unknown = value;
  try {
    arranged = ordered(value);
  } catch (error) {
    if (error instanceof Unorderable) return { text: JSON.stringify(value), isCanonical: false };
    throw error;
  }
  const text = JSON.stringify(arranged);
  return { text, isCanonical: !text.includes('\\u') };
};
