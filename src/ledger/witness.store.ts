import { knexOf, type Reader, type Tx } from '../storage/index.ts';

export interface WitnessedRow {
  readonly url: string;
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  readonly at: string;
  /** JSON: the public keys that have signed checkpoints we saw. */
  readonly keys: string;
  readonly note: string;
}

export const latestWitnessed = async (reader: Reader, url: string): Promise<WitnessedRow | undefined> => {
  const row = await knexOf(reader)<WitnessedRow>('ledger_witnessed').where({ url }).orderBy('size', 'desc').first();
  return row && { ...row, size: Number(row.size) };
};

export const insertWitnessed = async (tx: Tx, row: WitnessedRow): Promise<void> => {
  await knexOf(tx)('ledger_witnessed').insert(row).onConflict(['url', 'size']).merge();
};
