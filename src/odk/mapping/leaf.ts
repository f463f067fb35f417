import { isObject } from '../../core/json.ts';
import type { Leaf, MappedExpression, UnknownPolicy } from './model.ts';
import { fault, type Here, type Reading, readExpression, readMap } from './reading.ts';
import { fits, type Target } from './targets.ts';

const policies = ['fail', 'drop', 'raw'] as const;

const readPolicy = (reading: Reading, value: unknown, path: string): UnknownPolicy => {
  if (value === undefined) return 'fail';
  const word = policies.find((policy) => policy === value);
  if (word) return word;
  if (isObject(value) && Object.keys(value).length === 1 && 'default' in value) return { default: value['default'] };
  fault(reading, path, 'must be fail, drop, raw, or { default: … }');
  return 'fail';
};

const checkType = (
  reading: Reading,
  expression: MappedExpression | undefined,
  target: Target,
  path: string,
  isIdentifier: boolean,
): void => {
  const type = expression?.fieldType;
  if (!type || !expression) return;
  if (isIdentifier && (type === 'int' || type === 'decimal')) {
    fault(
      reading,
      path,
      `type mismatch: ${expression.source} is of type ${type}, which loses digits; identifiers must be text in the form`,
    ); // prettier-ignore
  } else if (!fits(type, target)) {
    fault(reading, path, `type mismatch: ${expression.source} is of type ${type}, and a ${target.type} belongs here`);
  }
};

const readChoice = (
  reading: Reading,
  map: Record<string, unknown>,
  kind: 'choice' | 'choices',
  path: string,
  here: Here,
): Leaf | undefined => {
  readMap(reading, map, path, [kind, 'vocabulary', 'unknown']);
  const expression = readExpression(reading, map[kind], `${path}.${kind}`, here);
  const vocabulary = map['vocabulary'];
  const policy = readPolicy(reading, map['unknown'], `${path}.unknown`);
  if (typeof vocabulary !== 'string' || !reading.vocabularies.has(vocabulary)) {
    fault(reading, `${path}.vocabulary`, `unknown vocabulary ${JSON.stringify(vocabulary)}`);
    return undefined;
  }
  if (!expression) return undefined;
  checkType(
    reading,
    expression.fieldType === 'int' ? undefined : expression,
    { type: 'text' },
    `${path}.${kind}`,
    false,
  );
  if (reading.form && here.row) {
    const { form } = reading;
    const { target } = expression.references({ row: here.row, parent: here.parent, root: form.root });
    if (target) reading.choices.push({ path, field: target, vocabulary, multiple: kind === 'choices', policy });
  }
  return { kind, expression, vocabulary, unknown: policy };
};

/**
 * Reads one leaf: `EXPR`, `{ const }`, `{ choice }`, `{ choices }` or `{ attachment }` (odk.md §18.2). What is wrong is
 * recorded, and gives `undefined`.
 */
export const readLeaf = (
  reading: Reading,
  value: unknown,
  target: Target | 'file',
  path: string,
  here: Here,
  options: { readonly isIdentifier?: boolean } = {},
): Leaf | undefined => {
  if (typeof value === 'string') {
    if (target === 'file') {
      fault(reading, path, 'a file belongs here: { attachment: EXPR }');
      return undefined;
    }
    // A word out of a closed list: nobody means a field by `system: phone`.
    if (target.words?.includes(value)) return { kind: 'const', value };
    const expression = readExpression(reading, value, path, here);
    if (!expression) return undefined;
    checkType(reading, expression, target, path, options.isIdentifier ?? false);
    return { kind: 'value', expression };
  }
  if (!isObject(value)) {
    fault(reading, path, 'must be an expression or one of { const }, { choice }, { choices }, { attachment }');
    return undefined;
  }
  if ('attachment' in value) {
    readMap(reading, value, path, ['attachment']);
    const expression = readExpression(reading, value['attachment'], `${path}.attachment`, here);
    if (target !== 'file') fault(reading, path, 'a file cannot stand here');
    if (expression?.fieldType && expression.fieldType !== 'binary') {
      fault(
        reading,
        path,
        `type mismatch: ${expression.source} is of type ${expression.fieldType}, which holds no file`,
      );
    }
    return expression && { kind: 'attachment', expression };
  }
  if (target === 'file') {
    fault(reading, path, 'a file belongs here: { attachment: EXPR }');
    return undefined;
  }
  if ('const' in value) {
    readMap(reading, value, path, ['const']);
    return { kind: 'const', value: value['const'] };
  }
  if ('choice' in value) return readChoice(reading, value, 'choice', path, here);
  if ('choices' in value) {
    if (!target.list && target.type !== 'any')
      fault(reading, path, 'several choices cannot stand here: use { choice }');
    return readChoice(reading, value, 'choices', path, here);
  }
  fault(reading, path, 'is no leaf: write an expression or one of { const }, { choice }, { choices }, { attachment }');
  return undefined;
};
