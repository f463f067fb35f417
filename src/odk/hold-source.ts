import { sleep } from '../core/async.ts';
import { Fault } from '../core/fault.ts';
import { type Lease, takeLease } from '../jobs/index.ts';
import type { Database, Tx } from '../storage/index.ts';

// A holder that was killed on another machine is waited for as long as this; on this machine not at all.
const LEASE_MS = 20_000;
const RENEW_MS = 5000;
const LOOK_MS = 250;

/** The right to work on a source alone (odk.md §18.9). */
export interface Hold {
  /** As `db.write`; rolls back when the right was lost meanwhile. */
  readonly write: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  release(): Promise<void>;
}

const hold = (db: Database, lease: Lease): Hold => {
  const renewing = setInterval(() => {
    lease.renew().catch(() => {}); // a lease that was lost is noticed by the next write
  }, RENEW_MS);
  renewing.unref();
  return {
    write: (work) =>
      db.write(async (tx) => {
        await lease.assertHeld(tx);
        return await work(tx);
      }),
    async release() {
      clearInterval(renewing);
      await lease.release();
    },
  };
};

/** Takes the right, waiting up to `patienceMs` for whoever has it; `undefined` when that was not enough. */
export const tryHold = async (db: Database, name: string, patienceMs: number): Promise<Hold | undefined> => {
  for (let waited = 0; ; waited += LOOK_MS) {
    const lease = await takeLease(db, `odk:${name}`, LEASE_MS);
    if (lease) return hold(db, lease);
    if (waited >= patienceMs) return undefined;
    await sleep(LOOK_MS);
  }
};

/** As `tryHold`, for commands: nobody at work there should need longer than a killed holder's time. */
export const holdSource = async (db: Database, name: string, patienceMs = LEASE_MS + 10_000): Promise<Hold> => {
  const held = await tryHold(db, name, patienceMs);
  if (!held) throw new Fault('odk.source-busy', `another process is working on the source ${name}; try again later`);
  return held;
};
