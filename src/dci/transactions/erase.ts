import type { Clock } from '../../core/clock.ts';
import type { Copies } from '../../ledger/ports.ts';
import type { Database } from '../../storage/index.ts';
import { namesIdentifier } from '../entry-facts.ts';
import { eraseContent, findOlder, readKept } from './erase.store.ts';

// Answers may be large: few at a time are in memory.
const PAGE = 100;

/**
 * The questions and answers that are kept for callbacks and for questions about their status. Their bytes are on the
 * ledger, too, so that the shorter of the two rules of age counts for both.
 */
export const transactionCopies = ({ db, clock }: { readonly db: Database; readonly clock: Clock }): Copies<number> => ({
  tables: ['dci_transactions'],
  async findSubject(identifier) {
    const names = namesIdentifier(identifier);
    const found: number[] = [];
    for (let after = 0; ; ) {
      const page = await db.read((reader) => readKept(reader, { after, limit: PAGE }));
      for (const { seq, question, reply } of page) {
        if (names(question.message) || names(reply?.message)) found.push(seq);
      }
      const last = page.at(-1);
      if (!last) return found;
      after = last.seq;
    }
  },
  findOlder: (_direction, before, limit) => db.read((reader) => findOlder(reader, before, limit)),
  erase: (tx, found) => eraseContent(tx, found, clock()),
});
