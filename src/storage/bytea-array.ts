import { createReusedBuffer } from '../core/reused-buffer.ts';

const BYTEA = 17;
const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;

const memory = createReusedBuffer();

const write = (values: readonly (Buffer | null)[]): Buffer => {
  const size = values.reduce((sum, value) => sum + LENGTH_BYTES + (value?.length ?? 0), HEADER_BYTES);
  const array = memory(size);
  array.writeInt32BE(1, 0); // dimensions
  array.writeInt32BE(values.includes(null) ? 1 : 0, 4);
  array.writeInt32BE(BYTEA, 8);
  array.writeInt32BE(values.length, 12);
  array.writeInt32BE(1, 16); // the first index
  let at = HEADER_BYTES;
  for (const value of values) {
    at = array.writeInt32BE(value?.length ?? NULL_LENGTH, at);
    at += value?.copy(array, at) ?? 0;
  }
  return array.subarray(0, size);
};

/**
 * Byte strings as one `bytea[]` parameter of PostgreSQL, in the binary form of its protocol (what `array_recv` reads):
 * the driver sends a Buffer as it is, but would write a list of Buffers as hexadecimal text, twice their size, to be
 * read again on the other side. The driver asks for the bytes when it writes the parameter, and copies them at once.
 */
export const toByteaArray = (values: readonly (Buffer | null)[]): { toPostgres(): Buffer } => ({
  toPostgres: () => write(values),
});
