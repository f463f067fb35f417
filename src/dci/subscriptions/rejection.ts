import { Fault, isFault } from '../../core/fault.ts';
import type { FaultCode } from '../../core/fault-catalogue.ts';
import { type SubscribeReasonCode, subscribeReasonCodes } from '../codes.ts';

/** Why one item of a subscription is refused while the others are answered (dci.md §8.4). */
export interface SubscribeRejection {
  readonly code: SubscribeReasonCode;
  readonly message: string;
}

/** Refuses one item. `message` must not repeat values, only names. */
export const rejectSubscription = (reason: SubscribeReasonCode, message: string): Fault =>
  new Fault('dci.item-rejected', message, { reason });

export const invalidDetails = (message: string): Fault => rejectSubscription('rjct.notify_details.invalid', message);

// What can be wrong with one item: how it asks, and whether its sender may.
const codes: readonly FaultCode[] = ['dci.item-rejected', 'query.invalid', 'policy.refused'];
const MAX_MESSAGE = 999;
const isReason = (reason: unknown): reason is SubscribeReasonCode => subscribeReasonCodes.some((one) => one === reason);

/**
 * What the thrower of `error` meant for its item; what is no fault of the item is thrown on. Faults of filters have
 * codes of their own in searches; here they are details of the subscription.
 */
export const toSubscribeRejection = (error: unknown): SubscribeRejection => {
  if (!isFault(error) || !codes.includes(error.code)) throw error;
  const reason = error.details['reason'];
  return {
    code: isReason(reason) ? reason : 'rjct.notify_details.invalid',
    message: error.message.slice(0, MAX_MESSAGE),
  };
};
