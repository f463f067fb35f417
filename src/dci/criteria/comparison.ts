import {
  and,
  type Condition,
  findOperator,
  isBlank,
  malformed,
  not,
  type Operator,
  shown,
  unserved,
} from './condition.ts';
import { readRegex } from './regex.ts';

const compare = (name: string, is: Operator, value: unknown): Condition => ({ op: 'compare', name, is, value });

/** `%word%`, `word%`, `%word` as SQL's LIKE; without `%` the word may stand anywhere. */
const readLike = (name: string, value: unknown): Condition => {
  const text = String(value);
  const inner = text.replace(/^%|%$/g, '');
  if (inner.includes('%')) throw unserved(`${shown(name)}: % is served at the ends of a pattern only`);
  const open = text.startsWith('%');
  const close = text.endsWith('%');
  if (open === close) return compare(name, 'contains', inner);
  return compare(name, open ? 'endsWith' : 'startsWith', inner);
};

/** A list from a list, or from text with commas (C17: values arrive as strings). */
export const readList = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return value.split(',').map((part) => part.trim());
  return [value];
};

const readBetween = (name: string, value: unknown): Condition => {
  const [low, high, ...more] = readList(value);
  if (isBlank(low) || isBlank(high) || more.length > 0) throw malformed(`${shown(name)}: between takes two values`);
  return and([compare(name, 'ge', low), compare(name, 'le', high)]);
};

const readTruth = (name: string, value: unknown): boolean => {
  const word = String(value).toLowerCase();
  if (word === 'true' || word === '1') return true;
  if (word === 'false' || word === '0') return false;
  throw malformed(`${shown(name)}: exists takes true or false`);
};

/** One comparison in the words of the wire: name, operator in any spelling, value as it came. */
export const readComparison = (name: string, word: string, value: unknown): Condition => {
  const operator = findOperator(word);
  switch (operator) {
    case undefined:
      throw unserved(`${shown(name)}: the operator ${shown(word)} is not served`);
    case 'exists':
      return readTruth(name, value) ? compare(name, 'exists', true) : not(compare(name, 'exists', true));
    case 'between':
      return readBetween(name, value);
    case 'like':
      return readLike(name, value);
    case 'regex':
      return readRegex(name, value);
    case 'in':
    case 'nin':
      return compare(name, operator, readList(value));
    default:
      if (value === undefined) throw malformed(`${shown(name)}: a value is missing`);
      // Nothing can be compared with nothing: "is null" is the question whether there is a value.
      if (value === null && operator === 'eq') return not(compare(name, 'exists', true));
      if (value === null && operator === 'ne') return compare(name, 'exists', true);
      return compare(name, operator, value);
  }
};
