import { isObject } from '../../core/json.ts';
import type { RemoteExpression } from './expressions/engine.ts';
import { compileExpression, ExpressionFault, type Language } from './expressions/expression.ts';
import { type Field, type Form, isBranch } from './form.ts';
import type { MappedExpression } from './model.ts';

/** A fault of a mapping file; `path` is the place in the file. `missing` names a source path that the form lacks. */
export interface MappingFault {
  readonly path: string;
  readonly message: string;
  readonly missing?: string;
}

/** The rows a leaf sees: the repeats down to it, and the fields there when the form is at hand. */
export interface Here {
  readonly chain: readonly (readonly string[])[];
  readonly row: Field | undefined;
  readonly parent: Field | undefined;
}

/** The state of reading one mapping file: where faults, expressions and used fields gather. */
export interface Reading {
  readonly form: Form | undefined;
  readonly language: Language;
  readonly vocabularies: ReadonlySet<string>;
  readonly faults: MappingFault[];
  readonly remote: RemoteExpression[];
  /** Expressions of jq that only the engine can say of whether they compile. */
  readonly jq: { readonly source: string; readonly path: string }[];
  readonly used: Map<string, string>;
  /** Choice leaves that read one field, for the check of codes against the form's choices. */
  readonly choices: {
    readonly path: string;
    readonly field: Field;
    readonly vocabulary: string;
    readonly multiple: boolean;
    readonly policy: unknown;
  }[]; // prettier-ignore
}

export const fault = (reading: Reading, path: string, message: string, missing?: string): void => {
  reading.faults.push({ path, message, ...(missing === undefined ? {} : { missing }) });
};

/** A map without members that are not named; anything else is a fault and gives `undefined`. */
export const readMap = (
  reading: Reading,
  value: unknown,
  path: string,
  known: readonly string[] | 'any',
): Record<string, unknown> | undefined => {
  if (!isObject(value)) {
    fault(reading, path, 'must be a map');
    return undefined;
  }
  if (known !== 'any') {
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) fault(reading, `${path}.${key}`, `is not known here; known are: ${known.join(', ')}`);
    }
  }
  return value;
};

export const readWord = (reading: Reading, value: unknown, path: string): string | undefined => {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= 200) return value;
  fault(reading, path, 'must be a word');
  return undefined;
};

export const readOneOf = <T extends string>(
  reading: Reading,
  value: unknown,
  path: string,
  allowed: readonly T[],
  fallback: T,
): T => {
  if (value === undefined) return fallback;
  if (typeof value === 'string' && (allowed as readonly string[]).includes(value)) return value as T;
  fault(reading, path, `must be one of: ${allowed.join(', ')}`);
  return fallback;
};

const toMessage = (missing: string, reading: Reading, here: Here): string => {
  const inside = [...(reading.form?.byPath.values() ?? [])].find(
    (field) => field.repeat !== '' && (field.path.endsWith(`.${missing}`) || field.path === missing),
  );
  if (here.chain.length === 0 && inside) {
    return `unknown path "${missing}": that field lies inside the repeat ${inside.repeat}, use it below its \`each\` or as ${inside.path}`;
  }
  return `unknown path "${missing}": the form has no such field here`;
};

/** Compiles an expression and checks the paths in it; what is wrong is recorded. */
export const readExpression = (
  reading: Reading,
  value: unknown,
  path: string,
  here: Here,
): MappedExpression | undefined => {
  if (typeof value !== 'string') {
    fault(reading, path, 'must be an expression, written as text');
    return undefined;
  }
  try {
    const expression = compileExpression(value, reading.language);
    const fieldType = checkPaths(reading, expression, path, here);
    if (expression.direct) return { ...expression, remote: undefined, fieldType };
    if (reading.language === 'jq') reading.jq.push({ source: value, path });
    const same = reading.remote.findIndex(
      (one) => one.source === value && JSON.stringify(one.chain) === JSON.stringify(here.chain),
    );
    if (same < 0) reading.remote.push({ source: value, language: reading.language, chain: here.chain });
    return { ...expression, remote: same < 0 ? reading.remote.length - 1 : same, fieldType };
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error;
    fault(reading, path, `${JSON.stringify(value)} ${error.message}`);
    return undefined;
  }
};

const checkPaths = (
  reading: Reading,
  expression: Omit<MappedExpression, 'remote' | 'fieldType'>,
  path: string,
  here: Here,
): string | undefined => {
  const { form } = reading;
  if (!form || !here.row) return undefined;
  const { fields, unknown, target } = expression.references({ row: here.row, parent: here.parent, root: form.root });
  for (const field of fields) reading.used.set(field.path, field.type);
  for (const { path: missing } of unknown) fault(reading, path, toMessage(missing, reading, here), missing);
  return target?.type;
};

/** Steps into a repeat: `each` must be the path of one, seen from where we stand. */
export const readEach = (reading: Reading, value: unknown, path: string, here: Here): Here | undefined => {
  const steps = typeof value === 'string' ? value.replace(/^\./, '').split('.') : [];
  if (steps.length === 0 || !steps.every((step) => /^[A-Za-z_]\w*$/.test(step))) {
    fault(reading, path, 'must be the path of a repeat');
    return undefined;
  }
  const inside = { chain: [...here.chain, steps], row: undefined, parent: here.row };
  if (!here.row) return inside;
  let at: Field | undefined = here.row;
  for (const [index, step] of steps.entries()) {
    at = at?.children.get(step);
    // A repeat on the way would have rows of its own, and one `each` walks one repeat.
    if (!at || !isBranch(at) || (at.type === 'repeat') !== (index === steps.length - 1)) {
      const missing = here.row.path === '' ? steps.join('.') : `${here.row.path}.${steps.join('.')}`;
      if (at) fault(reading, path, `"${steps.join('.')}" is no repeat`);
      else fault(reading, path, `unknown path "${missing}": the form has no such repeat`, missing);
      return undefined;
    }
  }
  reading.used.set((at as Field).path, 'repeat');
  return { ...inside, row: at };
};
