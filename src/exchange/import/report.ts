import type { Outcome } from './outcome.ts';

/** What `import --json` prints. `lines` are those that hold something; `created + updated + unchanged + failed`. */
export interface ImportReport {
  readonly lines: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly failed: number;
  /** The first of them; `failed` counts all. */
  readonly errors: readonly { readonly line: number; readonly reason: string }[];
  readonly dryRun: boolean;
}

// Enough to see what is wrong with a file; a million of them would fill the memory that the import saves.
export const MAX_ERRORS = 1000;

export interface Tally {
  /** Counts an outcome; a line that waits is counted when it has another. */
  add(outcome: Outcome): void;
  report(): ImportReport;
}

export const createTally = (dryRun: boolean): Tally => {
  const counts = { created: 0, updated: 0, unchanged: 0, failed: 0 };
  const errors: { line: number; reason: string }[] = [];
  return {
    add(outcome) {
      if (outcome.is === 'waits') return;
      counts[outcome.is] += 1;
      if (outcome.is === 'failed' && errors.length < MAX_ERRORS) {
        errors.push({ line: outcome.line, reason: outcome.reason });
      }
    },
    report: () => ({
      lines: counts.created + counts.updated + counts.unchanged + counts.failed,
      ...counts,
      errors: [...errors].sort((a, b) => a.line - b.line),
      dryRun,
    }),
  };
};
