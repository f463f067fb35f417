import type { TSchema } from '@sinclair/typebox';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { isStorableText } from '../../core/text.ts';

/** One thing wrong with a record; `path` is a JSON Pointer (RFC 6901) into it. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** Deeper documents are refused before anything walks them (product.md, "What bad input gets"). */
const MAX_DEPTH = 64;

// A record with thousands of faults is garbage: the first hundred tell as much as all.
const MAX_PROBLEMS = 100;

const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats.default(ajv, { mode: 'full', formats: ['date', 'date-time'] });
// Looked at in one pass: the pattern of ajv-formats for base64 takes a stack frame per group on long texts.
ajv.addFormat('base64', (text: string) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text));

const pointer = (path: string, key: string | number): string =>
  `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;

const explain = (error: ErrorObject): Problem => {
  const { instancePath, keyword, params } = error;
  if (keyword === 'required') return { path: pointer(instancePath, params['missingProperty']), message: 'is required' };
  if (keyword === 'enum') {
    return { path: instancePath, message: `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}` };
  }
  if (keyword === 'const') return { path: instancePath, message: `must be ${JSON.stringify(params['allowedValue'])}` };
  if (keyword === 'format') {
    const wanted: Record<string, string> = { date: 'a real date as YYYY-MM-DD', 'date-time': 'an RFC 3339 timestamp' };
    const format = params['format'] as string;
    return { path: instancePath, message: `must be ${wanted[format] ?? format}` };
  }
  return { path: instancePath, message: error.message ?? 'is not valid' };
};

// A union that fails says so itself; a property name that is too long is reported at its object.
const isEcho = (error: ErrorObject): boolean => error.keyword === 'anyOf' || error.keyword === 'propertyNames';

/** Compiles a schema to a function that finds everything wrong with a value at once; an empty list means none. */
export const compileCheck = (schema: TSchema): ((value: unknown) => readonly Problem[]) => {
  // At the first record and not at start: a server that reads none should not wait for it.
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= ajv.compile(schema);
    if (validate(value)) return [];
    const seen = new Set<string>();
    const problems: Problem[] = [];
    for (const error of validate.errors ?? []) {
      if (isEcho(error)) continue;
      const problem = explain(error);
      // The branches of a union complain of one value each: the first complaint is enough.
      if (seen.has(problem.path)) continue;
      seen.add(problem.path);
      problems.push(problem);
      if (problems.length === MAX_PROBLEMS) break;
    }
    return problems;
  };
};

/** The quick answer for the many records that are fine: the same walk as `findUnstorable`, without keeping a path. */
const isStorable = (part: unknown, depth: number): boolean => {
  if (typeof part === 'string') return isStorableText(part);
  if (typeof part === 'number') return Number.isFinite(part);
  if (typeof part !== 'object' || part === null) return true;
  if (depth === MAX_DEPTH) return false;
  if (Array.isArray(part)) {
    for (const item of part) if (!isStorable(item, depth + 1)) return false;
    return true;
  }
  for (const key in part) {
    if (key === '__proto__' || !isStorableText(key)) return false;
    if (!isStorable((part as Record<string, unknown>)[key], depth + 1)) return false;
  }
  return true;
};

/**
 * Finds text that no database of ours can carry (NUL, lone surrogates), keys that would reach a prototype, numbers
 * that JSON cannot write back, and nesting without end.
 */
export const findUnstorable = (value: unknown): readonly Problem[] => {
  if (isStorable(value, 0)) return [];
  const problems: Problem[] = [];
  const walk = (part: unknown, path: string, depth: number): void => {
    if (typeof part === 'string') {
      if (!isStorableText(part)) problems.push({ path, message: 'holds a NUL byte or a lone surrogate' });
    } else if (typeof part === 'number') {
      if (!Number.isFinite(part)) problems.push({ path, message: 'is too large a number' });
    } else if (typeof part === 'object' && part !== null) {
      if (depth === MAX_DEPTH) return void problems.push({ path, message: `is nested deeper than ${MAX_DEPTH}` });
      for (const [key, child] of Object.entries(part)) {
        if (key === '__proto__') problems.push({ path: pointer(path, key), message: 'is a reserved key' });
        else if (!isStorableText(key))
          problems.push({ path, message: 'has a key with a NUL byte or a lone surrogate' });
        else walk(child, pointer(path, key), depth + 1);
      }
    }
  };
  walk(value, '', 0);
  return problems.slice(0, MAX_PROBLEMS);
};
