import { isFault } from '../core/fault.ts';
import type { Database, Tx } from '../storage/index.ts';

// Whoever registers the same people at the same moment takes their identifiers while we look: looking again finds them.
const ATTEMPTS = 3;

/** `db.write` for work that takes records in: run again when an identifier was taken meanwhile. */
export const writeTaking = async <T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await db.write(work);
    } catch (error) {
      if (!isFault(error) || error.code !== 'identifier.taken' || tries === ATTEMPTS) throw error;
    }
  }
};
