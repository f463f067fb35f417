/**
 * One question, whatever language it was asked in: DCI criteria, REST filters, RPC domains, consent rules and
 * subscription filters are all translated to this once. `compile.ts` turns it into SQL, `evaluate.ts` answers it for
 * one registrant in memory; a property test keeps the two agreeing.
 *
 * Logic is two-valued. A comparison holds when *some* value of the attribute satisfies it; with no value it does not
 * hold. `ne` and `nin` are the negations of `eq` and `in`, so they hold where there is no value. `not` flips.
 * Text (types `text` and `code`) is compared folded (core/text.ts) and ordered by code point.
 */
export type Query =
  | { readonly op: 'all' }
  | { readonly op: 'none' }
  | { readonly op: 'and'; readonly of: readonly Query[] }
  | { readonly op: 'or'; readonly of: readonly Query[] }
  | { readonly op: 'not'; readonly of: Query }
  | Comparison
  | { readonly op: 'exists'; readonly attribute: string }
  /** A live identifier. Without `type`, of any type. `system_id` finds the registrant's own id. */
  | { readonly op: 'identifier'; readonly type?: string; readonly value: string }
  /** For groups: some live member satisfies `of` (and holds the role). For individuals: some group they belong to does. */
  | { readonly op: 'member'; readonly of: Query; readonly role?: string };

export const orderings = ['lt', 'le', 'gt', 'ge'] as const;
export const comparisons = ['eq', 'ne', ...orderings, 'in', 'nin', 'contains', 'startsWith', 'endsWith'] as const;
export type ComparisonOperator = (typeof comparisons)[number];

/** Values are already of the attribute's type: numbers for `integer`/`number`, booleans, else text. */
export type Scalar = string | number | boolean;

export interface Comparison {
  readonly op: 'compare';
  /** A name of the attribute catalogue. */
  readonly attribute: string;
  readonly is: ComparisonOperator;
  /** A list for `in` and `nin`, else a scalar. */
  readonly value: Scalar | readonly Scalar[];
}

export interface Sort {
  readonly attribute: string;
  readonly order: 'asc' | 'desc';
}

/** Deepest nesting a question may have; deeper ones are refused before anything walks them. */
export const MAX_QUERY_DEPTH = 64;
/** Most comparisons one question may hold. */
export const MAX_QUERY_NODES = 1000;
/** How far a question may look, from registrant to registrant: each step multiplies those who must be looked at. */
export const MAX_MEMBER_STEPS = 5;

export const all: Query = { op: 'all' };
export const none: Query = { op: 'none' };

/** Conjunction without needless nesting. */
export const and = (...of: readonly Query[]): Query => (of.length === 1 && of[0] ? of[0] : { op: 'and', of });
/** Disjunction without needless nesting. */
export const or = (...of: readonly Query[]): Query => (of.length === 1 && of[0] ? of[0] : { op: 'or', of });
export const not = (of: Query): Query => ({ op: 'not', of });
export const compare = (attribute: string, is: ComparisonOperator, value: Comparison['value']): Comparison => ({
  op: 'compare',
  attribute,
  is,
  value,
});
