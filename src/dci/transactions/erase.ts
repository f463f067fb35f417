import type { Clock } from '../../core/clock.ts';
import { findInPages } from '../../core/pages.ts';
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
    return await findInPages(
      0,
      (after) => db.read((reader) => readKept(reader, { after, limit: PAGE })),
      ({ seq }) => seq,
      ({ question, reply }) => names(question.message) || names(reply?.message),
    );
  },
  findOlder: (_direction, before, limit) => db.read((reader) => findOlder(reader, before, limit)),
  erase: (tx, found) => eraseContent(tx, found, clock()),
});
