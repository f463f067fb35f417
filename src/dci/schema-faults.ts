import type { ErrorObject } from 'ajv';
import type { Validator } from '#validators';
import { Fault } from '../core/fault.ts';

/** `/search_request/0/timestamp` below `message` → `message.search_request[0].timestamp`. */
const toPath = (root: string, pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : `${path}.${part}`), root);

/**
 * One schema error in plain words. Paths hold member names of the schema and positions only, and values are never
 * repeated: the text goes to logs and peers.
 */
export const explainError = (root: string, error: ErrorObject): string => {
  const path = toPath(root, error.instancePath);
  if (error.keyword === 'required')
    return `${path}.${(error.params as { missingProperty: string }).missingProperty}: is missing`;
  const must = (error.parentSchema as { must?: string } | undefined)?.must;
  return `${path}: must ${must ?? (error.message ?? 'be valid').replace(/^must /, '')}`;
};

/** Throws `dci.request-invalid` when `value` does not fit; `root` is what the value is called in the text. */
export const checkShape = (validate: Validator, root: string, value: unknown): void => {
  if (validate(value)) return;
  // Of alternatives the last error is the one about the alternatives as such.
  const error = validate.errors?.at(-1);
  const text = error ? explainError(root, error) : `${root}: is not valid`;
  throw new Fault('dci.request-invalid', text, { ...(error ? { path: `/${root}${error.instancePath}` } : {}) });
};
