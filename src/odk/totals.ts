import type { Applied } from './apply/applied.ts';
import type { Totals } from './sources.store.ts';

/** Sums for metrics, kept with the source: whichever process polled, all of them tell the same. */
export const addTotals = (before: Totals, more: Totals): Totals => {
  const sums: Record<string, number> = { ...before };
  for (const [what, count] of Object.entries(more)) sums[what] = (sums[what] ?? 0) + count;
  return sums;
};

/** By outcome; parked ones by reason: `parked.bad-type`. */
export const countApplied = (applied: readonly Applied[]): Totals => {
  const counts: Record<string, number> = {};
  for (const { outcome, letter } of applied) {
    const what = letter ? `parked.${letter.reason}` : outcome;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
};
