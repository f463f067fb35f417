import { isObject } from '../core/json.ts';
import type { Attribute, Catalogue } from './attributes.ts';
import type { Kind, Registrant } from './model.ts';
import { toSortable } from './query/sortable.ts';
import { isWorkedOut, type Key, keyOf, valuesOf } from './values.ts';

/** The columns of a registrant's row that are there to be searched; what the others hold, the registrant says itself. */
export const searchColumns: readonly string[] = [
  'name',
  'given_name',
  'surname',
  'birth_date',
  'sex',
  'registration_date',
];

/** What a registrant is found by: the search columns of its row, and rows of `registrant_values`. */
export interface SearchRows {
  readonly columns: { readonly [column: string]: Key };
  readonly values: readonly (readonly [attribute: string, value: string])[];
}

/** The text of a key in `registrant_values`. */
export const toValue = (key: Key): string => (typeof key === 'number' ? toSortable(key) : key);

/** The attributes whose values stand at one place of a document, and the places below. */
interface Place {
  readonly here: Attribute[];
  readonly below: Map<string, Place>;
}

interface Plan {
  readonly places: Place;
  /** Not read from a place, but worked out from more of the document. */
  readonly workedOut: readonly Attribute[];
  /** Those that stand at a place. */
  readonly byName: ReadonlyMap<string, Attribute>;
}

const plans = new WeakMap<Catalogue, Map<Kind, Plan>>();

const newPlace = (): Place => ({ here: [], below: new Map() });

const placeAt = (root: Place, path: readonly string[]): Place => {
  let place = root;
  for (const step of path) {
    const next = place.below.get(step) ?? newPlace();
    place.below.set(step, next);
    place = next;
  }
  return place;
};

const isSearchedFor = ({ stored }: Attribute): boolean =>
  stored === 'values' || (stored !== 'derived' && searchColumns.includes(stored.column));

const makePlan = (catalogue: Catalogue, kind: Kind): Plan => {
  const places = newPlace();
  const workedOut: Attribute[] = [];
  const byName = new Map<string, Attribute>();
  for (const attribute of catalogue.list(kind).filter(isSearchedFor)) {
    if (isWorkedOut(attribute)) {
      workedOut.push(attribute);
      continue;
    }
    byName.set(attribute.name, attribute);
    for (const path of [attribute.path, ...(attribute.alsoAt ?? [])]) placeAt(places, path).here.push(attribute);
  }
  return { places, workedOut, byName };
};

const planOf = (catalogue: Catalogue, kind: Kind): Plan => {
  const byKind = plans.get(catalogue) ?? new Map<Kind, Plan>();
  plans.set(catalogue, byKind);
  const plan = byKind.get(kind) ?? makePlan(catalogue, kind);
  byKind.set(kind, plan);
  return plan;
};

/** Keys by attribute, each once. */
type Keys = Map<Attribute, Key[]>;

const take = (keys: Keys, attribute: Attribute, raw: unknown): void => {
  const key = keyOf(attribute, raw);
  if (key === undefined) return;
  const known = keys.get(attribute);
  if (!known) keys.set(attribute, [key]);
  else if (!known.includes(key)) known.push(key);
};

/** Takes what stands at all places of a document, in one walk along what is there. */
const takeAll = (keys: Keys, value: unknown, place: Place): void => {
  if (Array.isArray(value)) {
    for (const item of value) takeAll(keys, item, place);
    return;
  }
  for (const attribute of place.here) take(keys, attribute, value);
  if (place.below.size === 0 || !isObject(value)) return;
  for (const name of Object.keys(value)) {
    const below = place.below.get(name);
    if (below) takeAll(keys, value[name], below);
  }
};

/** The searchable values of one attribute. */
export const toSearchValues = (
  registrant: Registrant,
  attribute: string,
  catalogue: Catalogue,
  today: string,
): readonly string[] => {
  const found = catalogue.find(registrant.kind, attribute);
  return found?.stored === 'values' ? valuesOf(found, registrant, today).map(toValue) : [];
};

/** Works out by what a registrant is found: the same as `valuesOf` says of each attribute, with less looking. */
export const toSearchRows = (registrant: Registrant, catalogue: Catalogue, today: string): SearchRows => {
  const plan = planOf(catalogue, registrant.kind);
  const keys: Keys = new Map();
  takeAll(keys, registrant, plan.places);
  for (const facts of Object.values(registrant.facts ?? {})) {
    for (const [name, values] of Object.entries(facts)) {
      const attribute = plan.byName.get(name);
      if (attribute) for (const value of values ?? []) take(keys, attribute, value);
    }
  }
  for (const attribute of plan.workedOut) keys.set(attribute, [...valuesOf(attribute, registrant, today)]);

  const columns: Record<string, Key> = {};
  const values: (readonly [string, string])[] = [];
  for (const [{ name, stored }, found] of keys) {
    if (stored === 'values') for (const key of found) values.push([name, toValue(key)]);
    else if (stored !== 'derived' && found[0] !== undefined) columns[stored.column] = found[0];
  }
  return { columns, values };
};
