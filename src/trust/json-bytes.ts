import { isObject } from '../core/json.ts';
import { createReusedBuffer } from '../core/reused-buffer.ts';

// From so many elements on, an array is written one after the other.
const MANY = 32;

// What a unit of UTF-16 takes in UTF-8 at most.
const BYTES_PER_UNIT = 3;

/**
 * A list within a message that was written while it was made, part by part: of a long answer its bytes are kept, and not
 * all that it was made of. Each part holds several elements, with the commas between them.
 */
export class WrittenList {
  readonly parts: Buffer[] = [];
  /** Whether every part is in the canonical form. */
  isCanonical = true;

  toJSON(): unknown[] {
    return this.parts.flatMap((part) => JSON.parse(`[${part}]`) as unknown[]);
  }
}

const memory = createReusedBuffer();

/** Text on its way into bytes. */
interface Writing {
  bytes: Buffer;
  end: number;
}

const makeRoom = (writing: Writing, most: number): void => {
  if (writing.end + most <= writing.bytes.length) return;
  const larger = memory(writing.end + most);
  writing.bytes.copy(larger, 0, 0, writing.end);
  writing.bytes = larger;
};

const put = (writing: Writing, text: string): void => {
  makeRoom(writing, text.length * BYTES_PER_UNIT);
  writing.end += writing.bytes.write(text, writing.end);
};

const putList = (writing: Writing, { parts }: WrittenList): void => {
  parts.forEach((part, i) => {
    put(writing, i === 0 ? '[' : ',');
    makeRoom(writing, part.length);
    writing.end += part.copy(writing.bytes, writing.end);
  });
  put(writing, parts.length === 0 ? '[]' : ']');
};

const holdsMany = (value: unknown): boolean => {
  if (value instanceof WrittenList) return true;
  if (Array.isArray(value)) return value.length >= MANY || value.some(holdsMany);
  if (!isObject(value)) return false;
  for (const name in value) if (typeof value[name] === 'object' && holdsMany(value[name])) return true;
  return false;
};

const putWhole = (writing: Writing, value: unknown): void => put(writing, JSON.stringify(value) ?? 'null');

const putValue = (writing: Writing, value: unknown): void => {
  if (!holdsMany(value)) putWhole(writing, value);
  else if (value instanceof WrittenList) putList(writing, value);
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
  if (!holdsMany(value)) {
    const text = JSON.stringify(value);
    const bytes = Buffer.allocUnsafe(room + Buffer.byteLength(text));
    bytes.write(text, room);
    return bytes;
  }
  const writing = { bytes: memory(room), end: room };
  putValue(writing, value);
  return Buffer.from(writing.bytes.subarray(0, writing.end));
};
