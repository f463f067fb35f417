import { absurd } from '../../core/fault.ts';
import { compareCodePoints, fold } from '../../core/text.ts';
import type { Catalogue } from '../attributes.ts';
import { SYSTEM_ID, toIdentifierType } from '../identifier-types.ts';
import { isLiveIdentifier } from '../liveness.ts';
import type { Kind, Registrant } from '../model.ts';
import type { Kinship } from '../ports.ts';
import { type Key, toKey, valuesOf } from '../values.ts';
import type { Comparison, ComparisonOperator, Query, Scalar, Sort } from './ast.ts';
import { findAttribute } from './check.ts';

/** What a question is answered with in memory. */
export interface EvaluateContext {
  readonly catalogue: Catalogue;
  /** `YYYY-MM-DD`, in UTC. */
  readonly today: string;
  readonly typesFor: (name: string) => readonly string[];
  /** The kinships of a registrant by id, as deep as the question asks: `memberDepth`. */
  readonly kinships: (id: string) => readonly Kinship[];
}

/** The order of two values of one attribute: numbers by size, text by code point. */
export const compareKeys = (a: Key, b: Key): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : compareCodePoints(String(a), String(b));

const holds = (is: ComparisonOperator, value: Key, keys: readonly Key[]): boolean => {
  const [key] = keys;
  if (key === undefined) return false;
  switch (is) {
    case 'eq':
    case 'ne':
      return value === key;
    case 'lt':
      return compareKeys(value, key) < 0;
    case 'le':
      return compareKeys(value, key) <= 0;
    case 'gt':
      return compareKeys(value, key) > 0;
    case 'ge':
      return compareKeys(value, key) >= 0;
    case 'in':
    case 'nin':
      return keys.includes(value);
    case 'contains':
      return String(value).includes(String(key));
    case 'startsWith':
      return String(value).startsWith(String(key));
    case 'endsWith':
      return String(value).endsWith(String(key));
    default:
      return absurd(is);
  }
};

/** How many kinships away a question looks: 0 when it asks of the registrant alone. */
export const memberDepth = (query: Query): number => {
  switch (query.op) {
    case 'and':
    case 'or':
      return query.of.reduce((depth, part) => Math.max(depth, memberDepth(part)), 0);
    case 'not':
      return memberDepth(query.of);
    case 'member':
      return 1 + memberDepth(query.of);
    default:
      return 0;
  }
};

/** Answers a checked question (check.ts) for one registrant, exactly as the database would. */
export const evaluateQuery = (query: Query, registrant: Registrant, context: EvaluateContext): boolean => {
  const comparison = (node: Comparison, kind: Kind): boolean => {
    const attribute = findAttribute(context.catalogue, kind, node.attribute);
    const scalars = (Array.isArray(node.value) ? node.value : [node.value]) as readonly Scalar[];
    const keys = scalars.map(toKey).filter((key) => key !== undefined);
    const some = valuesOf(attribute, registrant, context.today).some((value) => holds(node.is, value, keys));
    return some !== (node.is === 'ne' || node.is === 'nin');
  };

  const identifier = (type: string | undefined, value: string): boolean => {
    const types = type === undefined ? undefined : context.typesFor(type);
    if (types === undefined || types.includes(SYSTEM_ID)) {
      if (registrant.id === value.toLowerCase()) return true;
      if (types !== undefined) return false;
    }
    return registrant.identifiers.some(
      (held) =>
        held.value === value &&
        (types === undefined || types.includes(toIdentifierType(held.type))) &&
        isLiveIdentifier(held, context.today),
    );
  };

  switch (query.op) {
    case 'all':
      return true;
    case 'none':
      return false;
    case 'and':
      return query.of.every((part) => evaluateQuery(part, registrant, context));
    case 'or':
      return query.of.some((part) => evaluateQuery(part, registrant, context));
    case 'not':
      return !evaluateQuery(query.of, registrant, context);
    case 'compare':
      return comparison(query, registrant.kind);
    case 'exists':
      return (
        valuesOf(findAttribute(context.catalogue, registrant.kind, query.attribute), registrant, context.today).length >
        0
      );
    case 'identifier':
      return identifier(query.type, query.value);
    case 'member': {
      const role = query.role === undefined ? undefined : fold(query.role);
      return context
        .kinships(registrant.id)
        .some(
          ({ membership, other }) =>
            membership.live &&
            (role === undefined || membership.roles.some((held) => fold(held) === role)) &&
            evaluateQuery(query.of, other, context),
        );
    }
    default:
      return absurd(query);
  }
};

/** Orders registrants as the database orders the answer to a search (compile.ts, `compileSort`). */
export const sortRegistrants = (
  registrants: readonly Registrant[],
  sort: readonly Sort[],
  kind: Kind,
  context: Pick<EvaluateContext, 'catalogue' | 'today'>,
): readonly Registrant[] => {
  const keyed = registrants.map((registrant) => ({
    registrant,
    keys: sort.map(({ attribute, order }) => {
      const values = valuesOf(findAttribute(context.catalogue, kind, attribute), registrant, context.today);
      return [...values].sort(compareKeys).at(order === 'asc' ? 0 : -1);
    }),
  }));
  const compare = (a: Key | undefined, b: Key | undefined): number => {
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
    return compareKeys(a, b);
  };
  keyed.sort((a, b) => {
    for (const [i, { order }] of sort.entries()) {
      const result = compare(a.keys[i], b.keys[i]);
      if (result !== 0) return order === 'asc' ? result : -result;
    }
    return (a.registrant.seq ?? 0) - (b.registrant.seq ?? 0);
  });
  return keyed.map(({ registrant }) => registrant);
};
