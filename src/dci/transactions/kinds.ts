import { toWholeSeconds } from '../../core/clock.ts';
import { isObject } from '../../core/json.ts';
import { idText } from '../envelope.ts';
import type { AsyncOperation, StatusOperation, TransactionKey } from './transaction.ts';

type Members = Readonly<Record<string, unknown>>;

/** What stands in every answer to a message. */
export interface AnswerIds {
  readonly transactionId: string;
  readonly correlationId: string;
}

/** How the answers of an operation look when there is nothing to say but how far it is. */
export interface TransactionKind {
  /** The answer while the work is not done (dci.md §6). */
  readonly pending: (ids: AnswerIds, question: Members, now: number) => object;
  /** The answer that holds nothing: of a transaction nobody knows, or of work that failed. */
  readonly nothing: (ids: AnswerIds, now: number) => object;
  /** By what it can be asked for, of the question or of the answer. */
  readonly keys: (message: Members) => readonly TransactionKey[];
}

const head = ({ transactionId, correlationId }: AnswerIds): object => ({
  correlation_id: correlationId,
  transaction_id: transactionId,
});

const itemsOf = (message: Members | undefined, member: string): readonly Members[] => {
  const list = message?.[member];
  return Array.isArray(list) ? list.filter(isObject) : [];
};

const key =
  (kind: TransactionKey['kind']) =>
  (value: unknown): readonly TransactionKey[] =>
    typeof value === 'string' || typeof value === 'number' ? [{ kind, value: idText(value) }] : [];
const reference = key('reference');
const code = key('code');

/** Search and subscribe: one answer for each item of a list. */
const ofItems = (name: 'search' | 'subscribe'): TransactionKind => {
  const [asked, answered] = [`${name}_request`, `${name}_response`];
  return {
    pending: (ids, question, now) => ({
      ...head(ids),
      [answered]: itemsOf(question, asked).map((item) => ({
        reference_id: idText(item['reference_id']),
        status: 'pdng',
        timestamp: toWholeSeconds(now),
      })),
    }),
    nothing: (ids) => ({ ...head(ids), [answered]: [] }),
    keys: (message) => [
      ...itemsOf(message, asked).flatMap((item) => reference(item['reference_id'])),
      ...itemsOf(message, answered).flatMap((item) =>
        itemsOf(item, 'subscriptions').flatMap((subscription) => code(subscription['code'])),
      ),
    ],
  };
};

/** The codes that an unsubscribe names, under the names that peers give the list (dci.md §11, C6). */
const codesOf = (message: Members): readonly unknown[] =>
  ['subscription_codes', 'sunscription_codes', 'subscription_code'].flatMap((name) => message[name] ?? []);

const unsubscribe: TransactionKind = {
  pending: (ids, _question, now) => ({ ...head(ids), status: 'pdng', timestamp: toWholeSeconds(now) }),
  nothing: (ids, now) => ({ ...head(ids), status: 'rjct', timestamp: toWholeSeconds(now) }),
  keys: (message) => codesOf(message).flatMap(code),
};

const receiptOf = (question: Members): Members =>
  isObject(question['receipt_information']) ? question['receipt_information'] : {};

const receipt: TransactionKind = {
  pending: (ids, question, now) => ({
    ...head(ids),
    receipt_response: [{ reference_id: receiptReference(question), status: 'pdng', timestamp: toWholeSeconds(now) }],
  }),
  nothing: (ids) => ({ ...head(ids), receipt_response: [] }),
  keys: (message) => [
    ...reference(receiptOf(message)['notification_id']),
    ...code(receiptOf(message)['subscription_code']),
  ],
};

/** What a receipt is about: it has no reference of its own. */
export const receiptReference = (question: Members): string => {
  const { notification_id: notification, subscription_code: subscription } = receiptOf(question);
  return idText(notification || subscription || question['transaction_id']);
};

export const kinds: Readonly<Record<StatusOperation, TransactionKind>> = {
  search: ofItems('search'),
  subscribe: ofItems('subscribe'),
  unsubscribe,
  receipt,
};

/** By what a transaction can be asked for, as far as its question or its answer says it. */
export const keysOf = (operation: AsyncOperation, message: unknown): readonly TransactionKey[] =>
  operation === 'txn/status' || !isObject(message) ? [] : kinds[operation].keys(message);
