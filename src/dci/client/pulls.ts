import { type Clock, toTimestamp } from '../../core/clock.ts';
import { Fault, isFault } from '../../core/fault.ts';
import type { Logger } from '../../core/log.ts';
import { takeLease } from '../../jobs/index.ts';
import type { Database } from '../../storage/index.ts';
import type { Pull, PullReport } from './pull.ts';
import {
  deletePull,
  duePulls,
  finishRun,
  listPulls,
  PULLS_TOPIC,
  type PullSettings,
  type RunEnd,
  readPull,
  type StandingPull,
  writePull,
} from './pulls.store.ts';
import { askSince } from './since.ts';

export interface PullsDeps {
  readonly db: Database;
  readonly pull: Pull;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Searches in other registries that are asked in a rhythm: each time for what has changed since the last. */
export interface Pulls {
  add(name: string, peer: string, settings: PullSettings): Promise<StandingPull>;
  list(): Promise<readonly StandingPull[]>;
  remove(name: string): Promise<void>;
  /** Runs one now, whatever its rhythm; throws why it failed. */
  run(name: string): Promise<PullReport>;
  /** Runs what is due until stopped; on several machines each pull runs on one of them. */
  start(): { stop(): Promise<void> };
}

const NAME = /^[\w.-]{1,64}$/;
// Whoever is killed in the middle holds others up for this long; each page renews it.
const LEASE_MS = 120_000;
// Clocks differ, and a change is stamped before it is committed: the next run asks from a little earlier.
const OVERLAP_MS = 300_000;
// A missed wake-up delays by this much, never for ever.
const IDLE_MS = 1000;

const unknown = (name: string): Fault => new Fault('dci.pull-unknown', `there is no pull ${name}`);

export const createPulls = ({ db, pull, clock, log }: PullsDeps): Pulls => {
  const runWith = async (standing: StandingPull, goOn: () => Promise<void>): Promise<RunEnd & { fault?: unknown }> => {
    const { question, cursor, sinceAttribute, programme, pageSize, peer } = standing;
    const startedAt = clock();
    try {
      const report = await pull(peer, askSince(question, cursor, sinceAttribute), {
        goOn,
        ...(programme === undefined ? {} : { programme }),
        ...(pageSize === undefined ? {} : { pageSize }),
      });
      return { report, cursor: toTimestamp(startedAt - OVERLAP_MS) };
    } catch (fault) {
      return { error: isFault(fault) ? fault.message : 'internal error', fault };
    }
  };

  /** Runs a pull if nobody else is running it. */
  const runOnce = async (name: string): Promise<RunEnd & { fault?: unknown }> => {
    const lease = await takeLease(db, `dci-pull ${name}`, LEASE_MS);
    if (!lease) throw new Fault('dci.pull-busy', `${name} is running already`);
    try {
      const standing = await db.read((reader) => readPull(reader, name));
      if (!standing) throw unknown(name);
      const end = await runWith(standing, async () => {
        if (!(await lease.renew())) throw new Fault('dci.pull-busy', `${name} was taken over by another process`);
      });
      await db.write(async (tx) => {
        await lease.assertHeld(tx);
        await finishRun(tx, name, end, clock(), clock() + standing.everySeconds * 1000);
      });
      return end;
    } finally {
      await lease.release();
    }
  };

  const runDue = async (isStopped: () => boolean): Promise<void> => {
    for (const name of await db.read((reader) => duePulls(reader, clock()))) {
      if (isStopped()) return;
      try {
        const end = await runOnce(name);
        if ('error' in end) log.warn({ err: end.fault, pull: name }, 'a pull failed');
      } catch (error) {
        // Running elsewhere, or gone meanwhile.
        if (!isFault(error)) throw error;
      }
    }
  };

  return {
    async add(name, peer, settings) {
      if (!NAME.test(name)) throw new Fault('query.invalid', 'a name has up to 64 letters, digits, dots and dashes');
      // What cannot be asked since a time is refused now, and not in the night.
      askSince(settings.question, toTimestamp(clock()), settings.sinceAttribute);
      return await db.write(async (tx) => {
        await writePull(tx, name, peer, settings, clock());
        return (await readPull(tx, name)) as StandingPull;
      });
    },
    list: () => db.read(listPulls),
    async remove(name) {
      if (!(await db.write((tx) => deletePull(tx, name)))) throw unknown(name);
    },
    async run(name) {
      const end = await runOnce(name);
      if ('error' in end) throw end.fault;
      return end.report;
    },
    start() {
      let stopped = false;
      let again: (() => void) | undefined;
      const unsubscribe = db.onTouch(PULLS_TOPIC, () => again?.());
      const loop = async (): Promise<void> => {
        while (!stopped) {
          await runDue(() => stopped).catch((error: unknown) => log.error({ err: error }, 'cannot run what is due'));
          if (stopped) return;
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, IDLE_MS);
            again = () => {
              clearTimeout(timer);
              resolve();
            };
          });
        }
      };
      const running = loop();
      return {
        async stop() {
          stopped = true;
          unsubscribe();
          again?.();
          await running;
        },
      };
    },
  };
};
