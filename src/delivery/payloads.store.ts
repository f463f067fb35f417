import { anyOf, knexOf, listOf, type Reader, rowsOf, type Tx } from '../storage/index.ts';

/** What is kept to make a message of, as long as it was not delivered. */
export interface KeptPayload {
  readonly seq: number;
  readonly payload: unknown;
}

// Written out, as SQLite takes a partial index for a literal only.
const KEPT = "(state = 'waiting' or state = 'dead')";

/** Payloads of one kind from after `after`, in order. */
export const readPayloads = async (
  reader: Reader,
  kind: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly KeptPayload[]> => {
  const rows: { seq: number; payload: string }[] = await knexOf(reader)('deliveries')
    .select('seq', 'payload')
    .where({ kind })
    .whereRaw(KEPT)
    .andWhere('seq', '>', after)
    .orderBy('seq')
    .limit(limit);
  return rows.map(({ seq, payload }) => ({ seq, payload: JSON.parse(payload) as unknown }));
};

/** Some deliveries of one kind that were enqueued before `before` and did not arrive. */
export const findOlder = async (
  reader: Reader,
  kind: string,
  before: string,
  limit: number,
): Promise<readonly number[]> => {
  const rows: { seq: number }[] = await knexOf(reader)('deliveries')
    .select('seq')
    .where({ kind })
    .whereRaw(KEPT)
    .andWhere('created_at', '<', before)
    .orderBy('seq')
    .limit(limit);
  return rows.map(({ seq }) => seq);
};

/** Deletes what did not arrive: nobody is to be told of it any more. Answers the ids of those that were there. */
export const discard = async (tx: Tx, seqs: readonly number[]): Promise<readonly string[]> => {
  if (seqs.length === 0) return [];
  const gone = await rowsOf<{ id: string }>(
    tx,
    `delete from deliveries where ${anyOf(tx.profile, 'seq')} and ${KEPT} returning id`,
    [listOf(tx.profile, seqs)],
  );
  return gone.map(({ id }) => id);
};
