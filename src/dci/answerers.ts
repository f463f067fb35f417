import type { Answerer } from './answerer.ts';
import { answerDisabilityDetails, answerDisabilitySupport, answerDisabled } from './convenience/disabled.ts';
import { answerEnrolled } from './convenience/enrolled.ts';
import { answerEnrollmentUpdates } from './convenience/enrollment-updates.ts';
import type { DciDeps } from './deps.ts';
import type { OperationName } from './operations.ts';
import { answerSearch, answerSearchNow, emptySearchMessage } from './search.ts';
import { subscriptionAnswerers } from './subscriptions/answerers.ts';
import { receiptAnswerers } from './transactions/receipt.ts';
import { statusAnswerer } from './transactions/status.ts';

export type AnswererDeps = Pick<DciDeps, 'config' | 'db' | 'registry' | 'clock' | 'takeRecords'>;

/** The operations that this server offers, and who answers them: a callback is no question and stands elsewhere. */
export const answerersOf = (deps: AnswererDeps): ReadonlyMap<OperationName, Answerer> => {
  const search: Answerer = { action: 'on-search', read: answerSearch(deps), nothing: emptySearchMessage };
  const searchNow: Answerer = { ...search, read: answerSearchNow(deps) };
  const status = statusAnswerer(deps);
  const receipts = receiptAnswerers(deps);
  const subscriptions = subscriptionAnswerers(deps);
  return new Map<OperationName, Answerer>([
    ['search', search],
    ['sync/search', searchNow],
    ['txn/status', status],
    ['sync/txn/status', status],
    ['receipt', receipts.later],
    ['sync/receipt', receipts.atOnce],
    ['subscribe', subscriptions.subscribe],
    ['unsubscribe', subscriptions.unsubscribe],
    ['sync/disabled', answerDisabled(deps)],
    ['sync/get-disability-details', answerDisabilityDetails(deps)],
    ['sync/get-disability-support', answerDisabilitySupport(deps)],
    ['sync/enrolled', answerEnrolled(deps)],
    ['sync/enrollment/updates', answerEnrollmentUpdates(deps)],
  ]);
};
