import { toTimestamp } from '../core/clock.ts';
import type { LedgerWriter } from '../ledger/ports.ts';
import type { HttpResponse } from '../net/index.ts';
import type { Tx } from '../storage/index.ts';
import type { Verification } from '../trust/ports.ts';
import { idsOf, subjectsOf } from './entry-facts.ts';

/** A callback or notification on its way to a peer, as the ledger keeps it. */
export interface SentMessage {
  readonly peer: string;
  readonly url: string;
  readonly sentAt: number;
  /** The exact bytes. */
  readonly body: Buffer;
  readonly messageId: string;
  /** In plain, also where the bytes hold it encrypted. */
  readonly message: object;
  /** How we signed it, and in whose name. */
  readonly signature: Verification;
  readonly from: string;
  /** The message that this is the later answer to. */
  readonly callbackOf?: { readonly peer: string; readonly messageId: string };
  /** Counted from 1. */
  readonly attempt: number;
}

/** Records what a peer answered, in the transaction that draws the conclusion from it. */
export type RecordAnswer = (tx: Tx, answer: Pick<HttpResponse, 'status' | 'body'>, receivedAt: number) => void;

/**
 * Puts an attempt to call a peer on the ledger (dci.md §15.15): durable before the message leaves, so that no attempt
 * is missing, not even one that a kill cut short.
 */
export const recordSent =
  (ledger: Pick<LedgerWriter, 'append' | 'record'>) =>
  async (sent: SentMessage): Promise<RecordAnswer> => {
    const { body, messageId, message, signature, from, callbackOf, attempt } = sent;
    const common = { kind: 'message' as const, endpoint: `POST ${sent.url}`, peer: sent.peer, ...idsOf(message) };
    const [seq] = await ledger.record([
      {
        ...common,
        direction: 'out',
        at: toTimestamp(sent.sentAt),
        messageId,
        signature: { ...signature, sender: from, keySource: 'own' },
        ...(callbackOf ? { callbackOf } : {}),
        facts: { attempt },
        body,
        subjects: [...subjectsOf(message)],
      },
    ]);
    return (tx, answer, receivedAt) => {
      ledger.append(tx, [
        {
          ...common,
          direction: 'in',
          at: toTimestamp(receivedAt),
          status: answer.status,
          ...(seq === undefined ? {} : { replyTo: seq }),
          body: answer.body,
        },
      ]);
    };
  };
