import { isObject, type JsonObject } from '../../core/json.ts';
import type { Catalogue } from '../../registry/attributes.ts';
import type { Kind } from '../../registry/model.ts';
import { all, type Query } from '../../registry/query/ast.ts';
import { isBlank, shown } from '../criteria/condition.ts';
import { readQuestion, type WireQuestion } from '../criteria/read-question.ts';
import { toQuery } from '../criteria/to-query.ts';
import { given } from '../envelope.ts';
import type { Place } from '../place.ts';
import { findEvent, findKind } from '../registries/all.ts';
import type { RegistryDefinition } from '../registries/registry.ts';
import { chooseRegistry } from '../search-plan.ts';
import { readFields } from './fields.ts';
import { readFrequency } from './frequency.ts';
import { rejectSubscription } from './rejection.ts';
import type { SubscribeItem, SubscriptionPlan } from './subscription.ts';

const readFilter = (criteria: JsonObject): WireQuestion => {
  const filter = criteria['filter'];
  // Everything, in the words of one client (dci.md §5.2a), whatever it calls the type of its filter.
  if (isObject(filter) && filter['type'] === '*' && filter['value'] === '*') return { condition: { op: 'all' } };
  return readQuestion(given(criteria['filter_type']), filter);
};

/** Persons or groups: the first word that says so, of those that say which records are to be sent. */
const chooseKind = (definition: RegistryDefinition, criteria: JsonObject, collection: string | undefined): Kind => {
  const kind =
    findKind(given(criteria['response_entity'])) ??
    findKind(given(criteria['notify_record_type'])) ??
    findKind(collection) ??
    'individual';
  return definition.recordTypes[kind] === undefined ? 'individual' : kind;
};

/**
 * Reads one item of a subscription: which registry, which event, whose records, the filter and when to tell.
 * Throws what `toSubscribeRejection` turns into the item's reason.
 */
export const planSubscription = (
  item: SubscribeItem,
  place: Place,
  catalogue: Catalogue,
  now: number,
): SubscriptionPlan => {
  const criteria = item.subscribe_criteria;
  const definition = chooseRegistry(criteria, place);
  const askedAs = criteria.reg_event_type.trim();
  const event = findEvent(definition, askedAs);
  if (!event) {
    throw rejectSubscription('rjct.notify_types.invalid', `reg_event_type: ${shown(askedAs)} is no event of ours`);
  }
  const { condition, collection } = readFilter(criteria);
  const kind = chooseKind(definition, criteria, collection);
  const { aliases, decode } = definition;
  const query: Query =
    condition.op === 'all' ? all : toQuery(condition, { catalogue, kind, aliases, ...(decode ? { decode } : {}) });
  const fields = isBlank(criteria['response_fields']) ? undefined : readFields(criteria['response_fields']);
  return {
    registry: definition.name,
    event: event.name,
    askedAs,
    kind,
    query,
    ...(fields === undefined ? {} : { fields }),
    frequency: readFrequency(criteria['frequency'], now),
    item,
  };
};
