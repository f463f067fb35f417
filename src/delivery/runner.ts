import type { Clock } from '../core/clock.ts';
import { Fault } from '../core/fault.ts';
import type { Logger } from '../core/log.ts';
import type { Database } from '../storage/index.ts';
import { claimDue, DELIVERIES_TOPIC, nextDue, postpone, settle } from './deliveries.store.ts';
import { type Attempt, type Delivery, MAX_ATTEMPTS, pauseAfter } from './delivery.ts';

/** Sends one delivery; bounded in time by itself, well below the claim's length. */
export type Sender = (delivery: Delivery) => Promise<Attempt>;

export interface RunnerDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** Pause before the first repeat in milliseconds, doubled each time (`DELIVERY_RETRY_BASE_MS`). */
  readonly retryBaseMs: number;
  readonly senders: Readonly<Record<string, Sender>>;
  /** Told after each attempt: subscriptions pause themselves after repeated failures. */
  readonly onAttempt?: (delivery: Delivery, attempt: Attempt) => Promise<void>;
}

export interface Runner {
  /** Ends after what is under way; what is left waits in the table. */
  stop(): Promise<void>;
}

// A sender gives up after about ten seconds; the claim outlives it, and a killed process's claims come back soon.
const CLAIM_MS = 30_000;
const AT_ONCE = 32;
// One slow recipient must not take all places.
const AT_ONCE_PER_RECIPIENT = 4;
// A missed wake-up delays by this much, never for ever.
const IDLE_MS = 1000;

/** Delivers what is due until stopped; any number of processes may run it on one database. */
export const startRunner = ({ db, clock, log, retryBaseMs, senders, onAttempt }: RunnerDeps): Runner => {
  let stopped = false;
  let again: (() => void) | undefined;
  const underWay = new Set<Promise<void>>();
  const perRecipient = new Map<string, number>();

  const wakeUp = (): void => again?.();
  const unsubscribe = db.onTouch(DELIVERIES_TOPIC, wakeUp);

  const count = (recipient: string, by: 1 | -1): void => {
    const next = (perRecipient.get(recipient) ?? 0) + by;
    if (next > 0) perRecipient.set(recipient, next);
    else perRecipient.delete(recipient);
  };

  const attempt = async (delivery: Delivery): Promise<Attempt> => {
    const sender = senders[delivery.kind];
    if (!sender) return { delivered: false, error: `nobody here sends ${delivery.kind}`, final: true };
    try {
      return await sender(delivery);
    } catch (error) {
      if (!(error instanceof Fault)) log.error({ err: error, delivery: delivery.id }, 'a delivery failed unexpectedly');
      return { delivered: false, error: error instanceof Fault ? error.message : 'internal error' };
    }
  };

  const deliver = async (delivery: Delivery): Promise<void> => {
    const outcome = await attempt(delivery);
    const tries = delivery.attempts + 1;
    await db.write(async (tx) => {
      if (outcome.delivered) await settle(tx, delivery.seq, 'delivered', clock());
      else if (outcome.final || tries >= MAX_ATTEMPTS) await settle(tx, delivery.seq, 'dead', clock(), outcome.error);
      else await postpone(tx, delivery.seq, clock() + pauseAfter(tries, retryBaseMs), outcome.error);
    });
    await onAttempt?.(delivery, outcome);
  };

  const start = (delivery: Delivery): void => {
    count(delivery.recipient, 1);
    const running = deliver(delivery)
      .catch((error: unknown) => log.error({ err: error, delivery: delivery.id }, 'cannot settle a delivery'))
      .finally(() => {
        count(delivery.recipient, -1);
        underWay.delete(running);
        wakeUp();
      });
    underWay.add(running);
  };

  const busy = (): string[] => [...perRecipient].filter(([, n]) => n >= AT_ONCE_PER_RECIPIENT).map(([name]) => name);

  const round = async (): Promise<boolean> => {
    const limit = AT_ONCE - underWay.size;
    if (limit <= 0) return false;
    const room = new Map([...perRecipient].map(([name, n]) => [name, AT_ONCE_PER_RECIPIENT - n]));
    const claimed = await db.write((tx) =>
      claimDue(tx, { now: clock(), leaseMs: CLAIM_MS, room, perRecipient: AT_ONCE_PER_RECIPIENT, limit }),
    );
    for (const delivery of claimed) start(delivery);
    return claimed.length > 0;
  };

  const run = async (): Promise<void> => {
    while (!stopped) {
      let wait = IDLE_MS;
      try {
        const due = await db.read((reader) => nextDue(reader, busy()));
        if (due !== undefined && due <= clock() && (await round())) continue;
        if (due !== undefined && due > clock()) wait = Math.min(IDLE_MS, due - clock());
      } catch (error) {
        log.error({ err: error }, 'cannot look for deliveries');
      }
      if (stopped) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait);
        again = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      again = undefined;
    }
  };

  const running = run();
  return {
    async stop() {
      stopped = true;
      unsubscribe();
      wakeUp();
      await running;
      await Promise.all(underWay);
    },
  };
};
