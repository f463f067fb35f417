import type { Peer } from '../../access/index.ts';
import type { Tx } from '../../storage/index.ts';
import { type Asked, findAsked, noteAnswer } from '../client/asked.store.ts';
import { readSearchMessage } from '../client/read-search.ts';
import { idText } from '../envelope.ts';
import type { OperationName } from '../operations.ts';
import { findByRegType } from '../registries/all.ts';
import type { RegistryName } from '../registries/registry.ts';
import { type EndRecords, nothingTaken, sumOf, type TakeRecords, writerFor } from '../take-records.ts';
import { endSubscriptions, findHeld, holdSubscription } from './held.store.ts';
import { isEnding, readNotification, type Told } from './read-notify.ts';
import { readSubscribed, readUnsubscribed } from './read-subscribed.ts';
import { type Outcome, wasTold } from './received.store.ts';

type Members = Readonly<Record<string, unknown>>;

/** A callback or notification that was let in, in plain and of the right shape. */
export interface Callback {
  readonly operation: OperationName;
  readonly peer: Peer;
  readonly message: Members;
  /** `header.meta`, where peers put what the message has no place for. */
  readonly meta: Members;
  /** The registry that the path names, or the one that is configured. */
  readonly registry: RegistryName;
}

/** What acting on it found out. */
export interface Acted {
  readonly outcome: Outcome;
  readonly asked?: Asked;
  readonly notificationId?: string;
}

interface ActDeps {
  readonly takeRecords: TakeRecords;
  readonly endRecords: EndRecords;
}

const optionalId = (value: unknown): string | undefined =>
  value === undefined || value === null || value === '' ? undefined : idText(value);

const isAnswered: { readonly [operation in OperationName]?: OperationName } = {
  'on-search': 'search',
  'on-subscribe': 'subscribe',
  'on-unsubscribe': 'unsubscribe',
  'txn/on-status': 'txn/status',
};

/** The message of ours that a callback answers; none for a stranger's transaction, which is acknowledged all the same. */
const askedFor = async (tx: Tx, { operation, peer, message }: Callback): Promise<Asked | undefined> => {
  const correlationId = optionalId(message['correlation_id']);
  const transactionId = optionalId(message['transaction_id']);
  const asked = await findAsked(tx, peer.senderId, {
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(transactionId === undefined ? {} : { transactionId }),
  });
  return asked?.operation === isAnswered[operation] ? asked : undefined;
};

/** Records of one registry. */
interface Part {
  readonly registry: RegistryName;
  readonly records: readonly unknown[];
  /** Whether they are told to be gone. */
  readonly isEnd?: boolean;
}

const take = async (
  { takeRecords, endRecords }: ActDeps,
  tx: Tx,
  peer: Peer,
  parts: readonly Part[],
  programme?: string,
): Promise<Outcome> => {
  const more = programme === undefined ? {} : { programme };
  let outcome: Outcome = nothingTaken;
  for (const { registry, records, isEnd } of parts) {
    if (records.length === 0) continue;
    const given = { registry, records, writer: writerFor(peer.senderId) };
    const taken = isEnd ? await endRecords(tx, given) : await takeRecords(tx, { ...given, ...more });
    outcome = { ...outcome, ...sumOf(outcome, taken) };
  }
  return outcome;
};

const onSearch = async (deps: ActDeps, tx: Tx, { peer, message }: Callback, asked: Asked | undefined) => {
  if (!asked?.settings.take) return { ...nothingTaken, left: 'not asked for' } as const;
  // It may have been taken off the list of sources since we asked.
  if (!peer.source) return { ...nothingTaken, left: 'no source' } as const;
  const parts = readSearchMessage(message).items.map(({ regType, records }) => ({
    registry: findByRegType(regType)?.name ?? asked.registry,
    records,
  }));
  return await take(deps, tx, peer, parts, asked.settings.programme);
};

const onNotify = async (deps: ActDeps, tx: Tx, { peer, registry }: Callback, told: Told): Promise<Outcome> => {
  const { notificationId, subscriptionCode, events } = told;
  if (notificationId !== undefined && (await wasTold(tx, peer.senderId, notificationId))) {
    return { ...nothingTaken, left: 'told before' };
  }
  if (!peer.source) return { ...nothingTaken, left: 'no source' };
  const held = subscriptionCode === undefined ? undefined : await findHeld(tx, peer.senderId, subscriptionCode);
  const parts = events.map(({ regType, eventType, records }) => ({
    registry: findByRegType(regType)?.name ?? held?.registry ?? registry,
    records,
    isEnd: isEnding(eventType),
  }));
  return await take(deps, tx, peer, parts);
};

/** Does what a received message is for, in the transaction that accepts it. */
export const createAct =
  (deps: ActDeps) =>
  async (tx: Tx, callback: Callback, now: number): Promise<Acted> => {
    const { operation, peer, message } = callback;
    if (operation === 'notify') {
      const told = readNotification(message, callback.meta);
      const outcome = await onNotify(deps, tx, callback, told);
      const isFirst = told.notificationId !== undefined && outcome.left !== 'told before';
      return { outcome, ...(isFirst ? { notificationId: told.notificationId as string } : {}) };
    }
    const asked = await askedFor(tx, callback);
    if (!asked) return { outcome: { ...nothingTaken, left: 'not asked for' } };
    await noteAnswer(tx, asked.transactionId, now);
    switch (operation) {
      case 'on-search':
        return { asked, outcome: await onSearch(deps, tx, callback, asked) };
      case 'on-subscribe':
        for (const { code, eventType } of readSubscribed(message)) {
          const more = eventType === undefined ? {} : { eventType };
          const { transactionId, registry } = asked;
          await holdSubscription(tx, { peer: peer.senderId, code, registry, transactionId, ...more }, now);
        }
        return { asked, outcome: nothingTaken };
      case 'on-unsubscribe':
        await endSubscriptions(tx, peer.senderId, readUnsubscribed(message, asked.settings.codes ?? []), now);
        return { asked, outcome: nothingTaken };
      default:
        return { asked, outcome: nothingTaken };
    }
  };
