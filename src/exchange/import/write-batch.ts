import { chunk } from '../../core/async.ts';
import { isFault } from '../../core/fault.ts';
import type { Logger } from '../../core/log.ts';
import type { Database, Tx } from '../../storage/index.ts';
import { failed, type Outcome, toReason } from './outcome.ts';

// Somebody else who imports the same people at the same time takes their identifiers while we look: looking again
// finds them. Twice is enough, because a batch is only in the way of one other at a time.
const ATTEMPTS = 3;

// A fault of a single row is a row's fault; so many of a kind nobody foresaw are the database's (a full disk).
const MAX_UNFORESEEN = 20;

// What statements are worked out from would fill the memory: a batch goes in parts. On SQLite all of them share one
// commit, which writes each page that was touched once. On PostgreSQL that gains little, and everybody who has a place
// to take in the order of commits would wait for it.
const PART_LINES = 500;

const explain = (error: unknown): string => {
  if (!isFault(error)) return 'the database refused the record';
  const { errors } = error.details;
  return errors && errors.length > 0 ? toReason(errors) : error.message;
};

/**
 * Writes items in few transactions; when one fails, in smaller and smaller ones, so that a bad item fails alone.
 * Gives up (throws) when the database itself does not work.
 */
export const createWriteBatch = <Item extends { readonly line: number }>(
  { db, log }: { readonly db: Database; readonly log: Logger },
  apply: (tx: Tx, items: readonly Item[]) => Promise<readonly Outcome[]>,
) => {
  let unforeseen = 0;

  const applyAll = async (tx: Tx, items: readonly Item[]): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = [];
    for (const part of chunk(items, PART_LINES)) outcomes.push(...(await apply(tx, part)));
    return outcomes;
  };

  const attempt = async (items: readonly Item[]): Promise<readonly Outcome[]> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await db.write((tx) => applyAll(tx, items));
      } catch (error) {
        if (!isFault(error) || error.code !== 'identifier.taken' || tries === ATTEMPTS) throw error;
      }
    }
  };

  const write = async (items: readonly Item[]): Promise<readonly Outcome[]> => {
    try {
      return await attempt(items);
    } catch (error) {
      if (isFault(error) && error.kind === 'unavailable') throw error;
      const [first] = items;
      if (items.length === 1 && first) {
        if (!isFault(error)) {
          unforeseen += 1;
          log.error({ err: error, line: first.line }, 'a row could not be written');
          if (unforeseen >= MAX_UNFORESEEN) throw error;
        }
        return [failed(first.line, explain(error))];
      }
      const middle = items.length >> 1;
      return [...(await write(items.slice(0, middle))), ...(await write(items.slice(middle)))];
    }
  };
  return async (items: readonly Item[]): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = [];
    for (const some of db.profile.shared ? chunk(items, PART_LINES) : [items]) outcomes.push(...(await write(some)));
    return outcomes;
  };
};
