import { isObject, type Json } from '../../core/json.ts';
import type { Resource } from '../../registry/resource/index.ts';
import { formOf } from './cells.ts';
import { listForms } from './lists.ts';

// What the server makes: an import does not read it.
const derived = new Set(['meta', 'groupMembership', 'quantity']);

/** The cells of a resource by heading: the flat paths of api-v2.md §26. */
export const flatten = (resource: Resource): ReadonlyMap<string, string> => {
  const cells = new Map<string, string>();

  const putItem = (path: string, shape: string, value: Json): void => {
    const form = formOf(shape);
    if (!form && Array.isArray(value)) putList(path, shape, value);
    else if (!form && isObject(value)) putMembers(path, shape, value as Resource);
    else {
      const cell = form ? form.toCell(value) : String(value);
      if (cell !== undefined) cells.set(path, cell);
    }
  };

  const putMembers = (path: string, shape: string, members: Resource): void => {
    for (const [member, value] of Object.entries(members)) {
      if (value !== null && value !== undefined) putItem(`${path}.${member}`, `${shape}.${member}`, value);
    }
  };

  const putList = (path: string, shape: string, list: readonly Json[]): void => {
    const form = listForms.get(shape);
    const met = new Map<string, number>();
    for (const [i, item] of list.entries()) {
      if (form?.by !== 'system' || !isObject(item)) {
        putItem(i === 0 ? path : `${path}[${i}]`, shape, item);
        continue;
      }
      const { system, value, ...rest } = item as { system: string; value: Json };
      const key = form.toKey(system);
      const nth = met.get(key) ?? 0;
      met.set(key, nth + 1);
      const at = nth === 0 ? `${path}[${key}]` : `${path}[${key}][${nth}]`;
      cells.set(at, String(value));
      putMembers(at, shape, rest);
    }
  };

  for (const [member, value] of Object.entries(resource)) {
    if (!derived.has(member) && value !== null && value !== undefined) putItem(member, member, value);
  }
  return cells;
};
