import { toWholeSeconds } from '../../core/clock.ts';
import { overallStatus } from '../envelope.ts';
import type { Reply } from '../exchange.ts';
import type { Rejection } from '../fault.ts';

/** One answer of yes or no; a question that was refused says no and why. */
export interface Verdict {
  readonly reference: string;
  readonly isYes: boolean;
  readonly rejection?: Pick<Rejection, 'message'>;
}

/** Verdicts as items of the wire; `member` is what the answer is called there. Members in the order of their names. */
export const toItems = (verdicts: readonly Verdict[], member: string, now: number): readonly object[] =>
  verdicts.map(({ reference, isYes, rejection }) => ({
    [member]: isYes ? 'yes' : 'no',
    reference_id: reference,
    status: rejection ? 'rjct' : 'succ',
    ...(rejection ? { status_reason_message: rejection.message } : {}),
    timestamp: toWholeSeconds(now),
  }));

/** What the header says of the verdicts; nothing asked is nothing failed. */
export const headOf = (verdicts: readonly Verdict[]): Pick<Reply, 'status' | 'reason' | 'total' | 'completed'> => ({
  ...(verdicts.length === 0
    ? { status: 'succ' }
    : overallStatus(verdicts.map(({ rejection }) => (rejection ? 'rjct' : 'succ')))),
  total: verdicts.length,
  completed: verdicts.length,
});
