import { type Clock, toTimestamp } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Erasure } from './privacy.ts';

/** For how many days messages are kept, by direction; 0 for ever. */
export interface Retention {
  readonly in: number;
  readonly out: number;
}

const DAY_MS = 86_400_000;
const EVERY_MS = 3_600_000;

interface Deps {
  readonly pruneBodies: (direction: 'in' | 'out', before: string) => Promise<Erasure>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Erases what is older than the rule says, now and every hour; a run that fails is made up for by the next one. */
export const startRetention = ({ pruneBodies, clock, log }: Deps, keep: Retention, everyMs = EVERY_MS) => {
  let running: Promise<void> | undefined;
  let isStopping = false;
  const prune = async (direction: 'in' | 'out'): Promise<void> => {
    if (keep[direction] === 0 || isStopping) return;
    const { erased, copies } = await pruneBodies(direction, toTimestamp(clock() - keep[direction] * DAY_MS));
    if (erased + copies > 0) log.info({ direction, erased, copies }, 'messages were erased by age');
  };
  const once = (): void => {
    running ??= prune('in')
      .then(() => prune('out'))
      .catch((error: unknown) => log.error({ err: error }, 'messages could not be erased by age'))
      .finally(() => {
        running = undefined;
      });
  };
  once();
  const timer = setInterval(once, everyMs);
  timer.unref();
  return {
    async stop(): Promise<void> {
      isStopping = true;
      clearInterval(timer);
      await running;
    },
  };
};
