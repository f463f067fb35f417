import type { Outcome } from './submissions.store.ts';

export const countedOutcomes = [
  'unchanged',
  'created',
  'updated',
  'retired',
  'restored',
  'held',
  'parked',
  'echo',
] as const;
export type Counted = (typeof countedOutcomes)[number];

/** What a poll came to (odk.md §18.11): `read` is the sum of the rest. */
export type Counts = { readonly [outcome in Counted]: number } & { readonly read: number };

/** Counts the distinct submissions of one poll by what became of them. */
export interface Tally {
  note(instanceId: string, outcome: Outcome | 'echo'): void;
  size(): number;
  counts(): Counts;
}

export const createTally = (): Tally => {
  const known = new Map<string, Counted>();
  return {
    note(instanceId, outcome) {
      const before = known.get(instanceId);
      // A submission may be met twice in a poll. Having done something to it counts, and the first import most.
      if (before !== undefined && (outcome === 'unchanged' || (before === 'created' && outcome === 'updated'))) return;
      known.set(instanceId, outcome);
    },
    size: () => known.size,
    counts() {
      const counts = Object.fromEntries(countedOutcomes.map((outcome) => [outcome, 0])) as Record<Counted, number>;
      for (const outcome of known.values()) counts[outcome] += 1;
      return { read: known.size, ...counts };
    },
  };
};
