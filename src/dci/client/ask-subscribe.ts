import { toWholeSeconds } from '../../core/clock.ts';
import { newRandomId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import { registries } from '../registries/all.ts';
import type { RegistryName } from '../registries/registry.ts';

/** What we want to be told of by another registry (dci.md §7.1). */
export interface SubscriptionWish {
  readonly registry: RegistryName;
  /** `BIRTH`, `REGISTER`, … as the peer's registry has it. */
  readonly eventType: string;
  readonly filterType?: 'idtype-value' | 'predicate' | 'expression';
  /** Without it: everybody. */
  readonly filter?: unknown;
  readonly regType?: string;
  readonly recordType?: string;
  readonly purpose?: string;
}

// The one spelling of "everybody" that has been seen on the wire (dci.md §5.2a).
const everybody = { type: '*', value: '*' };

const toCriteria = (wish: SubscriptionWish): JsonObject => {
  const definition = registries[wish.registry];
  return {
    ...(wish.purpose === undefined ? {} : { authorize: { '@type': 'Authorize', purpose: { code: wish.purpose } } }),
    filter: (wish.filter ?? everybody) as JsonObject,
    filter_type: wish.filter === undefined ? 'idtype-value' : (wish.filterType ?? 'expression'),
    notify_record_type: wish.recordType ?? definition.recordTypes.individual,
    reg_event_type: wish.eventType,
    reg_type: wish.regType ?? definition.regType,
    version: '1.0.0',
  };
};

export const subscribeMessage = (wishes: readonly SubscriptionWish[], now: number) => ({
  subscribe_request: wishes.map((wish, i) => ({
    locale: 'eng',
    reference_id: `${i + 1}`,
    subscribe_criteria: toCriteria(wish),
    timestamp: toWholeSeconds(now),
  })),
  transaction_id: newRandomId(),
});

export const unsubscribeMessage = (codes: readonly string[], now: number) => ({
  subscription_codes: codes,
  timestamp: toWholeSeconds(now),
  transaction_id: newRandomId(),
});
