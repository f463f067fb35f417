import { isFault } from '../../core/fault.ts';
import type { Logger } from '../../core/log.ts';
import type { ChangeType, EvaluateContext } from '../../registry/index.ts';
import { evaluateQuery, memberDepth } from '../../registry/index.ts';
import type { Kind } from '../../registry/model.ts';
import type { Query } from '../../registry/query/ast.ts';
import { eventOf } from '../registries/all.ts';
import type { Happened, RegistryEvent } from '../registries/event.ts';
import { createDrawer, type Drawer, type Guarded } from './drawer.ts';
import { guardOf, type TypesFor } from './guard.ts';
import type { Subscription } from './subscription.ts';

/** A subscription's filter, as it stands in the index. */
interface Entry extends Guarded {
  readonly subscription: Subscription;
  readonly event: RegistryEvent;
  readonly query: Query;
}

/** The filters that changes of one type and kind are asked of. */
interface Shelf {
  readonly drawer: Drawer<Entry>;
  /** How many kinships away the filters look. */
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

const shelfKey = (type: ChangeType, kind: Kind): string => `${type} ${kind}`;

/** An index over subscriptions that finds those which a change concerns without asking all of them. */
export const createMatcher = ({ typesFor, log }: { readonly typesFor: TypesFor; readonly log: Logger }): Matcher => {
  const shelves = new Map<string, Shelf>();
  const placed = new Map<string, { readonly entry: Entry; readonly keys: readonly string[] }>();

  /** The kinds of registrants whose changes the filter is asked about. */
  const kindsOf = ({ kind, query }: Subscription, event: RegistryEvent): readonly Kind[] =>
    // Who joins a household is told to those who watch the person, and to those who watch the household by its id.
    event.ofMembers && kind === 'individual' && query.op === 'identifier' ? ['individual', 'group'] : [kind];

  return {
    put(subscription) {
      this.drop(subscription.code);
      const event = eventOf(subscription.event);
      if (!event) return;
      const { query, code } = subscription;
      const entry: Entry = { subscription, event, query, key: JSON.stringify(query), guard: guardOf(query, typesFor) };
      const keys = kindsOf(subscription, event).flatMap((kind) => event.changes.map((type) => shelfKey(type, kind)));
      for (const key of keys) {
        const shelf = shelves.get(key) ?? { drawer: createDrawer<Entry>(), depth: 0 };
        shelves.set(key, shelf);
        shelf.depth = Math.max(shelf.depth, memberDepth(query));
        shelf.drawer.put(entry);
      }
      placed.set(code, { entry, keys });
    },

    drop(code) {
      const place = placed.get(code);
      if (!place) return;
      placed.delete(code);
      for (const key of place.keys) {
        const shelf = shelves.get(key);
        shelf?.drawer.take(place.entry);
        if (shelf?.drawer.isEmpty()) shelves.delete(key);
      }
    },

    depthFor: (type, kind) => shelves.get(shelfKey(type, kind))?.depth,

    match(happening, context) {
      const shelf = shelves.get(shelfKey(happening.type, happening.kind));
      if (!shelf) return [];
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

      const subjects = [before, after].filter((one) => one !== undefined);
      const matches: Match[] = [];
      for (const entry of shelf.drawer.find(subjects, context)) {
        if (!happened(entry.event)) continue;
        const movement = movementOf(entry);
        if (movement) matches.push({ subscription: entry.subscription, event: entry.event, movement });
      }
      return matches;
    },
  };
};
