import { isObject } from '../../core/json.ts';
import { readComparison } from './comparison.ts';
import { and, type Condition, findOperator, malformed, not, or, shown, unserved } from './condition.ts';

type Members = Readonly<Record<string, unknown>>;

const lists = new Map<string, (of: readonly Condition[]) => Condition>([
  ['and', and],
  ['or', or],
  ['nor', (of) => not(or(of))],
  ['not', (of) => not(and(of))],
]);

/** `$and`, `$or`, `$nor`, `$not`; without `$` only where the value is a list, for an attribute may be called `not`. */
const readList = (key: string, value: unknown): Condition | undefined => {
  const join = lists.get(key.replace(/^\$/, '').toLowerCase());
  if (!join) return undefined;
  if (!Array.isArray(value)) {
    if (!key.startsWith('$')) return undefined;
    if (key.toLowerCase() === '$not' && isObject(value)) return not(readExpression(value));
    throw malformed(`${key}: takes a list of conditions`);
  }
  if (value.length === 0) throw malformed(`${key}: the list of conditions is empty`);
  return join(value.map(readExpression));
};

const isOperators = (value: Members): boolean => {
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key.startsWith('$') || findOperator(key) !== undefined);
};

const readOperator = (name: string, key: string, value: unknown): Condition | undefined => {
  const word = key.replace(/^\$/, '').toLowerCase();
  // Text is always compared without regard to case, which is all that options could ask for.
  if (word === 'options') return undefined;
  if (word === 'not') return not(readAttribute(name, value));
  return readComparison(name, key, value);
};

/** A range or an exact term as one peer writes them: `{type: "range", gte, lte}`, `{type: "exact", term}`. */
const readTyped = (name: string, value: Members): Condition | undefined => {
  const { type, term, ...bounds } = value;
  if (type === 'exact' && term !== undefined) return readComparison(name, 'eq', term);
  if (type !== 'range') return undefined;
  if (!isOperators(bounds)) throw malformed(`${shown(name)}: a range takes gt, gte, lt or lte`);
  return and(Object.entries(bounds).map(([key, bound]) => readComparison(name, key, bound)));
};

const isIdentifier = (value: Members): boolean => 'identifier_value' in value || 'identifier_type' in value;

/** What is said of one attribute: a bare value, operators, or the members of an object one level further down. */
const readAttribute = (name: string, value: unknown): Condition => {
  if (Array.isArray(value)) return readComparison(name, 'in', value);
  if (!isObject(value)) return readComparison(name, 'eq', value);
  const typed = readTyped(name, value);
  if (typed) return typed;
  if (isOperators(value)) {
    const parts = Object.entries(value).flatMap(([key, operand]) => readOperator(name, key, operand) ?? []);
    if (parts.length === 0) throw malformed(`${shown(name)}: an operator is missing`);
    return and(parts);
  }
  if (isIdentifier(value)) return readComparison(name, 'eq', value);
  const members = Object.entries(value);
  if (members.length === 0) throw malformed(`${shown(name)}: an operator is missing`);
  return and(members.map(([key, member]) => readAttribute(`${name}.${key}`, member)));
};

/** `{seq: [{attribute, operator, value}], or: [...]}`: all of the first and some of the second. */
const readSequence = (value: Members): Condition => {
  const read = (item: unknown): Condition => {
    if (!isObject(item)) throw malformed('query: every entry of seq and or must be an object');
    if ('seq' in item || 'or' in item) return readSequence(item);
    const name = item['attribute'] ?? item['attribute_name'];
    if (typeof name !== 'string' || name === '') throw malformed('query: an entry of seq names no attribute');
    return readComparison(name, String(item['operator'] ?? 'eq'), item['value'] ?? item['attribute_value']);
  };
  const parts: Condition[] = [];
  if (Array.isArray(value['seq']) && value['seq'].length > 0) parts.push(and(value['seq'].map(read)));
  if (Array.isArray(value['or']) && value['or'].length > 0) parts.push(or(value['or'].map(read)));
  if (parts.length === 0) throw malformed('query: seq and or are empty');
  return and(parts);
};

/** A map of conditions in the manner of document databases (dci.md §5.2c); its members are joined by "and". */
export const readExpression = (value: unknown): Condition => {
  if (!isObject(value)) throw malformed('query: a condition must be an object');
  if (Array.isArray(value['seq'])) return readSequence(value);
  const parts = Object.entries(value).map(([key, member]) => {
    const list = readList(key, member);
    if (list) return list;
    if (key.startsWith('$')) throw unserved(`the operator ${shown(key)} is not served here`);
    return readAttribute(key, member);
  });
  if (parts.length === 0) throw malformed('query: the condition is empty');
  return and(parts);
};
