import type { Answerer } from '../answerer.ts';
import type { DciDeps } from '../deps.ts';
import { idText } from '../envelope.ts';
import { kinds } from '../transactions/kinds.ts';
import { subscribe } from './subscribe.ts';
import { unsubscribe } from './unsubscribe.ts';

/** The message that answers nothing: of work that failed. */
const nothing =
  (operation: 'subscribe' | 'unsubscribe'): Answerer['nothing'] =>
  ({ message, correlationId }, now) => {
    const transactionId = idText((message as { transaction_id: unknown }).transaction_id);
    return kinds[operation].nothing({ transactionId, correlationId }, now);
  };

/** Who takes and ends subscriptions: what they change commits with their answer. */
export const subscriptionAnswerers = ({
  registry,
  clock,
  config,
}: Pick<DciDeps, 'registry' | 'clock' | 'config'>): Record<'subscribe' | 'unsubscribe', Answerer> => ({
  subscribe: {
    action: 'on-subscribe',
    write: subscribe({ registry, clock, maxPerSender: config.maxSubscriptions }),
    nothing: nothing('subscribe'),
  },
  unsubscribe: { action: 'on-unsubscribe', write: unsubscribe({ clock }), nothing: nothing('unsubscribe') },
});
