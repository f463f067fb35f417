import { randomFillSync, randomUUID } from 'node:crypto';
import { v7 } from 'uuid';

// To draw random bytes costs as much for one id as for many.
const BYTES = 16;
const drawn = new Uint8Array(BYTES * 256);
let used = drawn.length;

const draw = (): Uint8Array => {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  used += BYTES;
  return drawn.subarray(used - BYTES, used);
};

// Ids of one millisecond count up from a random number (RFC 9562 §6.2), so that they sort in the order they were made.
let msecs = 0;
let seq = 0;

/** A new sortable id (UUID version 7): rows made later sort later, which keeps indexes dense. */
export const newId = (): string => {
  const random = draw();
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    // Half of the range is left to count in.
    seq = new DataView(random.buffer, random.byteOffset).getUint32(6) >>> 1;
  } else {
    seq += 1;
  }
  return v7({ random, msecs, seq });
};

/** A new id without order (UUID version 4), for places that demand it (ODK entities) or must not tell a time. */
export const newRandomId = (): string => randomUUID();
