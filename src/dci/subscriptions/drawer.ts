import { compareKeys, type Key } from '../../registry/index.ts';
import type { Registrant } from '../../registry/model.ts';
import { attributeOf, type Guard, type Side, termsOf, type ValueContext, valuesNamed } from './guard.ts';

/** Entries by a bound, in the order of the bounds. */
type Bounds<Entry> = { readonly key: Key; readonly entry: Entry }[];

/** What lies in a drawer: found by its guard, or looked at each time, equal filters together. */
export interface Guarded {
  readonly guard: Guard | undefined;
  /** Equal for equal filters. */
  readonly key: string;
}

/** Entries that are found by what their guards need, without looking at all of them. */
export interface Drawer<Entry extends Guarded> {
  put(entry: Entry): void;
  take(entry: Entry): void;
  isEmpty(): boolean;
  /** The entries whose guard one of the registrants passes, and those that have none; each once. */
  find(registrants: readonly Registrant[], context: ValueContext): ReadonlySet<Entry>;
}

/** The first place whose bound is not before `key`; with `after`, the first whose bound is after it. */
const search = <Entry>(bounds: Bounds<Entry>, key: Key, after: boolean): number => {
  let [low, high] = [0, bounds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compareKeys((bounds[middle] as { key: Key }).key, key);
    if (order < 0 || (after && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
};

const addTo = <K, V>(map: Map<K, Set<V>>, key: K, value: V): void => {
  const set = map.get(key);
  if (set) set.add(value);
  else map.set(key, new Set([value]));
};

const takeFrom = <K, V>(map: Map<K, Set<V>>, key: K, value: V): void => {
  const set = map.get(key);
  set?.delete(value);
  if (set?.size === 0) map.delete(key);
};

export const createDrawer = <Entry extends Guarded>(): Drawer<Entry> => {
  const byTerm = new Map<string, Set<Entry>>();
  /** Terms in use, by the attribute that they are about. */
  const termsAbout = new Map<string, Set<string>>();
  const byBound: Record<Side, Map<string, Bounds<Entry>>> = { below: new Map(), above: new Map() };
  const others = new Set<Entry>();

  const putTerm = (term: string, entry: Entry): void => {
    addTo(byTerm, term, entry);
    const attribute = attributeOf(term);
    if (attribute) addTo(termsAbout, attribute, term);
  };
  const takeTerm = (term: string, entry: Entry): void => {
    takeFrom(byTerm, term, entry);
    const attribute = attributeOf(term);
    if (attribute && !byTerm.has(term)) takeFrom(termsAbout, attribute, term);
  };

  return {
    put(entry) {
      const { guard } = entry;
      if (!guard) others.add(entry);
      else if (guard.by === 'terms') for (const term of guard.terms) putTerm(term, entry);
      else {
        const bounds = byBound[guard.side].get(guard.attribute) ?? [];
        bounds.splice(search(bounds, guard.key, true), 0, { key: guard.key, entry });
        byBound[guard.side].set(guard.attribute, bounds);
      }
    },
    take(entry) {
      const { guard } = entry;
      if (!guard) others.delete(entry);
      else if (guard.by === 'terms') for (const term of guard.terms) takeTerm(term, entry);
      else {
        const bounds = byBound[guard.side].get(guard.attribute) ?? [];
        const at = bounds.findIndex((one) => one.entry === entry);
        if (at >= 0) bounds.splice(at, 1);
        if (bounds.length === 0) byBound[guard.side].delete(guard.attribute);
      }
    },
    isEmpty: () => byTerm.size === 0 && byBound.below.size === 0 && byBound.above.size === 0 && others.size === 0,
    find(registrants, context) {
      const found = new Set<Entry>(others);
      for (const registrant of registrants) {
        for (const term of termsOf(registrant, termsAbout.keys(), context)) {
          for (const entry of byTerm.get(term) ?? []) found.add(entry);
        }
        for (const [attribute, bounds] of byBound.below) {
          for (const value of valuesNamed(registrant, attribute, context)) {
            for (let i = search(bounds, value, false); i < bounds.length; i += 1)
              found.add((bounds[i] as { entry: Entry }).entry);
          }
        }
        for (const [attribute, bounds] of byBound.above) {
          for (const value of valuesNamed(registrant, attribute, context)) {
            for (let i = search(bounds, value, true) - 1; i >= 0; i -= 1)
              found.add((bounds[i] as { entry: Entry }).entry);
          }
        }
      }
      return found;
    },
  };
};
