import type { Logger } from '../../core/log.ts';
import { createTypeSearch } from '../../registry/index.ts';
import type { Reader } from '../../storage/index.ts';
import { createMatcher, type Matcher } from './matcher.ts';
import { lastRevision, readSince } from './subscriptions.store.ts';

/** All subscriptions that can tell something, in memory, indexed. */
export interface Book {
  readonly matcher: Matcher;
  readonly size: () => number;
  /** Reads what has changed since it was last read. */
  refresh(reader: Reader): Promise<void>;
}

export const createBook = ({ log }: { readonly log: Logger }): Book => {
  const matcher = createMatcher({ typesFor: createTypeSearch(), log });
  const codes = new Set<string>();
  let known = 0;
  return {
    matcher,
    size: () => codes.size,
    async refresh(reader) {
      const revision = await lastRevision(reader);
      if (revision === known) return;
      for (const subscription of await readSince(reader, known)) {
        if (subscription.status === 'ended') {
          matcher.drop(subscription.code);
          codes.delete(subscription.code);
        } else {
          matcher.put(subscription);
          codes.add(subscription.code);
        }
      }
      known = revision;
    },
  };
};
