import type { Clock } from '../../core/clock.ts';
import { newRandomId } from '../../core/ids.ts';
import { isObject } from '../../core/json.ts';
import type { Database, Reader } from '../../storage/index.ts';
import type { Answerer } from '../answerer.ts';
import { given, idText } from '../envelope.ts';
import type { Question, Reply } from '../exchange.ts';
import type { RegistryName } from '../registries/registry.ts';
import { kinds } from './kinds.ts';
import { type AskedKeys, mergeAnswers } from './merge-answers.ts';
import type { StatusOperation, Transaction } from './transaction.ts';
import { findByCorrelation, findByKeys, findByTransactionId } from './transactions.store.ts';

export interface StatusDeps {
  readonly db: Database;
  readonly clock: Clock;
}

type Members = Readonly<Record<string, unknown>>;

/** Part of a message that fits `accept/txn-status.json`. */
interface StatusRequest {
  readonly txn_type?: unknown;
  readonly attribute_type: string;
  readonly attribute_value: string | number | readonly (string | number)[];
}

const statusOperations = Object.keys(kinds) as readonly StatusOperation[];

/** The type that is asked about, in the spellings of C8 and C9; `undefined`: whichever the transaction is. */
const typeOf = (given: string | undefined): StatusOperation | undefined => {
  const bare = given?.replace(/^on-/, '').replace('subscibe', 'subscribe');
  return statusOperations.find((one) => one === bare);
};

// A list of references may stand in as many transactions; the newest of them are looked through.
const MAX_TRANSACTIONS = 100;

const valuesOf = (value: StatusRequest['attribute_value']): readonly string[] =>
  (Array.isArray(value) ? value : [value]).map(idText);

/** The transactions that a request means, newest first, and which of their items; only the sender's own. */
const find = async (
  reader: Reader,
  senderId: string,
  type: StatusOperation | undefined,
  { attribute_type: attribute, attribute_value: value }: StatusRequest,
): Promise<{ readonly found: readonly Transaction[]; readonly asked?: AskedKeys }> => {
  const operations = type ? [type] : statusOperations;
  const values = valuesOf(value);
  const [first = ''] = values;
  if (attribute === 'transaction_id') {
    const one = await findByTransactionId(reader, senderId, operations, first);
    return { found: one ? [one] : [] };
  }
  if (attribute === 'correlation_id') {
    const one = await findByCorrelation(reader, first);
    const isMeant = one?.senderId === senderId && operations.some((operation) => operation === one.operation);
    return { found: isMeant && one.state !== 'abandoned' ? [one] : [] };
  }
  const kind = attribute.startsWith('reference') ? 'reference' : 'code';
  const found = await findByKeys(reader, senderId, operations, { kind, values, limit: MAX_TRANSACTIONS });
  // One answer is of one type: that of the newest, when none was named.
  const newest = found[0]?.operation;
  return { found: found.filter(({ operation }) => operation === newest), asked: { kind, values } };
};

const transactionIdOf = ({ question }: Transaction): string =>
  idText((question.message as { transaction_id: unknown }).transaction_id);

/** What a transaction says by now: its answer, or that it is being worked on. */
const sayOf = (transaction: Transaction, now: number): Members => {
  const { operation, correlationId, question, reply } = transaction;
  const transactionId = transactionIdOf(transaction);
  const asked = question.message as Members;
  if (operation === 'receipt') {
    return { receipt_information: asked['receipt_information'], transaction_id: transactionId };
  }
  if (reply) return reply.message as Members;
  return kinds[operation as StatusOperation].pending({ transactionId, correlationId }, asked, now) as Members;
};

/** Civil and farmer registries type the records in a status as an object: there only how far it is is told (§6). */
const hidesData = (registry: RegistryName): boolean => registry === 'crvs' || registry === 'fr';

const withoutData = (message: Members): Members => {
  const items = message['search_response'];
  if (!Array.isArray(items)) return message;
  return { ...message, search_response: items.map((item) => (isObject(item) ? dropData(item) : item)) };
};

const dropData = ({ data: _data, ...item }: Members): Members => item;

/** A transaction that nobody knows, or that is another sender's: which of the two is not told. */
const unknown = (question: Question, type: StatusOperation, request: StatusRequest, now: number): Members => {
  const { attribute_type: attribute, attribute_value: value } = request;
  const [first = ''] = valuesOf(value);
  const own = idText((question.message as Members)['transaction_id']);
  const ids = {
    transactionId: attribute === 'transaction_id' ? first : own,
    correlationId: attribute === 'correlation_id' ? first : newRandomId(),
  };
  if (type === 'receipt') return { receipt_information: {}, transaction_id: ids.transactionId };
  return kinds[type].nothing(ids, now) as Members;
};

/** Answers how far transactions are (dci.md §6): the stored answer, the same shape that says `pdng`, or nothing. */
const answerStatus =
  ({ db, clock }: StatusDeps) =>
  async (question: Question): Promise<Reply> => {
    const now = clock();
    const message = question.message as { transaction_id: unknown; txnstatus_request: StatusRequest };
    const request = message.txnstatus_request;
    const named = typeOf(given(request.txn_type));
    const { senderId } = question.peer;
    const { found, asked } = await db.snapshot((reader) => find(reader, senderId, named, request));
    const [newest] = found;
    const type = named ?? (newest?.operation as StatusOperation | undefined) ?? 'search';
    const isRunning = found.some(({ state }) => state === 'waiting');
    const said = newest
      ? mergeAnswers(
          found.map((one) => sayOf(one, now)),
          asked,
        )
      : unknown(question, type, request, now);
    return {
      action: 'txn-on-status',
      ...(newest
        ? { status: isRunning ? 'pdng' : 'succ' }
        : { status: 'rjct', reason: { code: 'rjct.errors.too_many', message: 'no such transaction of this sender' } }),
      total: 1,
      completed: isRunning ? 0 : 1,
      message: {
        correlation_id: question.correlationId,
        transaction_id: idText(message.transaction_id),
        txnstatus_response: {
          txn_status: hidesData(question.place.registry) ? withoutData(said) : said,
          txn_type: type,
        },
      },
    };
  };

const nothing: Answerer['nothing'] = (question, now) => {
  const message = question.message as { transaction_id: unknown; txnstatus_request: StatusRequest };
  const type = typeOf(given(message.txnstatus_request.txn_type)) ?? 'search';
  return {
    correlation_id: question.correlationId,
    transaction_id: idText(message.transaction_id),
    txnstatus_response: { txn_status: unknown(question, type, message.txnstatus_request, now), txn_type: type },
  };
};

export const statusAnswerer = (deps: StatusDeps): Answerer => ({
  action: 'txn-on-status',
  read: answerStatus(deps),
  nothing,
});
