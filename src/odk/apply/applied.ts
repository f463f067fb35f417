import type { Outcome } from '../submissions.store.ts';
import type { Household } from './household.ts';
import type { Letter, Prepared } from './prepare.ts';

/** What became of one submission of a batch. */
export interface Applied {
  readonly prepared: Prepared;
  readonly outcome: Outcome;
  readonly letter: Letter | undefined;
  readonly subject: string | null;
  readonly household: Household | undefined;
}
