import type { Json } from '../../core/json.ts';
import { type Catalogue, openName } from '../../registry/index.ts';
import type { Draft, Kind } from '../../registry/model.ts';

export interface NewAttribute {
  readonly kind: Kind;
  readonly name: string;
  readonly type: string;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;

const typeOf = (value: Json): string | undefined => {
  const one = Array.isArray(value) ? value[0] : value;
  if (typeof one === 'number') return 'number';
  if (typeof one === 'boolean') return 'boolean';
  if (typeof one === 'string') return DATE.test(one) ? 'date' : 'text';
  return undefined;
};

/**
 * The open attributes that the drafts bring and the catalogue lacks, so that they can be searched. Numbers are taken
 * as `number` even where the first is whole: the next one may not be.
 */
export const newAttributes = (
  catalogue: Catalogue,
  slots: readonly { readonly draft: Draft }[],
): readonly NewAttribute[] => {
  const found = new Map<string, NewAttribute>();
  for (const { draft } of slots) {
    for (const [name, value] of Object.entries(draft.attributes ?? {})) {
      const key = `${draft.kind} ${name}`;
      if (found.has(key) || catalogue.find(draft.kind, openName(name))) continue;
      const type = typeOf(value);
      if (type !== undefined) found.set(key, { kind: draft.kind, name, type });
    }
  }
  return [...found.values()];
};
