import type { Clock } from '../../core/clock.ts';
import { Fault, isFault } from '../../core/fault.ts';
import { checkUrl, type Reach } from '../../net/index.ts';
import { createBatcher, type Database } from '../../storage/index.ts';
import { ackBody, type RequestHeader } from '../envelope.ts';
import type { CallRecorder, Exchange, Question } from '../exchange.ts';
import { toTransaction } from './to-transaction.ts';
import type { AsyncOperation } from './transaction.ts';
import { findByMessage, insertTransaction, release } from './transactions.store.ts';

export interface TransactionsDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly calls: Pick<CallRecorder, 'acceptIn'>;
}

/** Takes asynchronous messages in. */
export interface Transactions {
  /**
   * Stores the transaction together with the mark that its message was accepted and the call's ledger entries, and
   * answers the Ack. A byte-identical repeat gets the first Ack again, and no second callback; any other message that
   * uses an id again is refused (dci.md §15.9).
   */
  accept(exchange: Exchange, question: Question, operation: AsyncOperation): Promise<Buffer>;
  /** To be called once the Ack is written: no callback may come before it. */
  acknowledged(correlationId: string): Promise<void>;
}

// When the process dies between the commit and the Ack's last byte, nobody says that the Ack is out. Then the work
// begins after this time; a sender that got no Ack by then gets none at all.
const ACK_WITHIN_MS = 2000;

const duplicate = (): Fault =>
  new Fault('dci.message-duplicate', 'rjct.message_id.duplicate: header.message_id was used before');

export const createTransactions = ({ db, clock, calls }: TransactionsDeps): Transactions => {
  const acknowledge = createBatcher<string, void>(db, async (tx, correlationIds) => {
    await release(tx, correlationIds, clock());
    return correlationIds.map(() => undefined);
  });

  return {
    async accept(exchange, question, operation) {
      const now = clock();
      const { header, peer, correlationId } = question;
      const ack = Buffer.from(ackBody(correlationId, now));
      exchange.status = 200;
      exchange.answer = ack;
      const first = await db.write(async (tx) => {
        const acceptance = await calls.acceptIn(tx, exchange);
        if (acceptance !== 'accepted') {
          const known = acceptance === 'identical' && (await findByMessage(tx, peer.senderId, header.messageId));
          if (known) return known;
          throw duplicate();
        }
        await insertTransaction(tx, { ...toTransaction(question, operation), due: now + ACK_WITHIN_MS }, now);
        return undefined;
      });
      exchange.isRecorded = first === undefined;
      return first ? Buffer.from(ackBody(first.correlationId, Date.parse(first.acceptedAt))) : ack;
    },
    acknowledged: (correlationId) => acknowledge(correlationId),
  };
};

/** Refuses a callback address that will never be called, before the message is acknowledged. */
export const checkSenderUri = ({ senderUri }: RequestHeader, reach: Reach): void => {
  if (senderUri === undefined) return;
  try {
    checkUrl(senderUri, reach);
  } catch (error) {
    if (!isFault(error)) throw error;
    throw new Fault('dci.sender-uri-invalid', `header.sender_uri: ${error.message}`, {}, { cause: error });
  }
};
