import { toTimestamp } from './core/clock.ts';
import { isObject } from './core/json.ts';
import type { DciDeps } from './dci/deps.ts';
import type { Exchange } from './dci/exchange.ts';
import type { Ledger } from './ledger/index.ts';
import type { EntryDraft } from './ledger/ports.ts';

// Identifiers beyond this many in one message are not listed one by one; the message as a whole is still kept.
const MAX_SUBJECTS = 5000;

/** The identifiers of people named in a message, wherever they stand: erasure finds the message by them. */
const subjectsOf = (value: unknown, found: Set<string> = new Set()): ReadonlySet<string> => {
  if (found.size >= MAX_SUBJECTS) return found;
  if (Array.isArray(value)) for (const item of value) subjectsOf(item, found);
  else if (isObject(value)) {
    const named = value['identifier_value'];
    if (typeof named === 'string') found.add(named);
    if (typeof value['type'] === 'string' && typeof value['value'] === 'string') found.add(value['value']);
    for (const member of Object.values(value)) if (typeof member === 'object') subjectsOf(member, found);
  }
  return found;
};

const parse = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined; // broken JSON is recorded too; it names nobody that could be found
  }
};

const idsOf = (envelope: unknown): Pick<EntryDraft, 'transactionId' | 'correlationId'> => {
  const message = isObject(envelope) && isObject(envelope['message']) ? envelope['message'] : {};
  const text = (name: string): string | undefined => {
    const value = message[name];
    return typeof value === 'string' && value.length <= 99 ? value : undefined;
  };
  const transactionId = text('transaction_id');
  const correlationId = text('correlation_id');
  return { ...(transactionId ? { transactionId } : {}), ...(correlationId ? { correlationId } : {}) };
};

const toBytes = (answer: unknown): Buffer =>
  Buffer.isBuffer(answer) ? answer : Buffer.from(typeof answer === 'string' ? answer : '');

/** The two entries of one call: what came in with what was found out about it, and what went out. */
const toDrafts = (exchange: Exchange, answeredAt: string): readonly [EntryDraft, EntryDraft] => {
  const { peer, claims, verification, body, fault, status } = exchange;
  const answer = toBytes(exchange.answer);
  const [question, reply] = [body && parse(body), parse(answer)];
  const common = {
    kind: 'message' as const,
    endpoint: `POST ${exchange.path}`,
    ...(peer ? { peer: peer.senderId } : {}),
    ...(status === undefined ? {} : { status }),
  };
  return [
    {
      ...common,
      direction: 'in',
      at: toTimestamp(exchange.receivedAt),
      ...(claims?.messageId ? { messageId: claims.messageId } : {}),
      ...idsOf(question),
      ...(fault ? { refusal: fault } : {}),
      ...(verification && peer
        ? { signature: { ...verification, sender: peer.senderId, keySource: peer.jwksUrl ?? 'registered' } }
        : {}),
      ...(body ? { body, subjects: [...subjectsOf(question)] } : {}),
    },
    {
      ...common,
      direction: 'out',
      at: answeredAt,
      ...idsOf(reply),
      replyTo: { draft: 0 },
      body: answer,
      subjects: [...subjectsOf(reply)],
    },
  ];
};

/** Puts each DCI call with its answer on the ledger, durable before the answer leaves (dci.md §15.15). */
export const recordDci =
  (ledger: Pick<Ledger, 'record' | 'recordStranger'>, clock: () => number): NonNullable<DciDeps['record']> =>
  async (exchange) => {
    const [question, reply] = toDrafts(exchange, toTimestamp(clock()));
    // Whoever has no token is nobody we know: kept short, and counted above a rate, so that garbage fills no disk.
    if (exchange.peer) await ledger.record([question, reply]);
    else await ledger.recordStranger(question);
  };
