import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import { ANYTHING, type Database } from '../storage/index.ts';

export interface PumpOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** What it does, for the log: `look for deliveries`. */
  readonly name: string;
  /** Touched when there may be something new. */
  readonly topic: string;
  /** When the next piece of work can be begun, in milliseconds; `undefined` when there is none. */
  readonly nextDue: () => Promise<number | undefined>;
  /** Begins what is due; answers whether there was anything. */
  readonly round: () => Promise<boolean>;
}

export interface Pump {
  /** Looks again now. */
  wakeUp(): void;
  stop(): Promise<void>;
}

// A missed wake-up delays by this much, never for ever.
const IDLE_MS = 1000;

/** Begins what is due as soon as it is, until stopped; sleeps while nothing is. */
export const startPump = ({ db, clock, log, name, topic, nextDue, round }: PumpOptions): Pump => {
  let stopped = false;
  let woken = false;
  let endSleep: (() => void) | undefined;

  const wakeUp = (): void => {
    woken = true;
    endSleep?.();
  };
  const unsubscribes = [topic, ANYTHING].map((one) => db.onTouch(one, wakeUp));

  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      endSleep = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async (): Promise<void> => {
    while (!stopped) {
      // What is woken while we look is looked at again: it may have come too late for this look.
      woken = false;
      let wait = IDLE_MS;
      try {
        const due = await nextDue();
        if (due !== undefined && due <= clock() && (await round())) continue;
        if (due !== undefined && due > clock()) wait = Math.min(IDLE_MS, due - clock());
      } catch (error) {
        log.error({ err: error }, `cannot ${name}`);
      }
      if (!stopped && !woken) await sleep(wait);
      endSleep = undefined;
    }
  };

  const running = run();
  return {
    wakeUp,
    async stop() {
      stopped = true;
      for (const unsubscribe of unsubscribes) unsubscribe();
      wakeUp();
      await running;
    },
  };
};
