import type { Answerer } from './answerer.ts';
import type { DciDeps } from './deps.ts';
import type { OperationName } from './operations.ts';
import { answerSearch, emptySearchMessage } from './search.ts';

export type AnswererDeps = Pick<DciDeps, 'registry' | 'clock'>;

/** The operations that this server offers, and who answers them: a callback is no question and stands elsewhere. */
export const answerersOf = (deps: AnswererDeps): ReadonlyMap<OperationName, Answerer> => {
  const search: Answerer = { action: 'on-search', read: answerSearch(deps), nothing: emptySearchMessage };
  return new Map<OperationName, Answerer>([
    ['search', search],
    ['sync/search', search],
  ]);
};
