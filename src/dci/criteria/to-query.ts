import { isObject } from '../../core/json.ts';
import type { Attribute, Catalogue } from '../../registry/attributes.ts';
import { checkQuery, coerce, createTypeSearch, seededIdentifierTypes, toIdentifierType } from '../../registry/index.ts';
import type { Kind } from '../../registry/model.ts';
import {
  all,
  and,
  type ComparisonOperator,
  compare,
  not,
  or,
  type Query,
  type Scalar,
} from '../../registry/query/ast.ts';
import { type Condition, isBlank, malformed, type Operator, shown, unserved } from './condition.ts';
import { type NameContext, resolveName, type Step, type Target } from './names.ts';

export interface QueryContext {
  readonly catalogue: Catalogue;
  readonly kind: Kind;
  readonly aliases: { readonly [name: string]: string };
  /** What the wire calls a value that we store under another (`2` for a household): by attribute. */
  readonly decode?: (attribute: Attribute, value: unknown) => unknown;
}

const typesOf = createTypeSearch();
export const isIdentifierType = (word: string): boolean => {
  const types = typesOf(word);
  return types.length > 1 || seededIdentifierTypes.includes(toIdentifierType(word));
};

/** A live identifier; the registry knows what else a type is called. */
const identifier = (type: string | undefined, value: unknown): Query => {
  if (isBlank(value) || typeof value === 'object') throw malformed('an identifier takes text as its value');
  return { op: 'identifier', ...(type === undefined ? {} : { type }), value: String(value) };
};

const wrap = (query: Query, steps: readonly Step[]): Query =>
  steps.reduceRight<Query>(
    (of, step) => (step === 'head' ? { op: 'member', of, role: 'head' } : { op: 'member', of }),
    query,
  );

/** A value of an identifier comparison: text, or `{identifier_type, identifier_value}`. */
const identifierOf = (type: string | undefined, value: unknown): Query => {
  if (!isObject(value)) return identifier(type, value);
  const ownType = value['identifier_type'] ?? value['type'];
  return identifier(isBlank(ownType) ? type : String(ownType), value['identifier_value'] ?? value['value']);
};

const compareIdentifier = (name: string, type: string | undefined, is: Operator, value: unknown): Query => {
  const list = Array.isArray(value) ? value : [value];
  switch (is) {
    case 'eq':
      return identifierOf(type, value);
    case 'ne':
      return not(identifierOf(type, value));
    case 'in':
      return or(...list.map((one) => identifierOf(type, one)));
    case 'nin':
      return not(or(...list.map((one) => identifierOf(type, one))));
    default:
      throw unserved(`${shown(name)}: identifiers can be compared with eq, ne, in and nin`);
  }
};

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

/** A day compared with a time means the whole day: `eq` is within it, `le` includes its evening. */
const compareDay = (attribute: Attribute, is: ComparisonOperator, day: string): Query | undefined => {
  const start = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(start)) return undefined;
  const from = new Date(start).toISOString();
  const until = new Date(start + DAY_MS).toISOString();
  switch (is) {
    case 'eq':
      return and(compare(attribute.name, 'ge', from), compare(attribute.name, 'lt', until));
    case 'le':
      return compare(attribute.name, 'lt', until);
    case 'gt':
      return compare(attribute.name, 'ge', until);
    default:
      return undefined;
  }
};

const compareAttribute = (
  name: string,
  attribute: Attribute,
  is: Operator,
  value: unknown,
  context: QueryContext,
): Query => {
  if (is === 'exists') return { op: 'exists', attribute: attribute.name };
  const decode = (raw: unknown): Scalar => {
    if (isBlank(raw) || typeof raw === 'object')
      throw malformed(`${shown(name)}: must be compared with text, a number or true or false`);
    return coerce(attribute, context.decode ? context.decode(attribute, raw) : raw);
  };
  if (is === 'in' || is === 'nin') {
    const list = (value as readonly unknown[]).map(decode);
    if (list.length === 0) throw malformed(`${shown(name)}: ${is} takes a list of values`);
    return compare(attribute.name, is, list);
  }
  if (attribute.type === 'timestamp' && typeof value === 'string' && DAY.test(value)) {
    const whole = compareDay(attribute, is, value);
    if (whole) return whole;
  }
  // A piece of text need not be a value by itself: no code is called "fem".
  if (is === 'contains' || is === 'startsWith' || is === 'endsWith') {
    if (isBlank(value) || typeof value === 'object') throw malformed(`${shown(name)}: ${is} takes text`);
    return compare(attribute.name, is, String(value));
  }
  return compare(attribute.name, is, decode(value));
};

const resolve = (name: string, context: QueryContext): Target => {
  const names: NameContext = { ...context, isIdentifierType };
  const target = resolveName(name, names);
  if (!target) throw unserved(`${shown(name)}: no such attribute`);
  return target;
};

const fromComparison = (condition: Condition & { op: 'compare' }, context: QueryContext, idType?: string): Query => {
  const { name, is, value } = condition;
  const target = resolve(name, context);
  if (target.is === 'attribute')
    return wrap(compareAttribute(name, target.attribute, is, value, context), target.steps);
  if (target.part === 'type') throw malformed(`${shown(name)}: needs an identifier_value in the same condition`);
  const type = target.part === 'typed' ? target.type : idType;
  return wrap(compareIdentifier(name, type, is, value), target.steps);
};

/** `identifier_type eq UIN and identifier_value eq 1` is one question, about one identifier. */
const fromConjunction = (of: readonly Condition[], context: QueryContext): Query => {
  let type: string | undefined;
  let values = 0;
  const rest = of.filter((part) => {
    if (part.op !== 'compare') return true;
    const target = resolve(part.name, context);
    if (target.is !== 'identifier') return true;
    if (target.part === 'value') values += 1;
    if (target.part !== 'type' || part.is !== 'eq' || type !== undefined) return true;
    type = String(part.value);
    return false;
  });
  if (type !== undefined && values === 0) throw malformed('identifier_type needs an identifier_value beside it');
  return and(...rest.map((part) => convert(part, context, type)));
};

const convert = (condition: Condition, context: QueryContext, idType?: string): Query => {
  switch (condition.op) {
    case 'all':
      return all;
    case 'and':
      return fromConjunction(condition.of, context);
    case 'or':
      return or(...condition.of.map((part) => convert(part, context)));
    case 'not':
      return not(convert(condition.of, context));
    case 'identifier':
      return identifier(condition.type, condition.value);
    case 'compare':
      return fromComparison(condition, context, idType);
  }
};

/**
 * The registry's question for one of the wire. Throws what `toRejection` turns into the item's reason: unknown names
 * and operators, values of the wrong type, questions that are too deep or too large.
 */
export const toQuery = (condition: Condition, context: QueryContext): Query => {
  const query = convert(condition, context);
  if (query.op !== 'identifier') checkQuery(query, context.kind, context.catalogue);
  return query;
};
