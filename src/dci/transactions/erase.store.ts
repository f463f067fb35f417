import { chunk } from '../../core/async.ts';
import { toTimestamp } from '../../core/clock.ts';
import { knexOf, type Reader, type Tx } from '../../storage/index.ts';
import type { Transaction } from './transaction.ts';
import { fromRow, type Row } from './transactions.store.ts';
import { bareQuestion, bareReply } from './without-content.ts';

/** Transactions from after `after` that still have their content, in order. */
export const readKept = async (
  reader: Reader,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly Transaction[]> => {
  const rows: Row[] = await knexOf(reader)('dci_transactions')
    .whereNull('erased_at')
    .andWhere('seq', '>', after)
    .orderBy('seq')
    .limit(limit);
  return rows.map(fromRow);
};

/** Some transactions that were accepted before `before` and still have their content. */
export const findOlder = async (reader: Reader, before: string, limit: number): Promise<readonly number[]> => {
  const rows: { seq: number }[] = await knexOf(reader)('dci_transactions')
    .select('seq')
    .whereNull('erased_at')
    .andWhere('accepted_at', '<', before)
    .orderBy('seq')
    .limit(limit);
  return rows.map(({ seq }) => seq);
};

const PER_STATEMENT = 500;

/** Takes the content out of transactions; one that still waits cannot be answered any more. Answers how many had any. */
export const eraseContent = async (tx: Tx, seqs: readonly number[], now: number): Promise<number> => {
  let erased = 0;
  for (const some of chunk(seqs, PER_STATEMENT)) {
    const rows: Row[] = await knexOf(tx)('dci_transactions')
      .whereIn('seq', some)
      .whereNull('erased_at')
      .orderBy('seq')
      .modify((query) => tx.profile.skipLocked && query.forUpdate());
    for (const { seq, operation, state, question, reply } of rows.map(fromRow)) {
      await knexOf(tx)('dci_transactions')
        .where({ seq })
        .update({
          state: state === 'waiting' ? 'abandoned' : state,
          question: JSON.stringify(bareQuestion(operation, question)),
          reply: reply ? JSON.stringify(bareReply(operation, reply)) : null,
          sealed: null,
          erased_at: toTimestamp(now),
        });
    }
    erased += rows.length;
  }
  return erased;
};
