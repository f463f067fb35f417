import type { JsonObject } from '../core/json.ts';
import type { Tx } from '../storage/index.ts';

export const deliveryStates = ['waiting', 'delivered', 'dead'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** A message that is to go out. */
export interface DeliveryDraft {
  /** Stable id of what is delivered; enqueuing the same id again changes nothing. */
  readonly id: string;
  /** Which sender knows how to send it: `dci.callback`, `dci.notify`, … */
  readonly kind: string;
  /** Whom it goes to (a peer's sender id): at most a few at a time are under way to one recipient. */
  readonly recipient: string;
  readonly url: string;
  /** Deliveries with the same key go out one after the other, in the order they were enqueued. */
  readonly orderingKey?: string;
  /** What it is about, for people: a subscription code, a transaction id. */
  readonly subject?: string;
  /** Not before this time, in milliseconds since the epoch; absent: at once. `HELD`: not before it is revived. */
  readonly due?: number;
  /** What the sender needs to make the message anew for each attempt; empty once it is delivered. */
  readonly payload: JsonObject;
}

export interface Delivery extends DeliveryDraft {
  readonly seq: number;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly due: number;
  readonly createdAt: string;
  readonly settledAt?: string;
  readonly lastError?: string;
}

/** What became of one attempt. */
export type Attempt = AttemptOutcome & {
  /** Writes to the transaction that settles the attempt: what was answered goes on the ledger with its effect. */
  readonly record?: (tx: Tx) => void | Promise<void>;
};
type AttemptOutcome =
  | { readonly delivered: true }
  /**
   * `error` names no person and no content. `final`: no repeat can help (the address is not allowed, the recipient is
   * gone).
   */
  | {
      readonly delivered: false;
      readonly error: string;
      readonly final?: boolean;
      /** The recipient asked for so many milliseconds of patience. */
      readonly retryAfterMs?: number;
    };

// Patience has an end: who asks for it longer than this has failed.
const MOST_PATIENCE_MS = 24 * 3_600_000;

/**
 * How long to wait where the recipient asked for it: it can be reached and wants the message later, which is no failure
 * of the attempt, so none is counted.
 */
export const patienceAsked = (
  { createdAt }: Pick<Delivery, 'createdAt'>,
  outcome: Attempt,
  now: number,
): number | undefined => {
  if (outcome.delivered || outcome.final || now - Date.parse(createdAt) > MOST_PATIENCE_MS) return undefined;
  return outcome.retryAfterMs;
};

/** A time that nobody comes to: what is due then waits for `reviveSubject`. */
export const HELD = Date.parse('9999-12-31T00:00:00Z');

/** At least five tries before a delivery is given up (dci.md §15.3). */
export const MAX_ATTEMPTS = 8;
// Doubling without a bound would make the eighth pause of a large base last days.
const LONGEST_PAUSE_MS = 6 * 3_600_000;

/** Milliseconds to wait after the `attempts`-th failed try: the base, doubled each time. */
export const pauseAfter = (attempts: number, baseMs: number): number =>
  Math.min(baseMs * 2 ** (attempts - 1), Math.max(baseMs, LONGEST_PAUSE_MS));
