import type { Attribute, Catalogue } from './attributes.ts';
import type { Kind, Registrant } from './model.ts';
import { toSortable } from './query/sortable.ts';
import { type Key, valuesOf } from './values.ts';

/** What a registrant is found by: the search columns of its row, and rows of `registrant_values`. */
export interface SearchRows {
  readonly columns: { readonly [column: string]: Key };
  readonly values: readonly (readonly [attribute: string, value: string])[];
}

/** The text of a key in `registrant_values`. */
export const toValue = (key: Key): string => (typeof key === 'number' ? toSortable(key) : key);

interface Plan {
  readonly columns: readonly (readonly [column: string, attribute: Attribute])[];
  readonly always: readonly Attribute[];
  /** By the part of the document in which they stand, so that absent parts cost nothing. */
  readonly byRoot: ReadonlyMap<string, readonly Attribute[]>;
  readonly byName: ReadonlyMap<string, Attribute>;
}

const plans = new WeakMap<Catalogue, Map<Kind, Plan>>();

const rootOf = (path: readonly string[]): string => (path[0] === 'sections' ? `sections.${path[1]}` : `${path[0]}`);

const makePlan = (catalogue: Catalogue, kind: Kind): Plan => {
  const columns: (readonly [string, Attribute])[] = [];
  const always: Attribute[] = [];
  const byRoot = new Map<string, Attribute[]>();
  const byName = new Map<string, Attribute>();
  for (const attribute of catalogue.list(kind)) {
    if (attribute.stored === 'derived') continue;
    if (attribute.stored !== 'values') {
      columns.push([attribute.stored.column, attribute]);
      continue;
    }
    byName.set(attribute.name, attribute);
    if (attribute.name === 'group_size') always.push(attribute);
    else {
      for (const path of [attribute.path, ...(attribute.alsoAt ?? [])]) {
        const list = byRoot.get(rootOf(path)) ?? [];
        if (!list.includes(attribute)) list.push(attribute);
        byRoot.set(rootOf(path), list);
      }
    }
  }
  return { columns, always, byRoot, byName };
};

const planOf = (catalogue: Catalogue, kind: Kind): Plan => {
  const byKind = plans.get(catalogue) ?? new Map<Kind, Plan>();
  plans.set(catalogue, byKind);
  const plan = byKind.get(kind) ?? makePlan(catalogue, kind);
  byKind.set(kind, plan);
  return plan;
};

const rootsIn = (registrant: Registrant): string[] => {
  const roots: string[] = [];
  for (const [key, value] of Object.entries(registrant)) {
    if (key === 'sections') for (const section of Object.keys(value ?? {})) roots.push(`sections.${section}`);
    else roots.push(key);
  }
  return roots;
};

/** The searchable values of one attribute. */
export const toSearchValues = (
  registrant: Registrant,
  attribute: string,
  catalogue: Catalogue,
  today: string,
): readonly string[] => {
  const found = planOf(catalogue, registrant.kind).byName.get(attribute);
  return found ? valuesOf(found, registrant, today).map(toValue) : [];
};

/** Works out by what a registrant is found. */
export const toSearchRows = (registrant: Registrant, catalogue: Catalogue, today: string): SearchRows => {
  const plan = planOf(catalogue, registrant.kind);
  const columns: Record<string, Key> = {};
  for (const [column, attribute] of plan.columns) {
    const [key] = valuesOf(attribute, registrant, today);
    if (key !== undefined) columns[column] = key;
  }
  const present = new Set(plan.always);
  for (const root of rootsIn(registrant)) for (const one of plan.byRoot.get(root) ?? []) present.add(one);
  for (const facts of Object.values(registrant.facts ?? {})) {
    for (const name of Object.keys(facts)) {
      const attribute = plan.byName.get(name);
      if (attribute) present.add(attribute);
    }
  }
  const values: (readonly [string, string])[] = [];
  for (const attribute of present) {
    for (const key of valuesOf(attribute, registrant, today)) values.push([attribute.name, toValue(key)]);
  }
  return { columns, values };
};
