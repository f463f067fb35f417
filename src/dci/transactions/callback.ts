import type { PeerDirectory } from '../../access/index.ts';
import type { Attempt, Delivery, DeliveryDraft } from '../../delivery/index.ts';
import type { Database } from '../../storage/index.ts';
import type { DciDeps } from '../deps.ts';
import { idText } from '../envelope.ts';
import type { PostEnvelope } from '../post-envelope.ts';
import { isToBeEncrypted } from '../seal.ts';
import { toColumn } from '../to-column.ts';
import type { Transaction } from './transaction.ts';
import { findByCorrelation, keepSealed } from './transactions.store.ts';

/** The kind of deliveries that answer asynchronous messages. */
export const CALLBACK = 'dci.callback';

const transactionIdOf = ({ question }: Transaction): string =>
  idText((question.message as { transaction_id: unknown }).transaction_id);

/** The delivery of a transaction's answer: one for each, whatever happens, as its id is that of the correlation. */
export const callbackDraft = (transaction: Transaction, url: string): DeliveryDraft => ({
  id: transaction.correlationId,
  kind: CALLBACK,
  recipient: transaction.senderId,
  url,
  subject: toColumn(transactionIdOf(transaction)),
  payload: {},
});

export interface CallbackDeps {
  readonly db: Database;
  readonly peers: Pick<PeerDirectory, 'bySenderId'>;
  readonly post: PostEnvelope;
  readonly encryptMessage: DciDeps['encryptMessage'];
}

/** Sends the answer of a transaction; the message and its ids stay the same whatever the number of attempts. */
export const sendCallback =
  ({ db, peers, post, encryptMessage }: CallbackDeps) =>
  async (delivery: Delivery): Promise<Attempt> => {
    const peer = await peers.bySenderId(delivery.recipient);
    if (!peer) return { delivered: false, error: 'the peer was revoked', final: true };
    const transaction = await db.read((reader) => findByCorrelation(reader, delivery.id));
    const erased: Attempt = { delivered: false, error: 'the answer was erased', final: true };
    if (transaction?.isErased) return erased;
    const { reply, replyId } = transaction ?? {};
    if (!transaction || !reply || replyId === undefined) throw new Error(`no answer is kept for ${delivery.id}`);

    // Each encryption gives other bytes; what was sent first is what is sent again.
    let { sealed } = transaction;
    if (!sealed && encryptMessage && isToBeEncrypted(peer, transaction.question.header)) {
      const made = await encryptMessage(reply.message, peer);
      sealed = await db.write((tx) => keepSealed(tx, transaction.seq, made));
      if (!sealed) return erased;
    }
    return await post({
      peer,
      url: delivery.url,
      reply,
      messageId: replyId,
      ...(sealed ? { sealed } : {}),
      headers: { 'X-DCI-Transaction-ID': transactionIdOf(transaction) },
      callbackOf: { peer: transaction.senderId, messageId: transaction.messageId },
      attempt: delivery.attempts + 1,
    });
  };
