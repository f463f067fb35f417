import { toWholeSeconds } from '../../core/clock.ts';
import { newRandomId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { DeliveryDraft } from '../../delivery/index.ts';
import type { Change } from '../../registry/index.ts';
import { registries } from '../registries/all.ts';
import type { Match } from './matcher.ts';
import type { Subscription } from './subscription.ts';

/** The kind of deliveries that tell subscribers of changes. */
export const NOTIFY = 'dci.notify';

/** What is kept of a notification until it is acknowledged; every attempt sends the same. */
export interface NotificationPayload extends JsonObject {
  readonly code: string;
  readonly messageId: string;
  readonly meta: JsonObject & { readonly event_type: string; readonly notification_id: string };
  readonly message: JsonObject & { readonly transaction_id: string; readonly notify_event: readonly JsonObject[] };
}

/** A subscription and what it is to be told of one change. */
export interface Telling extends Match {
  readonly change: Change;
  /** As the subscriber may see them. */
  readonly records: readonly JsonObject[];
  readonly url: string | undefined;
}

const toEvent = (record: JsonObject, index: number, { change, subscription, event }: Telling): JsonObject => {
  const definition = registries[subscription.registry];
  const told = definition.tellEvent(event, subscription.askedAs);
  return {
    data: {
      ...(told === undefined ? {} : { reg_event_type: told }),
      reg_record_type: definition.recordTypes[subscription.kind] ?? definition.recordTypes.individual,
      reg_records: record,
      reg_type: definition.regType,
      version: '1.0.0',
    },
    locale: 'eng',
    reference_id: `evt-${change.position}-${index + 1}`,
    timestamp: toWholeSeconds(Date.parse(change.at)),
  };
};

/** One delivery for each change and subscription: working on a change again makes the same one, which is there. */
const deliveryId = ({ code }: Pick<Subscription, 'code'>, { position }: Change): string => `notify:${code}:${position}`;

/** The delivery that tells a subscriber of a change (dci.md §7.3). */
export const toNotification = (telling: Telling): DeliveryDraft => {
  const { subscription, change, records, movement, url } = telling;
  const { code, senderId, askedAs } = subscription;
  const payload: NotificationPayload = {
    code,
    messageId: newRandomId(),
    meta: { event_type: askedAs, filter: movement, notification_id: newRandomId(), subscription_code: code },
    message: {
      notify_event: records.map((record, index) => toEvent(record, index, telling)),
      transaction_id: newRandomId(),
    },
  };
  return {
    id: deliveryId(subscription, change),
    kind: NOTIFY,
    recipient: senderId,
    url: url ?? '',
    // What happened to one registrant is told in the order in which it happened.
    orderingKey: `${code} ${change.subject}`,
    subject: code,
    payload,
  };
};
