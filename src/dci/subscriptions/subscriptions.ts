import type { Clock } from '../../core/clock.ts';
import { Fault } from '../../core/fault.ts';
import { countWaiting, reviveSubject } from '../../delivery/index.ts';
import { consumerPosition, lastPosition } from '../../registry/index.ts';
import type { Database } from '../../storage/index.ts';
import { CONSUMER } from './consumer.ts';
import { NOTIFY } from './notification.ts';
import type { Subscription, SubscriptionStatus } from './subscription.ts';
import { countByStatus, listSubscriptions, reactivateSubscription, readSubscription } from './subscriptions.store.ts';

/** How the subscriptions stand, for the metrics. */
export interface SubscriptionNumbers {
  readonly byStatus: ReadonlyMap<SubscriptionStatus, number>;
  /** Changes of the registry that were not matched yet. */
  readonly unmatched: number;
  /** Notifications that wait to be sent, held ones included. */
  readonly waiting: number;
}

/** What an operator does with the subscriptions that others hold with us. */
export interface Subscriptions {
  /** Those that have not ended, oldest first. */
  list(): Promise<readonly Subscription[]>;
  /** Makes a paused subscription active; what it missed is sent now, in order. Throws `subscription.unknown`. */
  resume(code: string): Promise<Subscription>;
  numbers(): Promise<SubscriptionNumbers>;
}

const MOST_LISTED = 100_000;

export const createSubscriptions = ({
  db,
  clock,
}: {
  readonly db: Database;
  readonly clock: Clock;
}): Subscriptions => ({
  list: () => db.read((reader) => listSubscriptions(reader, MOST_LISTED)),
  resume: (code) =>
    db.write(async (tx) => {
      const now = clock();
      const wasPaused = await reactivateSubscription(tx, code, now);
      const subscription = await readSubscription(tx, code);
      if (!subscription || subscription.status === 'ended') {
        throw new Fault('subscription.unknown', 'there is no such subscription, or it has ended');
      }
      if (wasPaused) await reviveSubject(tx, { kind: NOTIFY, subject: code }, now);
      return subscription;
    }),
  numbers: () =>
    db.read(async (reader) => ({
      byStatus: await countByStatus(reader),
      unmatched: (await lastPosition(reader)) - (await consumerPosition(reader, CONSUMER)),
      waiting: await countWaiting(reader, NOTIFY),
    })),
});
