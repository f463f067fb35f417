import type { Database } from '../../src/storage/index.ts';

/** The death of a process. */
export class Crash extends Error {}

/** A database whose process is killed at its `at`-th write: before the commit, or right after it. */
export const mortal = (db: Database, at: number, afterCommit: boolean): Database => {
  let writes = 0;
  return {
    ...db,
    async write(work) {
      writes += 1;
      if (writes > at || (writes === at && !afterCommit)) throw new Crash('killed');
      const result = await db.write(work);
      if (writes === at) throw new Crash('killed');
      return result;
    },
  };
};
