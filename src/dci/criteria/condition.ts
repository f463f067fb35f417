import { rejectItem } from '../fault.ts';

/**
 * A question as it stands on the wire, whichever of the forms of dci.md §5.2 it was written in: names as the peer
 * spells them, values as they came. `to-query.ts` turns it into the registry's question.
 */
export type Condition =
  | { readonly op: 'all' }
  | { readonly op: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly op: 'not'; readonly of: Condition }
  | { readonly op: 'identifier'; readonly type: string; readonly value: unknown }
  | { readonly op: 'compare'; readonly name: string; readonly is: Operator; readonly value: unknown };

export const operators = [
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'in',
  'nin',
  'contains',
  'startsWith',
  'endsWith',
  'exists',
] as const;
export type Operator = (typeof operators)[number];

/** Spellings that only one reader knows what to do with: they stand for more than one comparison. */
type Compound = 'between' | 'like' | 'regex';

// Without `$`, blanks and underscores, in lower case.
const spellings = new Map<string, Operator | Compound>([
  ...operators.map((name) => [name.toLowerCase(), name] as const),
  ['=', 'eq'],
  ['==', 'eq'],
  ['equals', 'eq'],
  ['neq', 'ne'],
  ['!=', 'ne'],
  ['<>', 'ne'],
  ['<', 'lt'],
  ['<=', 'le'],
  ['lte', 'le'],
  ['>', 'gt'],
  ['>=', 'ge'],
  ['gte', 'ge'],
  ['notin', 'nin'],
  ['between', 'between'],
  ['like', 'like'],
  ['ilike', 'like'],
  ['regex', 'regex'],
]);

/** The operator that a word means in any of its spellings: `$gte`, `>=` and `ge` are one. */
export const findOperator = (word: string): Operator | Compound | undefined =>
  spellings.get(word.replace(/^\$|[\s_]/g, '').toLowerCase());

export const all: Condition = { op: 'all' };
export const and = (of: readonly Condition[]): Condition => (of.length === 1 && of[0] ? of[0] : { op: 'and', of });
export const or = (of: readonly Condition[]): Condition => (of.length === 1 && of[0] ? of[0] : { op: 'or', of });
export const not = (of: Condition): Condition => ({ op: 'not', of });

/** What the wire means by nothing: an absent member, null or an empty string (C17). */
export const isBlank = (value: unknown): boolean => value === undefined || value === null || value === '';

/** The question is not built as its form demands. */
export const malformed = (message: string): Error => rejectItem('rjct.filter.invalid', message);

/** The question is well built but asks for what we do not serve. */
export const unserved = (message: string): Error => rejectItem('rjct.search_criteria.invalid', message);

const MAX_SHOWN = 80;

/** A name from the wire as it may be repeated in a message. */
export const shown = (name: string): string => (name.length > MAX_SHOWN ? `${name.slice(0, MAX_SHOWN)}…` : name);
