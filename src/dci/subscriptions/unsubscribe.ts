import { type Clock, toWholeSeconds } from '../../core/clock.ts';
import { withdraw } from '../../delivery/index.ts';
import type { Tx } from '../../storage/index.ts';
import type { UnsubscribeReasonCode } from '../codes.ts';
import { idText } from '../envelope.ts';
import type { Question, Reply } from '../exchange.ts';
import { NOTIFY } from './notification.ts';
import { endSubscriptions, readByCodes, takeRevision } from './subscriptions.store.ts';

/** A message that fits `accept/unsubscribe.json`, in any of its spellings (dci.md §11, C6). */
interface UnsubscribeMessage {
  readonly transaction_id: string | number;
  readonly subscription_codes?: unknown;
  readonly sunscription_codes?: unknown;
  readonly subscription_code?: unknown;
}

const codesOf = (message: UnsubscribeMessage): readonly string[] => {
  const said = message.subscription_codes ?? message.sunscription_codes ?? message.subscription_code;
  return [...new Set((Array.isArray(said) ? said : [said]).map(idText))];
};

const reasons: { readonly [code in UnsubscribeReasonCode]?: string } = {
  'rjct.subscription_code.invalid': 'one of the codes is not known',
  'rjct.requester.invalid': 'one of the codes belongs to another sender',
  'rjct.event.already_unsubscribed': 'one of the subscriptions had ended before',
};

/**
 * Ends subscriptions (dci.md §7.4, §7.5). Those of the sender end whatever else the list names; one code that is not
 * its own makes the answer a rejection, which tells nothing about it.
 */
export const unsubscribe =
  ({ clock }: { readonly clock: Clock }) =>
  async (tx: Tx, question: Question): Promise<Reply> => {
    const message = question.message as UnsubscribeMessage;
    const codes = codesOf(message);
    const now = clock();
    const revision = await takeRevision(tx);
    const known = await readByCodes(tx, codes);

    let reason: UnsubscribeReasonCode | undefined;
    const ending: string[] = [];
    const own: string[] = [];
    for (const code of codes) {
      const subscription = known.get(code);
      if (!subscription) reason ??= 'rjct.subscription_code.invalid';
      else if (subscription.senderId !== question.peer.senderId) reason ??= 'rjct.requester.invalid';
      else {
        own.push(code);
        if (subscription.status === 'ended') reason ??= 'rjct.event.already_unsubscribed';
        else ending.push(code);
      }
    }
    await endSubscriptions(tx, ending, revision, now);
    await withdraw(tx, NOTIFY, ending);

    const failed = ending.length === 0;
    return {
      action: 'on-unsubscribe',
      status: failed ? 'rjct' : 'succ',
      ...(failed ? { reason: { code: 'rjct.errors.too_many', message: 'every item was refused' } } : {}),
      total: codes.length,
      completed: codes.length,
      message: {
        correlation_id: question.correlationId,
        status: reason ? 'rjct' : 'succ',
        ...(reason ? { status_reason_code: reason, status_reason_message: reasons[reason] } : {}),
        subscription_status: own.map((code) => ({ code, status: 'unsubscribe' })),
        timestamp: toWholeSeconds(now),
        transaction_id: idText(message.transaction_id),
      },
    };
  };
