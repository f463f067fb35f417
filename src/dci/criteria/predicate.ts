import { isObject } from '../../core/json.ts';
import { readComparison } from './comparison.ts';
import { and, type Condition, isBlank, malformed, not, or } from './condition.ts';

const readExpression = (expression: unknown, path: string): Condition => {
  if (!isObject(expression)) throw malformed(`${path}: must be an object`);
  const {
    attribute_name: name,
    operator,
    attribute_value: value,
  } = expression as {
    attribute_name?: unknown;
    operator?: unknown;
    attribute_value?: unknown;
  };
  if (typeof name !== 'string' || name === '') throw malformed(`${path}.attribute_name: must name an attribute`);
  if (typeof operator !== 'string' || operator === '') throw malformed(`${path}.operator: must name an operator`);
  return readComparison(name, operator, value);
};

/** expression1, expression2, … in the order of their numbers; empty ones are absent. */
const readExpressions = (item: Readonly<Record<string, unknown>>, path: string): readonly Condition[] =>
  Object.keys(item)
    .flatMap((key) => {
      const number = /^expression([1-9]\d{0,2})$/.exec(key)?.[1];
      return number && !isBlank(item[key]) ? [{ key, number: Number(number) }] : [];
    })
    .sort((a, b) => a.number - b.number)
    .map(({ key }) => readExpression(item[key], `${path}.${key}`));

const readItem = (item: unknown, path: string): Condition => {
  if (!isObject(item)) throw malformed(`${path}: must be an object`);
  // A bare comparison where an item should be.
  if ('attribute_name' in item && !('expression1' in item)) return readExpression(item, path);
  if (isBlank(item['expression1'])) throw malformed(`${path}.expression1: is missing`);
  const expressions = readExpressions(item, path);
  const [first] = expressions as [Condition];
  const condition = isBlank(item['condition']) ? '' : String(item['condition']).trim().toLowerCase();
  switch (condition) {
    case '':
      return first;
    case 'not':
      if (expressions.length > 1) throw malformed(`${path}.condition: not takes expression1 only`);
      return not(first);
    case 'and':
    case 'or':
      if (expressions.length < 2) throw malformed(`${path}.expression2: is missing`);
      return condition === 'and' ? and(expressions) : or(expressions);
    default:
      throw malformed(`${path}.condition: must be and, or or not`);
  }
};

const sequence = (item: unknown): number => {
  const number = isObject(item) ? Number(item['seq_num']) : 0;
  return Number.isFinite(number) ? number : 0;
};

/**
 * A list of items joined by "and" in the order of `seq_num` (missing: 0). The standard leaves the meaning open; this
 * is the one reading that is implemented in the field (dci.md §5.2b).
 */
export const readPredicate = (list: readonly unknown[]): Condition => {
  if (list.length === 0) throw malformed('query: the list of predicates is empty');
  const ordered = list
    .map((item, i) => ({ item, path: `query[${i}]`, seq: sequence(item) }))
    .sort((a, b) => a.seq - b.seq);
  return and(ordered.map(({ item, path }) => readItem(item, path)));
};
