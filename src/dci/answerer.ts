import type { Tx } from '../storage/index.ts';
import type { ReplyHead } from './envelope.ts';
import type { Question, Reply } from './exchange.ts';

/**
 * Who answers an operation: at once where it is synchronous, in a callback once the Ack is out where it is not. An
 * asynchronous one that failed is asked the same question again, so only one of its answers may be kept: what it
 * changes, it changes in the transaction that it is given.
 */
export type Answerer = {
  /** The answer's action. */
  readonly action: ReplyHead['action'];
  /** The message of an answer to a question that is not worked on: asked before, or failed. */
  readonly nothing: (question: Question, now: number) => object;
} & (
  | {
      /** Answers from what is there. */
      readonly read: (question: Question) => Promise<Reply>;
    }
  | {
      /** Changes something, and commits with the answer. May be run again after a lock conflict. */
      readonly write: (tx: Tx, question: Question) => Promise<Reply>;
    }
);
