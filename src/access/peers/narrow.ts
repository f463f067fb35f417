import { domains, peerOperations } from './operations.ts';

const isScope = (word: string): boolean => {
  const [first = '', second] = word.split(':');
  const operation = second ?? first;
  return peerOperations.some((one) => one === operation) && (!second || domains.some((one) => one === first));
};

const meet = (a: string, b: string): string | undefined => {
  if (a === b) return a;
  // `social:registry.search` is part of `registry.search`.
  if (a.endsWith(`:${b}`)) return a;
  return b.endsWith(`:${a}`) ? b : undefined;
};

/**
 * What is left of a peer's scopes (none: all of them) in a token that was asked for, or made, for some only. Words
 * that are no scopes of ours count for nothing; an empty answer means that nothing is left.
 */
export const narrowScopes = (own: readonly string[], wanted: readonly string[]): readonly string[] => {
  const known = wanted.filter(isScope);
  if (own.length === 0) return [...new Set(known)];
  return [...new Set(known.flatMap((one) => own.flatMap((mine) => meet(one, mine) ?? [])))];
};
