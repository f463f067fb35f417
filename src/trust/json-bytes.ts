import { isObject } from '../core/json.ts';
import { createReusedBuffer } from '../core/reused-buffer.ts';

// From so many elements on, an array is written one after the other.
const MANY = 32;

// What a unit of UTF-16 takes in UTF-8 at most.
const BYTES_PER_UNIT = 3;

const memory = createReusedBuffer();

/** Text on its way into bytes. */
interface Writing {
  bytes: Buffer;
  end: number;
}

const put = (writing: Writing, text: string): void => {
  const most = writing.end + text.length * BYTES_PER_UNIT;
  if (most > writing.bytes.length) {
    const larger = memory(most);
    writing.bytes.copy(larger, 0, 0, writing.end);
    writing.bytes = larger;
  }
  writing.end += writing.bytes.write(text, writing.end);
};

const holdsMany = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.length >= MANY || value.some(holdsMany);
  if (!isObject(value)) return false;
  for (const name in value) if (typeof value[name] === 'object' && holdsMany(value[name])) return true;
  return false;
};

const putWhole = (writing: Writing, value: unknown): void => put(writing, JSON.stringify(value) ?? 'null');

const putValue = (writing: Writing, value: unknown): void => {
  if (!holdsMany(value)) putWhole(writing, value);
  else if (Array.isArray(value)) {
    const putElement = value.length >= MANY ? putWhole : putValue;
    value.forEach((element, i) => {
      put(writing, i === 0 ? '[' : ',');
      putElement(writing, element);
    });
    put(writing, ']');
  } else {
    let mark = '{';
    for (const [name, member] of Object.entries(value as object)) {
      if (member === undefined) continue;
      put(writing, `${mark}${JSON.stringify(name)}:`);
      putValue(writing, member);
      mark = ',';
    }
    put(writing, '}');
  }
};

/**
 * A plain JSON value as `JSON.stringify` writes it, in UTF-8, behind `room` bytes that are the caller's to fill. Long
 * lists are written piece by piece: one long text would be joined, flattened and encoded, each time into fresh memory.
 */
export const writeJsonBytes = (value: object, room: number): Buffer => {
  const writing = { bytes: memory(room), end: room };
  putValue(writing, value);
  return Buffer.from(writing.bytes.subarray(0, writing.end));
};
