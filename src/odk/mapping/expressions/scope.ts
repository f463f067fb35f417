import { isObject } from '../../../core/json.ts';

/** What an expression sees: a row, the row around it, the whole submission, and its number among its siblings. */
export interface Scope {
  readonly row: unknown;
  readonly parent: Scope | undefined;
  readonly submission: unknown;
  readonly index: number;
  /** Where the row stands in the submission, with row numbers: `members.member[1]`; empty for the whole. */
  readonly path: string;
}

export const submissionScope = (submission: unknown): Scope => ({
  row: submission,
  parent: undefined,
  submission,
  index: 0,
  path: '',
});

export const joinPath = (above: string, below: string): string =>
  above === '' ? below : below === '' ? above : `${above}.${below}`;

/** The rows of a repeat below a row, in order. A repeat without instances leaves no key at all (odk.md §5). */
export const rowsOf = (scope: Scope, each: readonly string[]): readonly Scope[] => {
  let at: unknown = scope.row;
  for (const step of each) at = isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined;
  if (!Array.isArray(at)) return [];
  const path = joinPath(scope.path, each.join('.'));
  return at.map((row: unknown, index) => ({
    row,
    parent: scope,
    submission: scope.submission,
    index,
    path: `${path}[${index}]`,
  }));
};

/** The scopes at the end of a chain of repeats: none is the submission itself. */
export const scopesAt = (top: Scope, chain: readonly (readonly string[])[]): readonly Scope[] =>
  chain.reduce<readonly Scope[]>((scopes, each) => scopes.flatMap((scope) => rowsOf(scope, each)), [top]);
