import { isFault } from '../../core/fault.ts';
import type { Logger } from '../../core/log.ts';
import type { ChangeType, EvaluateContext } from '../../registry/index.ts';
import { evaluateQuery, memberDepth } from '../../registry/index.ts';
import type { Kind, Registrant } from '../../registry/model.ts';
import type { Query } from '../../registry/query/ast.ts';
import { eventOf } from '../registries/all.ts';
import type { Happened, RegistryEvent } from '../registries/event.ts';
import type { Subscription } from './subscription.ts';
import { attributeOf, neededTerms, type TypesFor, termsOf } from './terms.ts';

/** A subscription's filter, as it stands in the index. */
interface Entry {
  readonly subscription: Subscription;
  readonly event: RegistryEvent;
  readonly query: Query;
  /** Equal for equal filters, which are then asked once. */
  readonly key: string;
  readonly terms: readonly string[] | undefined;
}

/** The filters that changes of one type and kind are asked of. */
interface Drawer {
  /** By a term that the registrant must have. */
  readonly byTerm: Map<string, Set<Entry>>;
  /** Attributes that the terms are about, with the number of filters. */
  readonly attributes: Map<string, number>;
  /** Filters that must be looked at each time, the equal ones together. */
  readonly others: Map<string, Set<Entry>>;
  depth: number;
}

/** Something that happened to one registrant; `kind` tells the records that can be sent of it. */
export interface Happening extends Happened {
  readonly kind: Kind;
}

/** How the registrant stands to the filter: it came to fit it, fits it no more, or still does. */
export type Movement = 'entered' | 'left' | 'within';

export interface Match {
  readonly subscription: Subscription;
  readonly event: RegistryEvent;
  readonly movement: Movement;
}

export interface MatchContext extends EvaluateContext {
  /** As `kinships`, for the moment before the change. */
  readonly kinshipsBefore: EvaluateContext['kinships'];
}

export interface Matcher {
  put(subscription: Subscription): void;
  drop(code: string): void;
  /** How many kinships away the filters for such changes look; `undefined`: there is none. */
  depthFor(type: ChangeType, kind: Kind): number | undefined;
  match(happening: Happening, context: MatchContext): readonly Match[];
}

const drawerKey = (type: ChangeType, kind: Kind): string => `${type} ${kind}`;

const addTo = <K>(map: Map<K, Set<Entry>>, key: K, entry: Entry): void => {
  const set = map.get(key);
  if (set) set.add(entry);
  else map.set(key, new Set([entry]));
};

const takeFrom = <K>(map: Map<K, Set<Entry>>, key: K, entry: Entry): void => {
  const set = map.get(key);
  set?.delete(entry);
  if (set?.size === 0) map.delete(key);
};

/** An index over subscriptions that finds those which a change concerns without asking all of them. */
export const createMatcher = ({ typesFor, log }: { readonly typesFor: TypesFor; readonly log: Logger }): Matcher => {
  const drawers = new Map<string, Drawer>();
  const placed = new Map<string, { readonly entry: Entry; readonly drawers: readonly string[] }>();

  const drawerOf = (key: string): Drawer => {
    let drawer = drawers.get(key);
    if (!drawer) {
      drawer = { byTerm: new Map(), attributes: new Map(), others: new Map(), depth: 0 };
      drawers.set(key, drawer);
    }
    return drawer;
  };

  /** The kinds of registrants whose changes the filter is asked about. */
  const kindsOf = ({ kind, query }: Subscription, event: RegistryEvent): readonly Kind[] =>
    // Who joins a household is told to those who watch the person, and to those who watch the household by its id.
    event.ofMembers && kind === 'individual' && query.op === 'identifier' ? ['individual', 'group'] : [kind];

  const candidates = (drawer: Drawer, subjects: readonly Registrant[], context: MatchContext): Set<Entry> => {
    const found = new Set<Entry>();
    for (const subject of subjects) {
      for (const term of termsOf(subject, drawer.attributes.keys(), context)) {
        for (const entry of drawer.byTerm.get(term) ?? []) found.add(entry);
      }
    }
    return found;
  };

  return {
    put(subscription) {
      this.drop(subscription.code);
      const event = eventOf(subscription.event);
      if (!event) return;
      const { query } = subscription;
      const entry: Entry = {
        subscription,
        event,
        query,
        key: JSON.stringify(query),
        terms: neededTerms(query, typesFor),
      };
      const keys = kindsOf(subscription, event).flatMap((kind) => event.changes.map((type) => drawerKey(type, kind)));
      for (const key of keys) {
        const drawer = drawerOf(key);
        drawer.depth = Math.max(drawer.depth, memberDepth(query));
        if (!entry.terms) addTo(drawer.others, entry.key, entry);
        for (const term of entry.terms ?? []) {
          addTo(drawer.byTerm, term, entry);
          const attribute = attributeOf(term);
          if (attribute) drawer.attributes.set(attribute, (drawer.attributes.get(attribute) ?? 0) + 1);
        }
      }
      placed.set(subscription.code, { entry, drawers: keys });
    },

    drop(code) {
      const place = placed.get(code);
      if (!place) return;
      placed.delete(code);
      const { entry } = place;
      for (const key of place.drawers) {
        const drawer = drawerOf(key);
        if (!entry.terms) takeFrom(drawer.others, entry.key, entry);
        for (const term of entry.terms ?? []) {
          takeFrom(drawer.byTerm, term, entry);
          const attribute = attributeOf(term);
          const left = attribute ? (drawer.attributes.get(attribute) ?? 0) - 1 : 0;
          if (attribute && left > 0) drawer.attributes.set(attribute, left);
          else if (attribute) drawer.attributes.delete(attribute);
        }
        if (drawer.byTerm.size === 0 && drawer.others.size === 0) drawers.delete(key);
      }
    },

    depthFor: (type, kind) => drawers.get(drawerKey(type, kind))?.depth,

    match(happening, context) {
      const drawer = drawers.get(drawerKey(happening.type, happening.kind));
      if (!drawer) return [];
      // Who was deregistered is not told of, as it is not found.
      const before = happening.before?.active ? happening.before : undefined;
      const after = happening.after?.active ? happening.after : undefined;
      const isEvent = new Map<RegistryEvent, boolean>();
      const movements = new Map<string, Movement | undefined>();
      const contextBefore: EvaluateContext = { ...context, kinships: context.kinshipsBefore };

      const happened = (event: RegistryEvent): boolean => {
        let is = isEvent.get(event);
        if (is === undefined) {
          is = event.is?.(happening) ?? true;
          isEvent.set(event, is);
        }
        return is;
      };
      const ask = ({ query, subscription }: Entry): Movement | undefined => {
        try {
          const was = before !== undefined && evaluateQuery(query, before, contextBefore);
          const is = after !== undefined && evaluateQuery(query, after, context);
          return was ? (is ? 'within' : 'left') : is ? 'entered' : undefined;
        } catch (error) {
          if (!isFault(error)) throw error;
          // It names an attribute that this registry has no more: that must not hold up all others.
          log.warn({ err: error, subscription: subscription.code }, 'a subscription cannot be asked about a change');
          return undefined;
        }
      };
      const movementOf = (entry: Entry): Movement | undefined => {
        if (!movements.has(entry.key)) movements.set(entry.key, ask(entry));
        return movements.get(entry.key);
      };

      const matches: Match[] = [];
      const consider = (entries: Iterable<Entry>): void => {
        for (const entry of entries) {
          if (!happened(entry.event)) continue;
          const movement = movementOf(entry);
          if (movement) matches.push({ subscription: entry.subscription, event: entry.event, movement });
        }
      };
      consider(
        candidates(
          drawer,
          [before, after].filter((one) => one !== undefined),
          context,
        ),
      );
      for (const entries of drawer.others.values()) consider(entries);
      return matches;
    },
  };
};
