import { isObject } from '../../core/json.ts';

// Foreign documents are kept as they came, nulls included.
const kept = new Set(['extension', 'geoLocation', 'place']);

/**
 * Drops members that are `null`: on input they say as much as absent ones (api-v2.md §1). A value without any is
 * answered as it is, not copied: most records have none.
 */
export const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let i = 0; i < value.length; i += 1) {
      const next = withoutNulls(value[i]);
      if (next !== value[i]) {
        copy ??= [...value];
        copy[i] = next;
      }
    }
    return copy ?? value;
  }
  if (!isObject(value)) return value;
  let changed: Map<string, unknown> | undefined;
  for (const key of Object.keys(value)) {
    const part = value[key];
    const next = part === null || kept.has(key) ? part : withoutNulls(part);
    if (part === null || next !== part) {
      changed ??= new Map();
      changed.set(key, next);
    }
  }
  if (!changed) return value;
  const known = changed;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== null)
      .map(([key, part]) => [key, known.get(key) ?? part]),
  );
};
