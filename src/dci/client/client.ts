import type { Peer, PeerDirectory } from '../../access/index.ts';
import { Fault } from '../../core/fault.ts';
import type { JsonObject } from '../../core/json.ts';
import type { OperationName } from '../operations.ts';
import type { RegistryName } from '../registries/registry.ts';
import type { PeerAnswer, PeerRefusal } from './answer.ts';
import { type SearchQuestion, searchMessage } from './ask-search.ts';
import { type StatusQuestion, statusMessage } from './ask-status.ts';
import { type SubscriptionWish, subscribeMessage, unsubscribeMessage } from './ask-subscribe.ts';
import { type AskedSettings, insertAsked, noteAck } from './asked.store.ts';
import { createReadReply, type ReadReplyDeps } from './read-reply.ts';
import { readSearchMessage, type SearchAnswer } from './read-search.ts';
import { createSend, type SendDeps } from './send.ts';

export interface ClientDeps extends SendDeps, ReadReplyDeps {
  readonly peers: Pick<PeerDirectory, 'bySenderId'>;
}

/** An asynchronous message that a peer took; its answer comes to the inbox. */
export interface Acknowledged {
  readonly transactionId: string;
  readonly correlationId?: string;
  /** Whether the peer announced a callback. */
  readonly follows: boolean;
}

/** Asks other registries; `peerId` is the sender id a peer is registered under. */
export interface DciClient {
  /** Asks and waits for the answer. */
  search(peerId: string, questions: readonly SearchQuestion[]): Promise<SearchAnswer>;
  /** Asks, to be answered later; `settings` say what becomes of the answer. */
  searchLater(peerId: string, questions: readonly SearchQuestion[], settings?: AskedSettings): Promise<Acknowledged>;
  subscribe(peerId: string, wishes: readonly SubscriptionWish[], settings?: AskedSettings): Promise<Acknowledged>;
  unsubscribe(peerId: string, registry: RegistryName, codes: readonly string[]): Promise<Acknowledged>;
  /** What became of an earlier message, in the peer's own words. */
  status(peerId: string, registry: RegistryName, question: StatusQuestion): Promise<JsonObject>;
  statusLater(peerId: string, registry: RegistryName, question: StatusQuestion): Promise<Acknowledged>;
}

const inWords = ({ status, code, message }: PeerRefusal): string =>
  [code ?? `status ${status}`, message].filter((part) => part !== undefined).join(': ');

const refused = (peer: Peer, refusal: PeerRefusal): Fault =>
  new Fault('dci.ask-refused', `${peer.senderId} refused it: ${inWords(refusal)}`, {
    status: refusal.status,
    ...(refusal.code === undefined ? {} : { peerCode: refusal.code }),
  });

const unusable = (peer: Peer, why: string): Fault =>
  new Fault('dci.answer-unusable', `${peer.senderId} answered what cannot be used: ${why}`);

const registryOf = (asked: readonly { readonly registry: RegistryName }[]): RegistryName => {
  const [first] = asked;
  if (!first) throw new Fault('dci.request-invalid', 'there is nothing to ask');
  return first.registry;
};

interface Later {
  readonly operation: OperationName;
  readonly registry: RegistryName;
  readonly message: { readonly transaction_id: string };
  readonly total: number;
  readonly settings: AskedSettings;
}

/** The client side of DCI (dci.md §13): exactly one message for each call, whatever its number of items. */
export const createDciClient = (deps: ClientDeps): DciClient => {
  const send = createSend(deps);
  const readReply = createReadReply(deps);
  const { clock } = deps;

  const peerOf = async (peerId: string): Promise<Peer> => {
    const peer = await deps.peers.bySenderId(peerId);
    if (!peer) throw new Fault('peer.unknown', `there is no active peer ${peerId}`);
    return peer;
  };

  const askLater = async (peerId: string, later: Later): Promise<Acknowledged> => {
    const peer = await peerOf(peerId);
    const { operation, registry, message, total, settings } = later;
    if (settings.take && !peer.source) {
      throw new Fault(
        'peer.invalid',
        `records of ${peerId} may not be taken in: it is no source (peer update --source)`,
      );
    }
    const transactionId = message.transaction_id;
    const { answer } = await send(
      { peer, operation, registry, message, total },
      {
        // Before it is sent: a callback may be faster than its Ack.
        sending: (tx) =>
          insertAsked(tx, { transactionId, peer: peer.senderId, operation, registry, settings }, clock()),
        answered: async (tx, given) => {
          const ack = toAck(given);
          await noteAck(tx, transactionId, ack);
        },
      },
    );
    if (answer.is === 'refusal') throw refused(peer, answer);
    if (answer.is === 'unreadable') throw unusable(peer, answer.why);
    const correlationId = answer.is === 'ack' ? answer.correlationId : undefined;
    const follows = answer.is === 'ack' && answer.follows;
    return { transactionId, follows, ...(correlationId === undefined ? {} : { correlationId }) };
  };

  const toAck = (answer: PeerAnswer): Parameters<typeof noteAck>[2] => {
    if (answer.is === 'ack') {
      return {
        state: 'acknowledged',
        ...(answer.correlationId === undefined ? {} : { correlationId: answer.correlationId }),
      };
    }
    if (answer.is === 'refusal') return { state: 'refused', reason: inWords(answer) };
    return { state: 'refused', reason: answer.is === 'unreadable' ? answer.why : 'the answer is no Ack' };
  };

  const askNow = async (
    peerId: string,
    ask: {
      readonly operation: OperationName;
      readonly registry: RegistryName;
      readonly message: object;
      readonly total: number;
    },
    answeredBy: OperationName,
  ) => {
    const peer = await peerOf(peerId);
    const { answer } = await send({ peer, ...ask });
    if (answer.is === 'refusal') throw refused(peer, answer);
    if (answer.is === 'unreadable') throw unusable(peer, answer.why);
    if (answer.is === 'ack')
      throw unusable(peer, 'it announced a later answer to a question that asked for one at once');
    const reply = await readReply(peer, answer.received, answeredBy);
    return { peer, reply };
  };

  return {
    async search(peerId, questions) {
      const registry = registryOf(questions);
      const message = searchMessage(questions, clock());
      const ask = { operation: 'sync/search', registry, message, total: questions.length } as const;
      const { peer, reply } = await askNow(peerId, ask, 'on-search');
      const answer = readSearchMessage(reply.message);
      if (answer.items.length === 0 && reply.reason) throw refused(peer, { status: 200, ...reply.reason });
      return answer;
    },
    searchLater: (peerId, questions, settings = {}) =>
      askLater(peerId, {
        operation: 'search',
        registry: registryOf(questions),
        message: searchMessage(questions, clock()),
        total: questions.length,
        settings,
      }),
    subscribe: (peerId, wishes, settings = {}) =>
      askLater(peerId, {
        operation: 'subscribe',
        registry: registryOf(wishes),
        message: subscribeMessage(wishes, clock()),
        total: wishes.length,
        settings,
      }),
    unsubscribe: (peerId, registry, codes) =>
      askLater(peerId, {
        operation: 'unsubscribe',
        registry,
        message: unsubscribeMessage(codes, clock()),
        total: codes.length,
        settings: { codes },
      }),
    async status(peerId, registry, question) {
      const ask = { operation: 'sync/txn/status', registry, message: statusMessage(question), total: 1 } as const;
      const { reply } = await askNow(peerId, ask, 'txn/on-status');
      return reply.message['txnstatus_response'] as JsonObject;
    },
    statusLater: (peerId, registry, question) =>
      askLater(peerId, { operation: 'txn/status', registry, message: statusMessage(question), total: 1, settings: {} }),
  };
};
