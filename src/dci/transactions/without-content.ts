import { isObject } from '../../core/json.ts';
import type { Reply } from '../exchange.ts';
import type { AsyncOperation, StoredQuestion } from './transaction.ts';

type Members = Readonly<Record<string, unknown>>;

const membersOf = (message: unknown): Members => (isObject(message) ? message : {});

/** A question of which only the ids are left. */
export const bareQuestion = (operation: AsyncOperation, question: StoredQuestion): StoredQuestion => ({
  ...question,
  message: {
    transaction_id: membersOf(question.message)['transaction_id'],
    ...(operation === 'receipt' ? { receipt_information: {} } : {}),
  },
});

const ITEM_MEMBERS = ['reference_id', 'timestamp', 'status', 'status_reason_code'];

const bareItem = (item: unknown): object =>
  Object.fromEntries(Object.entries(membersOf(item)).filter(([name]) => ITEM_MEMBERS.includes(name)));

/** A reply of which only the ids and the status are left. Subscriptions and receipts are told without persons as it is. */
export const bareReply = (operation: AsyncOperation, reply: Reply): Reply => {
  const { correlation_id, transaction_id, search_response: items } = membersOf(reply.message);
  const ids = { correlation_id, transaction_id };
  switch (operation) {
    case 'search':
      return { ...reply, message: { ...ids, search_response: Array.isArray(items) ? items.map(bareItem) : [] } };
    case 'txn/status':
      return { ...reply, message: ids };
    default:
      return reply;
  }
};
