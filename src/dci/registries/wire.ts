import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';

/** A record being read or built. */
export type Members = Record<string, Json>;

const isBlank = (value: unknown): boolean => value === undefined || value === null || value === '';

/** Without what says nothing: null and empty text, at every level (C17); lists keep their order. */
export const withoutBlanks = (value: Json): Json => {
  if (Array.isArray(value)) return value.filter((item) => !isBlank(item)).map(withoutBlanks);
  if (!isObject(value)) return value;
  const out: Members = {};
  for (const [key, member] of Object.entries(value as JsonObject)) {
    if (!isBlank(member) && key !== '__proto__') out[key] = withoutBlanks(member);
  }
  return out;
};

/** One or many (C23): peers send a single object where the standard has a list. */
export const toList = (value: Json | undefined): readonly Json[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value as Json];

export const asObject = (value: Json | undefined): JsonObject | undefined =>
  isObject(value) ? (value as JsonObject) : undefined;

/** Gives members their present names; one that is there under its present name already wins. */
export const renamed = (record: JsonObject, names: { readonly [old: string]: string }): JsonObject => {
  const out: Members = {};
  let changed = false;
  for (const [key, value] of Object.entries(record)) {
    const name = Object.hasOwn(names, key) ? (names[key] as string) : key;
    if (name !== key) changed = true;
    if (name === key || !(name in record)) out[name] = value;
  }
  return changed ? out : record;
};

export const without = (record: JsonObject, names: readonly string[]): Members => {
  const out: Members = { ...record };
  for (const name of names) delete out[name];
  return out;
};

export const isEmpty = (record: object): boolean => Object.keys(record).length === 0;

export const same = (a: unknown, b: unknown): boolean => a === b || isDeepStrictEqual(a, b);

// Labels of classes: ours are put on when a record is sent.
const labels = ['@type', '@id', '@context'];

/** Without the labels of linked data, which name the class of what is plain from its place. */
export const unlabelled = (record: JsonObject): JsonObject =>
  labels.some((label) => label in record) ? without(record, labels) : record;
