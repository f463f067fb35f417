import { type Reader, rowsOf } from '../storage/index.ts';

/** Stored roots of one level by position, from `begin` up to `end`. */
export const readSubtrees = async (
  reader: Reader,
  level: number,
  begin: number,
  end: number,
): Promise<ReadonlyMap<number, Buffer>> => {
  const rows = await rowsOf<{ position: number; hash: Buffer }>(
    reader,
    'select position, hash from ledger_subtrees where level = ? and position >= ? and position < ?',
    [level, begin, end],
  );
  return new Map(rows.map(({ position, hash }) => [Number(position), hash]));
};

/** Hashes of nodes on one level, from `begin` up to `end`; level 0 are the leaves. */
export const readHashes = async (
  reader: Reader,
  level: number,
  begin: number,
  end: number,
): Promise<readonly Buffer[]> => {
  const rows = await rowsOf<{ hash: Buffer }>(
    reader,
    level === 0
      ? 'select leaf_hash as hash from ledger_entries where seq >= ? and seq < ? order by seq'
      : `select hash from ledger_subtrees where level = ${level} and position >= ? and position < ? order by position`,
    [begin, end],
  );
  return rows.map(({ hash }) => hash);
};
