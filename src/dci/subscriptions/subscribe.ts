import { createHash } from 'node:crypto';
import { type Clock, toWholeSeconds } from '../../core/clock.ts';
import { newRandomId } from '../../core/ids.ts';
import { lastPosition } from '../../registry/index.ts';
import type { RegistryReader } from '../../registry/ports.ts';
import type { Tx } from '../../storage/index.ts';
import { idText, overallStatus } from '../envelope.ts';
import type { Question, Reply } from '../exchange.ts';
import { registries } from '../registries/all.ts';
import { permitTelling } from './permit-telling.ts';
import { planSubscription } from './plan-subscription.ts';
import { rejectSubscription, type SubscribeRejection, toSubscribeRejection } from './rejection.ts';
import type { SubscribeItem, Subscription, SubscriptionPlan } from './subscription.ts';
import { countHeld, endExpired, findEqual, insertSubscription, takeRevision } from './subscriptions.store.ts';

export interface SubscribeDeps {
  readonly registry: Pick<RegistryReader, 'catalogue'>;
  readonly clock: Clock;
  /** Subscriptions that one sender may hold at a time. */
  readonly maxPerSender: number;
}

const tooMany = (limit: number): SubscribeRejection => ({
  code: 'rjct.notify_details.invalid',
  message: `a sender may hold ${limit} subscriptions at a time; end one first`,
});

/** One item while it is worked on. */
interface Work {
  readonly reference: string;
  readonly plan?: SubscriptionPlan;
  rejection?: SubscribeRejection;
  subscription?: Subscription;
}

/** Equal for subscriptions that ask for the same: the same event, records, filter and times, in whatever form. */
const fingerprintOf = ({ registry, askedAs, kind, query, fields, frequency }: SubscriptionPlan): string =>
  createHash('sha256')
    .update(JSON.stringify([registry, askedAs, kind, query, fields ?? null, frequency]))
    .digest('base64url');

/** What we say of a subscription: the members of either edition of the standard (dci.md §7.2). */
const toInfo = ({ code, createdAt, item, askedAs, registry }: Subscription): object => ({
  code,
  notify_record_type: item.subscribe_criteria.notify_record_type,
  reg_event_type: askedAs,
  reg_type: registries[registry].regType,
  status: 'subscribe',
  subscribe_criteria: item.subscribe_criteria,
  subscription_code: code,
  timestamp: toWholeSeconds(Date.parse(createdAt)),
  version: '1.0.0',
});

const toItem = ({ reference, rejection, subscription }: Work, timestamp: string): object => ({
  locale: 'eng',
  reference_id: reference,
  status: rejection ? 'rjct' : 'succ',
  ...(rejection ? { status_reason_code: rejection.code, status_reason_message: rejection.message } : {}),
  ...(subscription ? { subscriptions: [toInfo(subscription)] } : {}),
  timestamp,
});

const plan = (deps: SubscribeDeps, question: Question, items: readonly SubscribeItem[]): Work[] => {
  const seen = new Set<string>();
  return items.map((item): Work => {
    const reference = idText(item.reference_id);
    try {
      if (seen.has(reference)) {
        throw rejectSubscription('rjct.reference_id.duplicate', 'reference_id: was used before in this message');
      }
      seen.add(reference);
      const planned = planSubscription(item, question.place, deps.registry.catalogue, deps.clock());
      permitTelling(question.peer, planned);
      return { reference, plan: planned };
    } catch (error) {
      return { reference, rejection: toSubscribeRejection(error) };
    }
  });
};

/**
 * Takes subscriptions (dci.md §7.1, §7.2), each item by itself, in the transaction that keeps the answer: a process
 * killed in between has done neither, and what is worked on again does not meet its own subscription.
 */
export const subscribe =
  (deps: SubscribeDeps) =>
  async (tx: Tx, question: Question): Promise<Reply> => {
    const { clock, maxPerSender } = deps;
    const message = question.message as {
      transaction_id: string | number;
      subscribe_request: readonly SubscribeItem[];
    };
    const works = plan(deps, question, message.subscribe_request);
    const now = clock();
    const { senderId } = question.peer;
    const revision = await takeRevision(tx);
    await endExpired(tx, senderId, revision, now);
    let held = await countHeld(tx, senderId);
    const sincePosition = await lastPosition(tx);

    for (const work of works) {
      if (!work.plan) continue;
      const fingerprint = fingerprintOf(work.plan);
      const equal = await findEqual(tx, senderId, fingerprint);
      if (equal) {
        work.subscription = equal;
        work.rejection = { code: 'rjct.event.already_subscribed', message: `subscribed to as ${equal.code}` };
      } else if (held >= maxPerSender) {
        work.rejection = tooMany(maxPerSender);
      } else {
        const given = {
          ...work.plan,
          code: `SUB-${newRandomId()}`,
          senderId,
          fingerprint,
          ...(question.header.senderUri === undefined ? {} : { senderUri: question.header.senderUri }),
          encrypted: question.header.isEncrypted,
          sincePosition,
        };
        work.subscription = await insertSubscription(tx, given, revision, now);
        held += 1;
      }
    }

    const timestamp = toWholeSeconds(now);
    return {
      action: 'on-subscribe',
      ...overallStatus(works.map(({ rejection }) => (rejection ? 'rjct' : 'succ'))),
      total: works.length,
      completed: works.length,
      message: {
        correlation_id: question.correlationId,
        subscribe_response: works.map((work) => toItem(work, timestamp)),
        transaction_id: idText(message.transaction_id),
      },
    };
  };
