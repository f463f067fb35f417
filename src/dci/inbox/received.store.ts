import { createHash } from 'node:crypto';
import { toTimestamp } from '../../core/clock.ts';
import { knexOf, type Reader, type Tx } from '../../storage/index.ts';
import type { OperationName } from '../operations.ts';
import type { Taken } from '../take-records.ts';
import { toColumn } from '../to-column.ts';

/** What was made of a received message. */
export interface Outcome extends Taken {
  /** Why nothing was made of its records. */
  readonly left?: 'no source' | 'not asked for' | 'told before';
}

/**
 * A callback or notification that was accepted. What it says is on the ledger and nowhere else, so that nothing of it
 * stays when it is erased there.
 */
export interface Received {
  readonly peer: string;
  readonly messageId: string;
  readonly operation: OperationName;
  readonly digest: string;
  /** The sender's id of what it tells us, where it gives one. */
  readonly notificationId?: string;
  /** The message of ours that it answers. */
  readonly transactionId?: string;
  readonly outcome: Outcome;
}

// Ids are foreign text of any length and content; a hash is neither.
const idOf = (peer: string, id: string): string =>
  createHash('sha256')
    .update(JSON.stringify([peer, id]))
    .digest('hex');

export const insertReceived = async (tx: Tx, received: Received, now: number): Promise<void> => {
  const { peer, messageId, notificationId, transactionId } = received;
  await knexOf(tx)('dci_received').insert({
    id: idOf(peer, messageId),
    peer,
    message_id: toColumn(messageId),
    operation: received.operation,
    digest: received.digest,
    notification: notificationId === undefined ? null : idOf(peer, notificationId),
    transaction_id: transactionId === undefined ? null : toColumn(transactionId),
    received_at: toTimestamp(now),
    outcome: JSON.stringify(received.outcome),
  });
};

/** The digest of a message that was accepted from this sender under this id. */
export const acceptedDigest = async (reader: Reader, peer: string, messageId: string): Promise<string | undefined> => {
  const row: { digest: string } | undefined = await knexOf(reader)('dci_received')
    .select('digest')
    .where({ id: idOf(peer, messageId) })
    .first();
  return row?.digest;
};

/** Whether a notification was told before, in whatever message. */
export const wasTold = async (reader: Reader, peer: string, notificationId: string): Promise<boolean> =>
  (await knexOf(reader)('dci_received')
    .select('seq')
    .where({ notification: idOf(peer, notificationId) })
    .first()) !== undefined;

/** What came in as answers to a message of ours, the first first. */
export const readAnswers = async (
  reader: Reader,
  transactionId: string,
): Promise<readonly Pick<Received, 'messageId' | 'outcome'>[]> => {
  const rows: { message_id: string; outcome: string }[] = await knexOf(reader)('dci_received')
    .select('message_id', 'outcome')
    .where({ transaction_id: toColumn(transactionId) })
    .orderBy('seq');
  return rows.map(({ message_id, outcome }) => ({ messageId: message_id, outcome: JSON.parse(outcome) as Outcome }));
};
