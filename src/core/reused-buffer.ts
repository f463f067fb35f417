// A larger one is given back after its use.
const MOST_KEPT = 8 * 1024 * 1024;

/**
 * A buffer that is used again and again, for what is done with before anything else runs; ask for at least `size` bytes.
 * Large fresh memory comes from the system page by page, each cleared first, which costs more than filling it.
 */
export const createReusedBuffer = (): ((size: number) => Buffer) => {
  let buffer = Buffer.alloc(0);
  return (size) => {
    if (size <= buffer.length) return buffer;
    const larger = Buffer.allocUnsafeSlow(size * 2);
    if (larger.length <= MOST_KEPT) buffer = larger;
    return larger;
  };
};
