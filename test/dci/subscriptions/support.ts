import { randomUUID } from 'node:crypto';
import type { Peer } from '../../../src/access/ports.ts';
import { silentLogger } from '../../../src/core/log.ts';
import type { Question, Reply } from '../../../src/dci/exchange.ts';
import { operationOf } from '../../../src/dci/operations.ts';
import { placeOf } from '../../../src/dci/place.ts';
import type { RegistryName } from '../../../src/dci/registries/registry.ts';
import { createConsumer } from '../../../src/dci/subscriptions/consumer.ts';
import { NOTIFY, type NotificationPayload } from '../../../src/dci/subscriptions/notification.ts';
import { subscribe } from '../../../src/dci/subscriptions/subscribe.ts';
import { unsubscribe } from '../../../src/dci/subscriptions/unsubscribe.ts';
import { type Delivery, listDeliveries } from '../../../src/delivery/index.ts';
import type { Registry } from '../../../src/registry/index.ts';
import type { Database } from '../../../src/storage/index.ts';
import { handClock, registryOn } from '../../registry/support.ts';

/** A filter for everything, in the words of one client. */
export const EVERYTHING = { type: '*', value: '*' };

export const byId = (type: string, value: string): Record<string, unknown> => ({ type, value });

// biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
export type AnyMessage = any;

export interface Asked {
  readonly sender?: string;
  readonly registry?: RegistryName;
  readonly neutral?: boolean;
  readonly header?: Partial<Question['header']>;
  readonly peer?: Partial<Peer>;
}

const peerOf = (senderId: string, more: Partial<Peer> = {}): Peer => ({
  id: senderId,
  senderId,
  keys: [],
  signature: 'ed25519',
  source: false,
  mustSign: false,
  scopes: [],
  active: true,
  ...more,
});

/** The subscriptions of a database without any wire: questions go in as the door lets them in. */
export const subscriptionsOn = (db: Database, { maxPerSender = 100 }: { readonly maxPerSender?: number } = {}) => {
  const clock = handClock();
  const registry: Registry = registryOn(db, clock);
  const peers = new Map<string, Peer>();
  const directory = { bySenderId: async (senderId: string) => peers.get(senderId) };

  const question = (message: object, { sender = 'sp.example.org', registry = 'social', ...more }: Asked): Question => {
    const peer = peerOf(sender, more.peer);
    if (!peers.has(sender) || more.peer) peers.set(sender, peer);
    return {
      header: {
        version: '1.0.0',
        messageId: randomUUID(),
        messageTs: '2026-03-01T12:00:00Z',
        action: 'subscribe',
        senderId: sender,
        senderUri: `https://${sender}/registry/on-subscribe`,
        totalCount: 1,
        isEncrypted: false,
        ...more.header,
      },
      message: { transaction_id: `txn-${randomUUID()}`, ...message },
      peer,
      place: placeOf(peer, operationOf('subscribe'), {
        named: more.neutral ? undefined : registry,
        configured: registry,
      }),
      correlationId: randomUUID(),
    };
  };

  const ask = (criteria: readonly object[], asked: Asked = {}): Promise<Reply> => {
    const subscribe_request = criteria.map((one, i) => ({
      reference_id: `ref-${i + 1}`,
      timestamp: '2026-03-01T12:00:00Z',
      subscribe_criteria: {
        reg_event_type: 'REGISTER',
        filter: EVERYTHING,
        notify_record_type: 'Member',
        ...one,
      },
    }));
    const answer = subscribe({ registry, clock, maxPerSender });
    return db.write((tx) => answer(tx, question({ subscribe_request }, asked)));
  };

  const consumer = createConsumer({ db, registry, peers: directory, clock, log: silentLogger });

  return {
    clock,
    registry,
    peers,
    consumer,
    ask,
    question,
    /** Subscribes and answers the items. */
    async items(criteria: readonly object[], asked: Asked = {}): Promise<AnyMessage[]> {
      return ((await ask(criteria, asked)).message as AnyMessage).subscribe_response;
    },
    /** Subscribes to one thing and answers its code; throws when it was refused. */
    async code(criteria: object, asked: Asked = {}): Promise<string> {
      const [item] = await this.items([criteria], asked);
      if (item.status !== 'succ') throw new Error(`${item.status_reason_code}: ${item.status_reason_message}`);
      return item.subscriptions[0].code;
    },
    async end(codes: readonly string[], asked: Asked = {}): Promise<{ reply: Reply; message: AnyMessage }> {
      const answer = unsubscribe({ clock });
      const reply = await db.write((tx) =>
        answer(tx, question({ timestamp: '2026-03-01T12:00:00Z', subscription_codes: codes }, asked)),
      );
      return { reply, message: reply.message };
    },
    /** Works on everything that the feed holds. */
    async match(): Promise<void> {
      while (await consumer.round());
    },
    /** The notifications made for a subscription, oldest first. */
    async told(code: string): Promise<(Delivery & { readonly payload: NotificationPayload })[]> {
      await this.match();
      const all = await db.read((reader) => listDeliveries(reader, { limit: 10_000 }));
      return all.filter(({ kind, subject }) => kind === NOTIFY && subject === code).reverse() as AnyMessage;
    },
  };
};
