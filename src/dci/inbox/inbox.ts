import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { Fault } from '../../core/fault.ts';
import { newRandomId } from '../../core/ids.ts';
import { isObject } from '../../core/json.ts';
import type { Database } from '../../storage/index.ts';
import { canonicalize } from '../../trust/index.ts';
import { ackBody } from '../envelope.ts';
import type { CallRecorder, Exchange, Question } from '../exchange.ts';
import type { OperationName } from '../operations.ts';
import type { EndRecords, TakeRecords } from '../take-records.ts';
import { writeTaking } from '../write-taking.ts';
import { type Callback, createAct } from './act.ts';
import { acceptedDigest, insertReceived } from './received.store.ts';

export interface InboxDeps {
  readonly db: Database;
  readonly calls: Pick<CallRecorder, 'acceptIn'>;
  readonly takeRecords: TakeRecords;
  readonly endRecords: EndRecords;
  readonly clock: Clock;
}

/** The operations by which other registries tell us something (dci.md §1.2, side S). */
export const inboxOperations = [
  'on-search',
  'on-subscribe',
  'on-unsubscribe',
  'txn/on-status',
  'notify',
] as const satisfies readonly OperationName[];
export type InboxOperation = (typeof inboxOperations)[number];

export const isInboxOperation = (name: OperationName): name is InboxOperation =>
  inboxOperations.some((one) => one === name);

const MAX_ID = 99;
// As deep as a body may be.
const MAX_DEPTH = 64;

const digestOf = (message: unknown): string =>
  createHash('sha256')
    .update(canonicalize(Buffer.from(JSON.stringify(message)), { maxDepth: MAX_DEPTH }))
    .digest('hex');

/** The Ack names the conversation that the message belongs to, where it does. */
const correlationOf = (message: Readonly<Record<string, unknown>>): string => {
  const said = message['correlation_id'];
  const text = typeof said === 'string' || typeof said === 'number' ? String(said) : '';
  return text !== '' && text.length <= MAX_ID && text.isWellFormed() ? text : newRandomId();
};

/** Takes in what other registries call back and tell us. */
export interface Inbox {
  /**
   * Accepts a message and answers its Ack. The mark of its id, the message, its entries on the ledger and all that it
   * changes here are one commit. A repeat of the same id with an equal message is acknowledged and not acted on again
   * (dci.md §15.11); with another message it is refused.
   */
  receive(exchange: Exchange, question: Question, operation: InboxOperation): Promise<Buffer>;
}

export const createInbox = ({ db, calls, takeRecords, endRecords, clock }: InboxDeps): Inbox => {
  const act = createAct({ takeRecords, endRecords });

  return {
    async receive(exchange, { header, message, peer, place }, operation) {
      const now = clock();
      const said = message as Readonly<Record<string, unknown>>;
      const wireHeader = exchange.envelope?.['header'];
      const meta = isObject(wireHeader) && isObject(wireHeader['meta']) ? wireHeader['meta'] : {};
      const callback: Callback = { operation, peer, message: said, meta, registry: place.registry };
      const digest = digestOf(message);
      const ack = Buffer.from(ackBody(correlationOf(said), now));
      exchange.status = 200;
      exchange.answer = ack;

      const acceptance = await writeTaking(db, async (tx) => {
        const accepted = await calls.acceptIn(tx, exchange);
        if (accepted !== 'accepted') return accepted;
        const { outcome, asked, notificationId } = await act(tx, callback, now);
        await insertReceived(
          tx,
          {
            peer: peer.senderId,
            messageId: header.messageId,
            operation,
            digest,
            outcome,
            ...(notificationId === undefined ? {} : { notificationId }),
            ...(asked === undefined ? {} : { transactionId: asked.transactionId }),
          },
          now,
        );
        return accepted;
      });

      exchange.isRecorded = acceptance === 'accepted';
      if (acceptance === 'duplicate') {
        // Other bytes, as time and signature are new with each attempt: is it the same message?
        const before = await db.read((reader) => acceptedDigest(reader, peer.senderId, header.messageId));
        if (before !== digest) {
          throw new Fault('dci.message-duplicate', 'header.message_id: rjct.message_id.duplicate: was used before');
        }
      }
      return ack;
    },
  };
};
