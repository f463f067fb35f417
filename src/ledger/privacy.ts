import { chunk } from '../core/async.ts';
import { type Clock, toTimestamp } from '../core/clock.ts';
import type { Database } from '../storage/index.ts';
import { readState } from './append.store.ts';
import type { Appender } from './append.ts';
import { firstSeqAt } from './entries.store.ts';
import { type Prepare, subjectHash } from './entry.ts';
import { deleteBodies, markErased, seqsOfSubject, seqsWithBody } from './privacy.store.ts';

// One erasure entry names at most this many, so that leaf and transaction stay small.
const PER_ENTRY = 500;

const TABLES = ['ledger_bodies', 'ledger_subjects'];

interface Deps {
  readonly db: Database;
  readonly clock: Clock;
  readonly appender: Appender;
  readonly prepare: Prepare;
}

export type ErasureReason = 'subject' | 'retention';

export interface Erasure {
  /** How many entries lost their body. */
  readonly erased: number;
  /** Whether the database's own log was emptied too; `false` when a reader held it (SQLite), run it again then. */
  readonly purged: boolean;
}

/**
 * Removal of bodies. Each removal is an entry of its own that names what it removed: a body that is missing without
 * such an entry was taken by somebody else, and verification says so.
 */
export const createPrivacy = ({ db, clock, appender, prepare }: Deps) => {
  const erase = (seqs: readonly number[], reason: ErasureReason): Promise<number> =>
    db.write(async (tx) => {
      const erased = await deleteBodies(tx, seqs);
      if (erased.length === 0) return 0;
      const entry = prepare({
        kind: 'erasure',
        direction: 'in',
        endpoint: '*',
        at: toTimestamp(clock()),
        facts: { erased, reason },
      });
      appender(tx, [entry], async ([by]) => markErased(tx, erased, by as number));
      return erased.length;
    });

  /** Erases the bodies of all messages that name this identifier, with the requests and replies they belong to. */
  const eraseSubject = async (identifier: string): Promise<Erasure> => {
    const seqs = await db.read(async (reader) => {
      const { subjectKey } = await readState(reader);
      return await seqsOfSubject(reader, subjectHash(subjectKey, identifier));
    });
    let erased = 0;
    for (const some of chunk(seqs, PER_ENTRY)) erased += await erase(some, 'subject');
    return { erased, purged: await db.purge(TABLES) };
  };

  /** Erases the bodies of one direction that were recorded before `before`. */
  const pruneBodies = async (direction: 'in' | 'out', before: string): Promise<Erasure> => {
    let erased = 0;
    const end = await db.read(async (reader) => firstSeqAt(reader, before, (await readState(reader)).frontier.size));
    for (let begin = 0; ; ) {
      const seqs = await db.read((reader) => seqsWithBody(reader, direction, begin, end, PER_ENTRY));
      if (seqs.length === 0) break;
      erased += await erase(seqs, 'retention');
      begin = (seqs.at(-1) as number) + 1;
    }
    return { erased, purged: erased === 0 || (await db.purge(TABLES)) };
  };

  return { eraseSubject, pruneBodies };
};
