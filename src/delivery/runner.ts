import type { Clock } from '../core/clock.ts';
import { Fault } from '../core/fault.ts';
import type { Logger } from '../core/log.ts';
import { startPump } from '../jobs/index.ts';
import { createBatcher, type Database } from '../storage/index.ts';
import { claimDue, DELIVERIES_TOPIC, nextDue, postpone, prolongClaims, putOff, settle } from './deliveries.store.ts';
import { type Attempt, type Delivery, MAX_ATTEMPTS, patienceAsked, pauseAfter } from './delivery.ts';

/** Sends one delivery; bounded in time by itself. */
export type Sender = (delivery: Delivery) => Promise<Attempt>;

export interface RunnerDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** Pause before the first repeat in milliseconds, doubled each time (`DELIVERY_RETRY_BASE_MS`). */
  readonly retryBaseMs: number;
  readonly senders: Readonly<Record<string, Sender>>;
}

export interface Runner {
  /** Ends after what is under way; what is left waits in the table. */
  stop(): Promise<void>;
}

// A claim is short and renewed while its delivery is under way, so that a killed process's claims come back soon.
const CLAIM_MS = 5000;
const RENEW_MS = 1500;
const AT_ONCE = 256;
// One slow recipient must not take all places. As many as there are connections to one origin (net/http-client.ts): a
// burst of a thousand is told in a few rounds, each of which costs a few commits.
const AT_ONCE_PER_RECIPIENT = 64;

/** An attempt that is over. */
interface Ended {
  readonly delivery: Delivery;
  readonly outcome: Attempt;
}

/** Delivers what is due until stopped; any number of processes may run it on one database. */
export const startRunner = ({ db, clock, log, retryBaseMs, senders }: RunnerDeps): Runner => {
  const underWay = new Map<number, Promise<void>>();
  const perRecipient = new Map<string, number>();

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

  // Many attempts end while a commit is on its way, and share the next.
  const conclude = createBatcher<Ended, void>(db, async (tx, ended) => {
    const delivered = ended.filter(({ outcome }) => outcome.delivered).map(({ delivery }) => delivery.seq);
    await settle(tx, delivered, 'delivered', clock());
    for (const { delivery, outcome } of ended) {
      const tries = delivery.attempts + 1;
      const patience = patienceAsked(delivery, outcome, clock());
      if (!outcome.delivered) {
        if (patience !== undefined) await putOff(tx, delivery.seq, clock() + patience, outcome.error);
        else if (outcome.final || tries >= MAX_ATTEMPTS)
          await settle(tx, [delivery.seq], 'dead', clock(), outcome.error);
        else await postpone(tx, delivery.seq, clock() + pauseAfter(tries, retryBaseMs), outcome.error);
      }
      await outcome.record?.(tx);
    }
    return ended.map(() => undefined);
  });

  const deliver = async (delivery: Delivery): Promise<void> =>
    await conclude({ delivery, outcome: await attempt(delivery) });

  const start = (delivery: Delivery): void => {
    count(delivery.recipient, 1);
    const running = deliver(delivery)
      .catch((error: unknown) => log.error({ err: error, delivery: delivery.id }, 'cannot settle a delivery'))
      .finally(() => {
        count(delivery.recipient, -1);
        underWay.delete(delivery.seq);
        pump.wakeUp();
      });
    underWay.set(delivery.seq, running);
  };

  const busy = (): string[] => [...perRecipient].filter(([, n]) => n >= AT_ONCE_PER_RECIPIENT).map(([name]) => name);

  const round = async (): Promise<boolean> => {
    const limit = AT_ONCE - underWay.size;
    if (limit <= 0) return false;
    const room = new Map([...perRecipient].map(([name, n]) => [name, AT_ONCE_PER_RECIPIENT - n]));
    const claimed = await db.write((tx) =>
      claimDue(tx, { now: clock(), leaseMs: CLAIM_MS, room, perRecipient: AT_ONCE_PER_RECIPIENT, limit }),
    );
    // A claim that ran out under a stalled process is still under way here: it is not begun twice.
    for (const delivery of claimed) if (!underWay.has(delivery.seq)) start(delivery);
    return claimed.length > 0;
  };

  const pump = startPump({
    db,
    clock,
    log,
    name: 'look for deliveries',
    topic: DELIVERIES_TOPIC,
    nextDue: () => db.read((reader) => nextDue(reader, busy(), clock())),
    round,
  });

  const renewing = setInterval(() => {
    if (underWay.size === 0) return;
    db.write((tx) => prolongClaims(tx, [...underWay.keys()], clock() + CLAIM_MS)).catch((error: unknown) =>
      log.error({ err: error }, 'cannot prolong the claims of deliveries'),
    );
  }, RENEW_MS);

  return {
    async stop() {
      await pump.stop();
      await Promise.all(underWay.values());
      clearInterval(renewing);
    },
  };
};
