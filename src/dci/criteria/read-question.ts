import { isObject } from '../../core/json.ts';
import { type Condition, malformed, unserved } from './condition.ts';
import { readExpression } from './expression.ts';
import { readGraphql } from './graphql.ts';
import { readIdtypeValue } from './idtype-value.ts';
import { readNamed } from './named.ts';
import { readPredicate } from './predicate.ts';

/** A question in the words of the wire, and the record type that it names itself, if it does. */
export interface WireQuestion {
  readonly condition: Condition;
  readonly collection?: string;
}

type Members = Readonly<Record<string, unknown>>;

const isNamed = (value: Members): boolean =>
  typeof value['query_name'] === 'string' || (typeof value['name'] === 'string' && isObject(value['params']));

const isGraphqlType = (type: unknown): boolean => typeof type === 'string' && /graphql$/i.test(type);

/** ExpTemplate (dci.md §5.2c): `value.expression.query`, with either level left out, or another form in its place. */
const readTemplate = (query: Members): WireQuestion => {
  const value = 'value' in query ? query['value'] : query;
  if (typeof value === 'string') return fromGraphql(value);
  if (Array.isArray(value)) return { condition: readPredicate(value) };
  if (!isObject(value)) throw malformed('query.value: must be an object');
  const expression = value['expression'] ?? value;
  if (typeof expression === 'string') {
    if (isGraphqlType(query['type']) || /query|\{/.test(expression)) return fromGraphql(expression);
    throw unserved('query: expressions in text form are not served');
  }
  if (Array.isArray(expression)) return { condition: readPredicate(expression) };
  if (!isObject(expression)) throw malformed('query.value.expression: must be an object');
  if (isNamed(expression)) return { condition: readNamed(expression) };
  const inner = expression['query'];
  const collection = typeof expression['collection'] === 'string' ? { collection: expression['collection'] } : {};
  if (Array.isArray(inner)) return { condition: readPredicate(inner), ...collection };
  if (isObject(inner)) return { condition: readExpression(inner), ...collection };
  // The conditions stand beside what describes them: `collection`, and `type` when no level lies between.
  const { collection: _, ...map } = expression;
  if (expression === query) delete map['type'];
  return { condition: readExpression(map), ...collection };
};

const fromGraphql = (text: string): WireQuestion => {
  const { condition, root } = readGraphql(text);
  return { condition, collection: root };
};

const isIdtypeValue = (query: Members): boolean =>
  typeof query['type'] === 'string' && 'value' in query && typeof query['value'] !== 'object';

const isWrappedIdtypeValue = (query: Members): boolean =>
  isObject(query['value']) &&
  ['id_type', 'id_value', 'identifier_value'].some((name) => name in (query['value'] as object));

const readText = (text: string): WireQuestion => {
  if (/^\s*(query\b|mutation\b|\{)/.test(text)) return fromGraphql(text);
  throw unserved('query: questions in text form are served as GraphQL only');
};

/**
 * Reads `query` by its declared type, and by its shape where the two disagree: peers label predicates as expressions,
 * wrap one form in another and put GraphQL where an object belongs (dci.md §5.2).
 */
export const readQuestion = (queryType: string | undefined, query: unknown): WireQuestion => {
  if (typeof query === 'string') return readText(query);
  if (Array.isArray(query)) return { condition: readPredicate(query) };
  if (!isObject(query)) throw malformed('query: must be an object or a list');
  if (queryType === 'namedQuery' || isNamed(query)) return { condition: readNamed(query) };
  if (Array.isArray(query['value'])) return { condition: readPredicate(query['value']) };
  if (isWrappedIdtypeValue(query)) return { condition: readIdtypeValue(query) };
  if (isIdtypeValue(query) && !isGraphqlType(query['type'])) return { condition: readIdtypeValue(query) };
  if (queryType === 'idtype-value' && !isObject(query['value'])) return { condition: readIdtypeValue(query) };
  if ('expression1' in query || 'attribute_name' in query) return { condition: readPredicate([query]) };
  return readTemplate(query);
};
