import type { RequestHeader } from '../envelope.ts';
import type { Reply } from '../exchange.ts';
import type { OperationName } from '../operations.ts';
import type { RegistryName } from '../registries/registry.ts';

/** The operations that are acknowledged now and answered by a callback. */
export const asyncOperations = [
  'search',
  'subscribe',
  'unsubscribe',
  'txn/status',
  'receipt',
] as const satisfies readonly OperationName[];
export type AsyncOperation = (typeof asyncOperations)[number];

/** Those whose status can be asked. */
export type StatusOperation = Exclude<AsyncOperation, 'txn/status'>;

export const isAsyncOperation = (name: OperationName): name is AsyncOperation =>
  asyncOperations.some((one) => one === name);

/** What was asked, as far as it is needed to answer it later. */
export interface StoredQuestion {
  readonly header: RequestHeader;
  readonly message: unknown;
  readonly registry: RegistryName;
  readonly neutral: boolean;
  /** Of the token that it came with. */
  readonly scopes: readonly string[];
}

/**
 * `waiting` for its answer, `answered` (whether the callback arrived is the delivery's affair), or `abandoned`: its
 * sender was revoked, or its question erased, before it could be answered.
 */
export type TransactionState = 'waiting' | 'answered' | 'abandoned';

/** One accepted asynchronous message and what became of it. */
export interface Transaction {
  readonly seq: number;
  /** Given out with the Ack, and repeated in the callback. */
  readonly correlationId: string;
  readonly senderId: string;
  readonly messageId: string;
  readonly operation: AsyncOperation;
  readonly state: TransactionState;
  readonly tries: number;
  readonly acceptedAt: string;
  readonly question: StoredQuestion;
  readonly reply?: Reply;
  /** The callback's `message_id`: one for all attempts. */
  readonly replyId?: string;
  /** The callback's message as it was encrypted for the first attempt: one for all attempts. */
  readonly sealed?: object;
  /** Question and reply say no more than what became of it (`without-content.ts`). */
  readonly isErased: boolean;
}

/** By what a transaction is found later, apart from its ids. */
export interface TransactionKey {
  readonly kind: 'reference' | 'code';
  readonly value: string;
}

export interface NewTransaction {
  readonly correlationId: string;
  readonly senderId: string;
  readonly messageId: string;
  readonly transactionId: string;
  readonly operation: AsyncOperation;
  readonly question: StoredQuestion;
  readonly keys: readonly TransactionKey[];
  /** Not worked on before. */
  readonly due: number;
}
