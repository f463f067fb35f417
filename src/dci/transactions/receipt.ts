import { type Clock, toWholeSeconds } from '../../core/clock.ts';
import { newRandomId } from '../../core/ids.ts';
import type { Tx } from '../../storage/index.ts';
import type { Answerer } from '../answerer.ts';
import { idText } from '../envelope.ts';
import type { Question, Reply } from '../exchange.ts';
import { kinds, receiptReference } from './kinds.ts';
import { toTransaction } from './to-transaction.ts';
import { insertTransaction, saveReply } from './transactions.store.ts';

type Members = Readonly<Record<string, unknown>>;

/** Confirms a receipt (dci.md §7.6). What it says is kept: it can be asked for as a transaction of its sender. */
const confirm = (question: Question, now: number): Reply => {
  const message = question.message as Members;
  return {
    action: 'on-receipt',
    status: 'succ',
    total: 1,
    completed: 1,
    message: {
      correlation_id: question.correlationId,
      receipt_response: [{ reference_id: receiptReference(message), status: 'succ', timestamp: toWholeSeconds(now) }],
      transaction_id: idText(message['transaction_id']),
    },
  };
};

const nothing: Answerer['nothing'] = ({ message, correlationId }, now) =>
  kinds.receipt.nothing({ transactionId: idText((message as Members)['transaction_id']), correlationId }, now);

/** Receipts that are answered later are kept already, as every transaction; those answered at once are kept here. */
export const receiptAnswerers = ({ clock }: { readonly clock: Clock }): { later: Answerer; atOnce: Answerer } => ({
  later: { action: 'on-receipt', read: async (question) => confirm(question, clock()), nothing },
  atOnce: {
    action: 'on-receipt',
    async write(tx: Tx, question) {
      const now = clock();
      const reply = confirm(question, now);
      const transaction = toTransaction(question, 'receipt');
      const seq = await insertTransaction(tx, { ...transaction, due: now }, now);
      if (seq !== undefined) {
        await saveReply(tx, { seq, senderId: transaction.senderId }, { reply, replyId: newRandomId(), keys: [], now });
      }
      return reply;
    },
    nothing,
  },
});
