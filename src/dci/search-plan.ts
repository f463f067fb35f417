import type { Permission } from '../access/index.ts';
import { isObject } from '../core/json.ts';
import type { Catalogue } from '../registry/attributes.ts';
import { checkSort } from '../registry/index.ts';
import type { Kind } from '../registry/model.ts';
import type { Search } from '../registry/ports.ts';
import { and, compare, type Query, type Sort } from '../registry/query/ast.ts';
import { isBlank, shown, unserved } from './criteria/condition.ts';
import { resolveName } from './criteria/names.ts';
import { readQuestion } from './criteria/read-question.ts';
import { isIdentifierType, toQuery } from './criteria/to-query.ts';
import { given } from './envelope.ts';
import { rejectItem } from './fault.ts';
import type { Place } from './place.ts';
import { findByRegType, findKind, registries } from './registries/all.ts';
import type { RegistryDefinition } from './registries/registry.ts';

/** The page asked for when a question names none (dci.md §5.3 leaves 10 to 20). */
export const DEFAULT_PAGE_SIZE = 20;
/** Larger pages are cut to this; the answer's `pagination.page_size` says what was used. */
export const MAX_PAGE_SIZE = 1000;

/** One item of a search as the registry is asked for it. */
export interface SearchPlan {
  readonly definition: RegistryDefinition;
  readonly search: Search;
  readonly page: { readonly size: number; readonly number: number };
  /** The record as the sender may see it. */
  readonly reveal: Permission['reveal'];
  /** Asks for an identifier and nothing else: hardly ever more than one answer. */
  readonly isLookUp: boolean;
}

type Members = Readonly<Record<string, unknown>>;

/** Part of a request that fits `accept/search.json`. */
export interface SearchItem {
  readonly reference_id: string | number;
  readonly search_criteria: Members;
  readonly pagination?: unknown;
}

/** The registry that criteria are about: the path's, or the one that `reg_type` names where the path lets it. */
export const chooseRegistry = (criteria: Members, place: Place): RegistryDefinition => {
  const named = findByRegType(given(criteria['reg_type']));
  const own = registries[place.registry];
  if (named && named !== own && !place.neutral) {
    throw unserved(`reg_type: this path serves the ${own.name} registry only`);
  }
  return named ?? own;
};

/** Persons or groups: the first word that says so, of those that say what is asked for, then of those that hint. */
const chooseKind = (definition: RegistryDefinition, criteria: Members, collection: string | undefined): Kind => {
  const kind =
    findKind(given(criteria['response_entity'])) ??
    findKind(given(criteria['reg_record_type'])) ??
    findKind(collection) ??
    findKind(given(criteria['reg_type'])) ??
    'individual';
  return definition.recordTypes[kind] === undefined ? 'individual' : kind;
};

const readPage = (item: SearchItem): SearchPlan['page'] => {
  const inCriteria = item.search_criteria['pagination'];
  const pagination = isObject(inCriteria) ? inCriteria : isObject(item.pagination) ? item.pagination : {};
  const { page_size: size, page_number: number } = pagination as { page_size?: unknown; page_number?: unknown };
  return {
    size: isBlank(size) ? DEFAULT_PAGE_SIZE : Math.min(Number(size), MAX_PAGE_SIZE),
    number: isBlank(number) ? 1 : Number(number),
  };
};

const badSort = (message: string): Error => rejectItem('rjct.sort.invalid', message);

interface SortContext {
  readonly kind: Kind;
  readonly definition: RegistryDefinition;
  readonly catalogue: Catalogue;
  readonly lookUp: boolean;
}

const readSort = (raw: unknown, { kind, definition, catalogue, lookUp }: SortContext): readonly Sort[] => {
  if (isBlank(raw)) return [];
  const list = Array.isArray(raw) ? raw : [raw];
  const sort = list.flatMap((one): Sort[] => {
    const name = isObject(one) ? one['attribute_name'] : undefined;
    if (typeof name !== 'string' || name === '') throw badSort('sort: every entry must name an attribute');
    const order = isBlank(one['sort_order']) ? 'asc' : String(one['sort_order']).toLowerCase();
    if (order !== 'asc' && order !== 'desc') throw badSort(`sort: ${shown(name)}: sort_order must be asc or desc`);
    const target = resolveName(name, { catalogue, kind, aliases: definition.aliases, isIdentifierType });
    // Most published examples look up one identifier and order the answer by it: one record is in that order.
    if (lookUp && target?.is === 'identifier') return [];
    if (target?.is !== 'attribute' || target.steps.length > 0) {
      throw badSort(`sort: ${shown(name)} is no attribute that can order the answer`);
    }
    return [{ attribute: target.attribute.name, order }];
  });
  try {
    checkSort(sort, kind, catalogue);
  } catch (error) {
    throw badSort(`sort: ${(error as Error).message}`);
  }
  return sort;
};

const isLookUp = (query: Query): boolean => query.op === 'identifier';

/**
 * Reads one item of a search: which registry it is for, persons or groups, the question, the order and the page.
 * Throws what `toRejection` turns into the item's reason.
 */
export const planItem = (item: SearchItem, place: Place, catalogue: Catalogue): SearchPlan => {
  const criteria = item.search_criteria;
  const definition = chooseRegistry(criteria, place);
  const { condition, collection } = readQuestion(given(criteria['query_type']), criteria['query']);
  if (condition.op === 'all') throw unserved('query: "*" is served in the filters of subscriptions only');
  const kind = chooseKind(definition, criteria, collection);
  const { aliases, decode } = definition;
  const query = toQuery(condition, { catalogue, kind, aliases, ...(decode ? { decode } : {}) });
  const lookUp = isLookUp(query);
  const sort = readSort(criteria['sort'], { kind, definition, catalogue, lookUp });
  const { reveal } = place.permit({ registry: definition.name, query, sort, said: [criteria, item] });
  const page = readPage(item);
  return {
    definition,
    page,
    reveal,
    isLookUp: lookUp,
    search: {
      kind,
      // Who was deregistered is not found. Of look-ups, which have a quick way of their own, the answer is sifted.
      query: lookUp ? query : and(query, compare('active', 'eq', true)),
      ...(sort.length > 0 ? { sort } : {}),
      limit: page.size,
      offset: (page.number - 1) * page.size,
    },
  };
};
