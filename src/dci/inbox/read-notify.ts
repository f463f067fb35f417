import { isObject, type JsonObject } from '../../core/json.ts';
import { readRecords } from '../client/read-search.ts';
import { given } from '../envelope.ts';

type Members = Readonly<Record<string, unknown>>;

/** One event of a notification: what happened, and the records that it is about. */
export interface ToldEvent {
  readonly eventType?: string;
  readonly regType?: string;
  readonly records: readonly JsonObject[];
}

/** A notification in either form (dci.md §7.3): the standard's, with its extra words in `meta`, or the private one. */
export interface Told {
  readonly subscriptionCode?: string;
  readonly notificationId?: string;
  readonly events: readonly ToldEvent[];
}

const texts = <Name extends string>(found: Readonly<Record<Name, unknown>>): { readonly [name in Name]?: string } =>
  Object.fromEntries(
    Object.entries(found).flatMap(([name, value]) => {
      const text = typeof value === 'number' ? String(value) : given(value);
      return text === undefined ? [] : [[name, text]];
    }),
  ) as { readonly [name in Name]?: string };

const readEvent = (event: Members, meta: Members): ToldEvent => {
  const data = isObject(event['data']) ? event['data'] : undefined;
  return {
    ...texts({
      eventType: data?.['reg_event_type'] ?? event['event_type'] ?? meta['event_type'],
      regType: data?.['reg_type'] ?? event['reg_type'],
    }),
    records: readRecords(data ? data['reg_records'] : event['event_data']),
  };
};

/** Reads a message that fits `accept/notify.json`; `meta` is that of its header. */
export const readNotification = (message: Members, meta: Members): Told => ({
  ...texts({
    subscriptionCode: meta['subscription_code'] ?? message['subscription_code'],
    notificationId: meta['notification_id'] ?? message['notification_id'],
  }),
  events: (message['notify_event'] as readonly Members[]).map((event) => readEvent(event, meta)),
});

/** Whether an event tells somebody to be gone: its record may then be an identifier only (dci.md §7.3). */
export const isEnding = (eventType: string | undefined): boolean => {
  const word = (/[^:/#]*$/.exec(eventType ?? '')?.[0] ?? '').toLowerCase().replaceAll(/[_-]/g, '');
  return ['deregister', 'deregistered', 'delete', 'deleted', 'remove', 'removed'].includes(word);
};
