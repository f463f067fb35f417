import { chunk } from '../core/async.ts';
import { type Clock, toTimestamp } from '../core/clock.ts';
import type { Database, Tx } from '../storage/index.ts';
import { readState } from './append.store.ts';
import type { Appender } from './append.ts';
import { firstSeqAt } from './entries.store.ts';
import type { Prepare } from './entry.ts';
import type { Copies } from './ports.ts';
import { deleteBodies, markErased, seqsOfSubject, seqsWithBody } from './privacy.store.ts';
import { subjectHash } from './subjects.ts';

// One erasure entry names at most this many, so that leaf and transaction stay small.
const PER_ENTRY = 500;

const TABLES = ['ledger_bodies', 'ledger_subjects', 'ledger_subject_lists'];

interface Deps {
  readonly db: Database;
  readonly clock: Clock;
  readonly appender: Appender;
  readonly prepare: Prepare;
  readonly copies: readonly Copies[];
}

export type ErasureReason = 'subject' | 'retention';

export interface Erasure {
  /** How many entries lost their body. */
  readonly erased: number;
  /** How many copies that other parts kept of messages were erased with them. */
  readonly copies: number;
  /** Whether the database's own log was emptied too; `false` when a reader held it (SQLite), run it again then. */
  readonly purged: boolean;
}

/**
 * Removal of bodies. Each removal is an entry of its own that names what it removed: a body that is missing without
 * such an entry was taken by somebody else, and verification says so.
 */
export const createPrivacy = ({ db, clock, appender, prepare, copies }: Deps) => {
  const tables = [...TABLES, ...copies.flatMap((kept) => kept.tables)];

  const erase = (seqs: readonly number[], reason: ErasureReason, more?: (tx: Tx) => Promise<void>): Promise<number> =>
    db.write(async (tx) => {
      await more?.(tx);
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

  /**
   * Erases the bodies of all messages that name this identifier, with the requests and replies they belong to, and the
   * copies that name it.
   */
  const eraseSubject = async (identifier: string): Promise<Erasure> => {
    const seqs = await db.read(async (reader) => {
      const { subjectKey } = await readState(reader);
      return await seqsOfSubject(reader, subjectHash(subjectKey, identifier));
    });
    const found = await Promise.all(copies.map(async (kept) => ({ kept, copied: await kept.findSubject(identifier) })));
    let copied = 0;
    const eraseCopies = async (tx: Tx): Promise<void> => {
      copied = 0; // the transaction may be begun anew
      for (const one of found) copied += await one.kept.erase(tx, one.copied);
    };
    const [first = [], ...rest] = chunk(seqs, PER_ENTRY);
    let erased = await erase(first, 'subject', eraseCopies);
    for (const some of rest) erased += await erase(some, 'subject');
    return { erased, copies: copied, purged: await db.purge(tables) };
  };

  const pruneCopies = async (kept: Copies, direction: 'in' | 'out', before: string): Promise<number> => {
    for (let erased = 0; ; ) {
      const found = await kept.findOlder(direction, before, PER_ENTRY);
      if (found.length === 0) return erased;
      erased += await db.write((tx) => kept.erase(tx, found));
    }
  };

  /** Erases the bodies of one direction that were recorded before `before`, and the copies of that age. */
  const pruneBodies = async (direction: 'in' | 'out', before: string): Promise<Erasure> => {
    let erased = 0;
    const end = await db.read(async (reader) => firstSeqAt(reader, before, (await readState(reader)).frontier.size));
    for (let begin = 0; ; ) {
      const seqs = await db.read((reader) => seqsWithBody(reader, direction, begin, end, PER_ENTRY));
      if (seqs.length === 0) break;
      erased += await erase(seqs, 'retention');
      begin = (seqs.at(-1) as number) + 1;
    }
    let copied = 0;
    for (const kept of copies) copied += await pruneCopies(kept, direction, before);
    return { erased, copies: copied, purged: erased + copied === 0 || (await db.purge(tables)) };
  };

  return { eraseSubject, pruneBodies };
};
