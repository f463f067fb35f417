import type { JsonObject } from '../../core/json.ts';
import type { Kind } from '../../registry/model.ts';
import type { Query } from '../../registry/query/ast.ts';
import type { RegistryName } from '../registries/registry.ts';
import type { Frequency } from './frequency.ts';

export const subscriptionStatuses = ['active', 'paused', 'ended'] as const;
export type SubscriptionStatus = (typeof subscriptionStatuses)[number];

/** Part of a request that fits `accept/subscribe.json`. */
export interface SubscribeItem extends JsonObject {
  readonly reference_id: string | number;
  readonly timestamp: string;
  readonly subscribe_criteria: JsonObject & {
    readonly reg_event_type: string;
    readonly notify_record_type: string;
  };
}

/** What a peer asked to be told, in our words. */
export interface SubscriptionPlan {
  readonly registry: RegistryName;
  /** Our name of the event, and the peer's own word for it. */
  readonly event: string;
  readonly askedAs: string;
  /** Whose records are sent. */
  readonly kind: Kind;
  /** Holds for the registrant before or after a change, or the change is not told. */
  readonly query: Query;
  /** The members of the record that are wanted; absent: all. */
  readonly fields?: readonly string[];
  readonly frequency: Frequency;
  /** The item of the message that asked for it. */
  readonly item: SubscribeItem;
}

export interface Subscription extends SubscriptionPlan {
  readonly code: string;
  readonly senderId: string;
  readonly status: SubscriptionStatus;
  /** Why it is paused. */
  readonly pausedReason?: string;
  /** Where its reply was to go: notifications go beside it. */
  readonly senderUri?: string;
  /** It was asked for in an encrypted message, and is answered in such. */
  readonly encrypted: boolean;
  /** Changes up to this position of the feed were before it. */
  readonly sincePosition: number;
  /** Failed attempts since the last that succeeded. */
  readonly failures: number;
  readonly createdAt: string;
  readonly changedAt: string;
}

/** Whether its window is over: it then tells nothing any more and counts as none. */
export const hasEnded = ({ status, frequency }: Pick<Subscription, 'status' | 'frequency'>, now: number): boolean =>
  status === 'ended' || (frequency.end !== undefined && frequency.end < now);
