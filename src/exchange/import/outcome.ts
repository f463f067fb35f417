import type { Problem } from '../../registry/resource/index.ts';

/** What became of one line. `waits`: it names members that are not there yet; they may follow further down. */
export type Outcome =
  | { readonly line: number; readonly is: 'created' | 'updated' | 'unchanged' }
  | { readonly line: number; readonly is: 'failed'; readonly reason: string }
  | { readonly line: number; readonly is: 'waits'; readonly reason: string };

/** One line of text for all that is wrong with a record. */
export const toReason = (problems: readonly Problem[]): string =>
  problems.map(({ path, message }) => (path === '' ? message : `${path} ${message}`)).join('; ');

export const failed = (line: number, reason: string): Outcome => ({ line, is: 'failed', reason });
