import { isObject } from '../../core/json.ts';
import { readStatus } from '../client/read-search.ts';
import { given } from '../envelope.ts';

type Members = Readonly<Record<string, unknown>>;

/** A subscription that a peer says we hold. */
export interface SaidSubscription {
  readonly code: string;
  readonly eventType?: string;
}

const codeOf = (members: Members): string | undefined => {
  const code = members['code'] ?? members['subscription_code'];
  return typeof code === 'number' ? String(code) : given(code);
};

const readOne = (members: Members): readonly SaidSubscription[] => {
  const code = codeOf(members);
  const eventType = given(members['reg_event_type']);
  if (code === undefined || String(members['status']).toLowerCase() === 'unsubscribe') return [];
  return [{ code, ...(eventType === undefined ? {} : { eventType }) }];
};

/**
 * The subscriptions in a message that fits `accept/on-subscribe.json`: listed, or one code on the item itself. A
 * refused item may list one too: the one that was there already (dci.md §7.2).
 */
export const readSubscribed = (message: Members): readonly SaidSubscription[] =>
  (message['subscribe_response'] as readonly Members[]).flatMap((item) => {
    const listed = Array.isArray(item['subscriptions']) ? item['subscriptions'].filter(isObject) : [];
    return listed.length > 0 ? listed.flatMap(readOne) : readOne({ ...item, status: undefined });
  });

/** The codes that have ended by a message that fits `accept/on-unsubscribe.json`; `asked` are those we wanted ended. */
export const readUnsubscribed = (message: Members, asked: readonly string[]): readonly string[] => {
  const listed = message['subscription_status'];
  if (Array.isArray(listed) && listed.length > 0) {
    return listed
      .filter(isObject)
      .filter(({ status }) => String(status).toLowerCase() === 'unsubscribe')
      .flatMap((one) => codeOf(one) ?? []);
  }
  return readStatus(message['status']) === 'succ' ? asked : [];
};
