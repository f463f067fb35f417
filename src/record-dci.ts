import { hash } from 'node:crypto';
import { type Clock, toTimestamp } from './core/clock.ts';
import { isObject } from './core/json.ts';
import { idsOf, subjectsOf } from './dci/entry-facts.ts';
import type { CallRecorder, Exchange } from './dci/exchange.ts';
import type { EntryDraft, LedgerWriter } from './ledger/ports.ts';
import { createBatcher, type Database } from './storage/index.ts';
import type { Acceptance, IncomingMessage, SeenMessages } from './trust/index.ts';

const toQuestion = ({ peer, claims, verification, body, fault, ...exchange }: Exchange): Partial<EntryDraft> => {
  // An encrypted message says nothing on the wire; who is named in it is known from the plain one.
  const message = exchange.message ?? exchange.envelope?.['message'];
  return {
    ...(claims?.messageId ? { messageId: claims.messageId } : {}),
    ...idsOf(message),
    ...(fault ? { refusal: fault } : {}),
    ...(verification && peer
      ? { signature: { ...verification, sender: peer.senderId, keySource: peer.jwksUrl ?? 'registered' } }
      : {}),
    ...(body ? { body, subjects: [...subjectsOf(message)] } : {}),
  };
};

/** Acks and refusals are small, and made as text: their ids are read back. */
const idsOfAck = (answer: Buffer): Pick<EntryDraft, 'correlationId'> => {
  try {
    const ack: unknown = JSON.parse(answer.toString('utf8'));
    return idsOf(isObject(ack) ? ack['message'] : undefined);
  } catch {
    return {};
  }
};

const toReply = ({ reply, answer }: Exchange): Partial<EntryDraft> => {
  const body = Buffer.isBuffer(answer) ? answer : Buffer.alloc(0);
  if (!reply) return { body, ...idsOfAck(body) };
  const { messageId, message, subjects, signature, from } = reply;
  return {
    body,
    messageId,
    ...idsOf(message),
    signature: { ...signature, sender: from, keySource: 'own' },
    subjects: [...(subjects ?? subjectsOf(message))],
  };
};

/** The two entries of one call: what came in with what was found out about it, and what went out. */
const toDrafts = (exchange: Exchange, answeredAt: string): readonly [EntryDraft, EntryDraft] => {
  const { peer, path, status } = exchange;
  const common = {
    kind: 'message' as const,
    endpoint: `POST ${path}`,
    ...(peer ? { peer: peer.senderId } : {}),
    ...(status === undefined ? {} : { status }),
  };
  return [
    { ...common, ...toQuestion(exchange), direction: 'in', at: toTimestamp(exchange.receivedAt) },
    { ...common, ...toReply(exchange), direction: 'out', at: answeredAt, replyTo: { draft: 0 } },
  ];
};

const toIncoming = ({ peer, claims, body }: Exchange): IncomingMessage => {
  if (!peer || !claims?.messageId || !body) throw new Error('only a message that passed every check is accepted');
  return {
    senderId: peer.senderId,
    messageId: claims.messageId,
    digest: hash('sha256', body, 'buffer'),
  };
};

interface Deps {
  readonly db: Database;
  readonly ledger: Pick<LedgerWriter, 'append' | 'record' | 'recordStranger'>;
  readonly seenMessages: SeenMessages;
  readonly clock: Clock;
}

interface Call {
  readonly incoming: IncomingMessage;
  readonly drafts: readonly EntryDraft[];
}

/**
 * The keeper of DCI calls. An accepted message's id and its entries are one commit: an id that is used up has its call
 * on the ledger, and nothing is answered before both are durable.
 */
export const recordDci = ({ db, ledger, seenMessages, clock }: Deps): CallRecorder => {
  const draft = (exchange: Exchange) => toDrafts(exchange, toTimestamp(clock()));

  const accept = createBatcher<Call, Acceptance>(db, async (tx, calls) => {
    const acceptances = await seenMessages.acceptIn(
      tx,
      calls.map(({ incoming }) => incoming),
    );
    calls.forEach(({ drafts }, i) => {
      if (acceptances[i] === 'accepted') ledger.append(tx, drafts);
    });
    return acceptances;
  });

  return {
    async record(exchange) {
      const [question, reply] = draft(exchange);
      // Whoever has no token is nobody we know: kept short, and counted above a rate, so that garbage fills no disk.
      if (exchange.peer) await ledger.record([question, reply]);
      else await ledger.recordStranger(question);
    },
    accept: (exchange) => accept({ incoming: toIncoming(exchange), drafts: draft(exchange) }),
    async acceptIn(tx, exchange) {
      const [acceptance] = await seenMessages.acceptIn(tx, [toIncoming(exchange)]);
      if (acceptance === 'accepted') ledger.append(tx, draft(exchange));
      return acceptance as Acceptance;
    },
  };
};
