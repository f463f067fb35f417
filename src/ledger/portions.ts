import type { StoredEntry } from './entries.store.ts';

// Bodies may be large: they are read in portions of about this many bytes, which bounds the memory.
const PORTION_BYTES = 8 * 1024 * 1024;

/** The size of the body by what the leaf says; good enough to choose portions. */
const sizeOfBody = ({ leaf }: StoredEntry): number => Number(/"size":(\d+)/.exec(leaf)?.[1] ?? 0);

/** Splits a page of entries so that the bodies of each part fit in memory together. */
export const portionsOf = (rows: readonly StoredEntry[]): StoredEntry[][] => {
  const portions: StoredEntry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    bytes += sizeOfBody(row);
    if (bytes > PORTION_BYTES) {
      portions.push([]);
      bytes = sizeOfBody(row);
    }
    portions.at(-1)?.push(row);
  }
  return portions;
};
