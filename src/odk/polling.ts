import { sleep } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import { isFault } from '../core/fault.ts';
import type { Logger } from '../core/log.ts';
import type { Database } from '../storage/index.ts';
import { tryHold } from './hold-source.ts';
import type { Poll } from './poll.ts';
import { readSources, SOURCES_TOPIC } from './sources.store.ts';

export interface PollingDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly poll: Poll;
  /** Brings the sources of the configuration file in; what cannot be brought in now is tried again. */
  readonly bringConfigured: () => Promise<void>;
}

export interface Polling {
  stop(): Promise<void>;
}

const LOOK_MS = 1000;
// Sources of one server wait for each other anyway; more at a time than this only fill memory.
const AT_ONCE = 4;
const PATIENCE_MS = 5000;

/** Polls every source by its own schedule until stopped; any number of processes may run it on one database. */
export const startPolling = ({ db, clock, log, poll, bringConfigured }: PollingDeps): Polling => {
  const stopping = new AbortController();
  let wake: (() => void) | undefined;
  const underWay = new Map<string, Promise<void>>();
  const unsubscribe = db.onTouch(SOURCES_TOPIC, () => wake?.());

  const pollOne = async (name: string): Promise<void> => {
    const held = await tryHold(db, name, 0);
    if (!held) return; // another process polls it
    try {
      await poll(name, { held, signal: stopping.signal });
    } catch (error) {
      if (stopping.signal.aborted) return; // the next start goes on from where this one was
      if (isFault(error)) log.warn({ source: name, code: error.code }, error.message);
      else log.error({ source: name, err: error }, 'a poll failed unexpectedly');
    } finally {
      await held.release();
    }
  };

  const round = async (): Promise<void> => {
    await bringConfigured();
    const sources = await db.read(readSources);
    for (const { name, state, nextAt } of sources) {
      if (underWay.size >= AT_ONCE) return;
      if (state === 'paused' || nextAt > clock() || underWay.has(name)) continue;
      const running = pollOne(name)
        .catch((error: unknown) => log.error({ source: name, err: error }, 'cannot poll'))
        .finally(() => underWay.delete(name));
      underWay.set(name, running);
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await round().catch((error: unknown) => log.error({ err: error }, 'cannot look for ODK sources'));
      if (stopping.signal.aborted) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = undefined;
    }
  };

  const running = run();
  return {
    async stop() {
      stopping.abort();
      unsubscribe();
      wake?.();
      await running;
      // A batch ends in a moment; who waits for Central's answer is not waited for.
      await Promise.race([Promise.all(underWay.values()), sleep(PATIENCE_MS)]);
    },
  };
};
