import type { PeerDirectory } from '../../access/index.ts';
import { singleFlight } from '../../core/async.ts';
import { type Attempt, type Delivery, patienceAsked } from '../../delivery/index.ts';
import type { Tx } from '../../storage/index.ts';
import type { DciDeps } from '../deps.ts';
import type { PostEnvelope } from '../post-envelope.ts';
import { isToBeEncrypted } from '../seal.ts';
import type { NotificationPayload } from './notification.ts';
import { notifyUrl } from './notify-url.ts';
import type { Subscription } from './subscription.ts';
import {
  countFailure,
  forgetFailures,
  forgetSealed,
  keepSealed,
  pauseSubscription,
  readFailures,
  readSubscription,
} from './subscriptions.store.ts';

/** Failed attempts in a row after which a subscription is paused (dci.md §7.3). */
export const MAX_FAILURES = 10;

export interface SendDeps extends Pick<DciDeps, 'db' | 'clock' | 'encryptMessage'> {
  readonly peers: Pick<PeerDirectory, 'bySenderId'>;
  readonly post: PostEnvelope;
  /** The pause before a first repeat in milliseconds. */
  readonly retryBaseMs: number;
}

/**
 * Counts the outcome of an attempt in the transaction that settles it. Ten failures pause the subscription, but not
 * all of one moment: a burst that meets a subscriber while it restarts must not, so the row has to outlast a repeat.
 */
const countOutcome = async (
  tx: Tx,
  { code, failures }: Subscription,
  outcome: Attempt,
  { clock, retryBaseMs }: Pick<SendDeps, 'clock' | 'retryBaseMs'>,
): Promise<void> => {
  if (outcome.delivered) return failures > 0 ? await forgetFailures(tx, code) : undefined;
  const now = clock();
  const so = await readFailures(tx, code);
  if (so && so.failures + 1 >= MAX_FAILURES && now - so.since >= retryBaseMs) {
    const reason = `${so.failures + 1} attempts in a row failed, the last with: ${outcome.error}`;
    // First, as everybody takes the order of revisions before a row of subscriptions.
    await pauseSubscription(tx, code, reason, now);
  }
  await countFailure(tx, code, now);
};

/** Sends a notification; its ids and its message are the same in every attempt (dci.md §7.3). */
export const sendNotification = (deps: SendDeps) => {
  const { db, peers, post, encryptMessage } = deps;
  // A burst is of few subscriptions: those who ask at the same time share one look.
  const once = singleFlight<Subscription | undefined>();
  return async (delivery: Delivery): Promise<Attempt> => {
    const { code, messageId, meta, message } = delivery.payload as NotificationPayload;
    const peer = await peers.bySenderId(delivery.recipient);
    if (!peer) return { delivered: false, error: 'the peer was revoked', final: true };
    const subscription = await once(code, () => db.read((reader) => readSubscription(reader, code)));
    if (!subscription || subscription.status === 'ended') {
      return { delivered: false, error: 'the subscription has ended', final: true };
    }
    const url = notifyUrl(subscription.senderUri, peer.callback);
    if (url === undefined) return { delivered: false, error: 'the subscriber has no address: give it a --callback' };

    // Each encryption gives other bytes; what was sent first is what is sent again.
    const sealed =
      encryptMessage && isToBeEncrypted(peer, { isEncrypted: subscription.encrypted })
        ? await encryptMessage(message, peer).then((made) => db.write((tx) => keepSealed(tx, delivery.id, made)))
        : undefined;
    const outcome = await post({
      peer,
      url,
      reply: {
        action: 'notify',
        status: 'succ',
        total: message.notify_event.length,
        completed: message.notify_event.length,
        meta,
        message,
      },
      messageId,
      ...(sealed ? { sealed } : {}),
      headers: {
        'X-DCI-Transaction-ID': message.transaction_id,
        'X-DCI-Subscription-Code': code,
        'X-DCI-Event-Type': meta.event_type,
        'X-DCI-Notification-ID': meta.notification_id,
      },
      attempt: delivery.attempts + 1,
    });
    return {
      ...outcome,
      async record(tx) {
        await outcome.record?.(tx);
        if (sealed && outcome.delivered) await forgetSealed(tx, [delivery.id]);
        if (patienceAsked(delivery, outcome, deps.clock()) === undefined) {
          await countOutcome(tx, subscription, outcome, deps);
        }
      },
    };
  };
};
