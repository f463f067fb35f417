import { idText } from '../envelope.ts';
import type { Question } from '../exchange.ts';
import { keysOf } from './kinds.ts';
import type { AsyncOperation, NewTransaction } from './transaction.ts';

/** What is kept of a question, so that it can be answered later, or asked about. */
export const toTransaction = (question: Question, operation: AsyncOperation): Omit<NewTransaction, 'due'> => {
  const { header, message, peer, place, correlationId } = question;
  return {
    correlationId,
    senderId: peer.senderId,
    messageId: header.messageId,
    transactionId: idText((message as { transaction_id: unknown }).transaction_id),
    operation,
    question: { header, message, registry: place.registry, neutral: place.neutral, scopes: peer.scopes },
    keys: keysOf(operation, message),
  };
};
