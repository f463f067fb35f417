import { insertRows, type Reader, rowsOf, type Tx } from '../storage/index.ts';

export interface CheckpointRow {
  readonly size: number;
  readonly root: Buffer;
  readonly at: string;
  readonly note: string;
}

const CHECKPOINTS = 'select size, root, at, note from ledger_checkpoints';

export const latestCheckpoint = async (reader: Reader): Promise<CheckpointRow | undefined> => {
  const [row] = await rowsOf<CheckpointRow>(reader, `${CHECKPOINTS} order by size desc limit 1`);
  return row && { ...row, size: Number(row.size) };
};

/** Checkpoints of sizes from `begin` through `end`, by size. */
export const readCheckpoints = async (
  reader: Reader,
  begin: number,
  end: number,
): Promise<readonly CheckpointRow[]> => {
  const rows = await rowsOf<CheckpointRow>(reader, `${CHECKPOINTS} where size >= ? and size <= ? order by size`, [
    begin,
    end,
  ]);
  return rows.map((row) => ({ ...row, size: Number(row.size) }));
};

export const insertCheckpoint = async (tx: Tx, { size, root, at, note }: CheckpointRow): Promise<void> => {
  await insertRows(
    tx,
    'ledger_checkpoints',
    ['size', 'root', 'at', 'note'],
    [[size, root, at, note]],
    'on conflict (size) do nothing',
  );
};
