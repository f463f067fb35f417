/** One line of the result: what was measured, against what floor, and what product.md asks for ("Budgets"). */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  /** The unavoidable work alone, measured in the same run. */
  readonly floor?: number;
  /** How ours relates to the floor, so that a higher number is a better one unless `limit` says `at most`. */
  readonly ratio?: number;
  readonly budget: { readonly is: 'at least' | 'at most'; readonly value: number; readonly of: 'ours' | 'ratio' };
  readonly ok: boolean;
  /** What one must know to judge the numbers. */
  readonly about: { readonly [what: string]: unknown };
}

const round = (value: number): number => Number(value.toPrecision(4));

/** Judges a measurement by its budget. */
export const toRow = (row: Omit<Row, 'ok' | 'ratio'> & { readonly ratio?: number }): Row => {
  const { is, value, of } = row.budget;
  const measured = of === 'ours' ? row.ours : (row.ratio ?? Number.NaN);
  return {
    ...row,
    ours: round(row.ours),
    ...(row.floor === undefined ? {} : { floor: round(row.floor) }),
    ...(row.ratio === undefined ? {} : { ratio: round(row.ratio) }),
    ok: is === 'at least' ? measured >= value : measured <= value,
  };
};

/** The middle of several runs: one slow run of a busy machine should not decide. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
};

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};
