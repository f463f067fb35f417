import type { Knex } from 'knex';
import { chunk } from '../../core/async.ts';
import { toTimestamp } from '../../core/clock.ts';
import { insertRows, knexOf, type Reader, type Tx, wake } from '../../storage/index.ts';
import type { Reply } from '../exchange.ts';
import { toColumn } from '../to-column.ts';
import type {
  AsyncOperation,
  NewTransaction,
  StoredQuestion,
  Transaction,
  TransactionKey,
  TransactionState,
} from './transaction.ts';

/** Woken when a transaction can be worked on. */
export const TRANSACTIONS_TOPIC = 'dci-transactions';

export interface Row {
  readonly seq: number;
  readonly correlation_id: string;
  readonly sender_id: string;
  readonly message_id: string;
  readonly operation: AsyncOperation;
  readonly state: TransactionState;
  readonly tries: number;
  readonly accepted_at: string;
  readonly question: string;
  readonly reply: string | null;
  readonly reply_id: string | null;
  readonly sealed: string | null;
  readonly erased_at: string | null;
}

export const fromRow = (row: Row): Transaction => ({
  seq: row.seq,
  correlationId: row.correlation_id,
  senderId: row.sender_id,
  messageId: row.message_id,
  operation: row.operation,
  state: row.state,
  tries: row.tries,
  acceptedAt: row.accepted_at,
  question: JSON.parse(row.question) as StoredQuestion,
  ...(row.reply === null ? {} : { reply: JSON.parse(row.reply) as Reply }),
  ...(row.reply_id === null ? {} : { replyId: row.reply_id }),
  ...(row.sealed === null ? {} : { sealed: JSON.parse(row.sealed) as object }),
  isErased: row.erased_at !== null,
});

const insertKeys = async (tx: Tx, senderId: string, seq: number, keys: readonly TransactionKey[]): Promise<void> => {
  const rows = keys.map(({ kind, value }) => [senderId, kind, toColumn(value), seq]);
  const columns = ['sender_id', 'kind', 'value', 'transaction_seq'];
  await insertRows(tx, 'dci_transaction_keys', columns, rows, 'on conflict do nothing');
};

/** Answers its number; `undefined` when the message has a transaction already. */
export const insertTransaction = async (tx: Tx, given: NewTransaction, now: number): Promise<number | undefined> => {
  const [inserted]: { seq: number }[] = await knexOf(tx)('dci_transactions')
    .insert({
      correlation_id: given.correlationId,
      sender_id: given.senderId,
      message_id: toColumn(given.messageId),
      transaction_id: toColumn(given.transactionId),
      operation: given.operation,
      state: 'waiting',
      due_ms: given.due,
      accepted_at: toTimestamp(now),
      question: JSON.stringify(given.question),
    })
    .onConflict(['sender_id', 'message_id'])
    .ignore()
    .returning('seq');
  if (inserted) await insertKeys(tx, given.senderId, inserted.seq, given.keys);
  return inserted?.seq;
};

/** Lets transactions be worked on from now on. */
export const release = async (tx: Tx, correlationIds: readonly string[], now: number): Promise<void> => {
  await knexOf(tx)('dci_transactions')
    .whereIn('correlation_id', [...correlationIds])
    .andWhere('state', 'waiting')
    .update({ due_ms: now });
  await wake(tx, TRANSACTIONS_TOPIC);
};

export const nextDue = async (reader: Reader): Promise<number | undefined> => {
  const first: { due_ms: number } | undefined = await knexOf(reader)('dci_transactions')
    .select('due_ms')
    .where('state', 'waiting')
    .orderBy(['due_ms', 'seq'])
    .first();
  return first?.due_ms;
};

/** Takes the oldest that are due for `leaseMs`: whoever is killed meanwhile loses them when that time is up. */
export const claim = async (
  tx: Tx,
  { now, leaseMs, limit }: { readonly now: number; readonly leaseMs: number; readonly limit: number },
): Promise<readonly Transaction[]> => {
  const rows: Row[] = await knexOf(tx)('dci_transactions')
    .where('state', 'waiting')
    .andWhere('due_ms', '<=', now)
    .orderBy(['due_ms', 'seq'])
    .limit(limit)
    .modify((query) => tx.profile.skipLocked && query.forUpdate().skipLocked());
  if (rows.length > 0) {
    await knexOf(tx)('dci_transactions')
      .whereIn(
        'seq',
        rows.map(({ seq }) => seq),
      )
      .update({ due_ms: now + leaseMs });
  }
  return rows.map(fromRow);
};

/** Whether a transaction still waits; until the end of `tx` nobody else can answer it. */
export const lockWaiting = async (tx: Tx, seq: number): Promise<boolean> => {
  const row = await knexOf(tx)('dci_transactions')
    .select('seq')
    .where({ seq, state: 'waiting' })
    .modify((query) => tx.profile.skipLocked && query.forUpdate())
    .first();
  return row !== undefined;
};

export const saveReply = async (
  tx: Tx,
  transaction: Pick<Transaction, 'seq' | 'senderId'>,
  { reply, replyId, keys, now }: { reply: Reply; replyId: string; keys: readonly TransactionKey[]; now: number },
): Promise<void> => {
  const { seq, senderId } = transaction;
  await knexOf(tx)('dci_transactions')
    .where({ seq })
    .update({ state: 'answered', reply: JSON.stringify(reply), reply_id: replyId, answered_at: toTimestamp(now) });
  await insertKeys(tx, senderId, seq, keys);
};

export const putOff = async (tx: Tx, seq: number, due: number): Promise<void> => {
  await knexOf(tx)('dci_transactions')
    .where({ seq, state: 'waiting' })
    .update({ due_ms: due, tries: knexOf(tx).raw('tries + 1') });
};

export const abandon = async (tx: Tx, seq: number): Promise<void> => {
  await knexOf(tx)('dci_transactions').where({ seq, state: 'waiting' }).update({ state: 'abandoned' });
};

/**
 * Keeps the encrypted form of a callback's message; the first one stays. Answers the one that is kept; none when the
 * transaction was erased meanwhile.
 */
export const keepSealed = async (tx: Tx, seq: number, sealed: object): Promise<object | undefined> => {
  await knexOf(tx)('dci_transactions')
    .where({ seq })
    .whereNull('sealed')
    .whereNull('erased_at')
    .update({ sealed: JSON.stringify(sealed) });
  const row: Pick<Row, 'sealed'> = await knexOf(tx)('dci_transactions').select('sealed').where({ seq }).first();
  return row.sealed === null ? undefined : (JSON.parse(row.sealed) as object);
};

const firstOf = async (query: Knex.QueryBuilder): Promise<Transaction | undefined> => {
  const row: Row | undefined = await query.first();
  return row && fromRow(row);
};

export const findByCorrelation = (reader: Reader, correlationId: string): Promise<Transaction | undefined> =>
  firstOf(knexOf(reader)('dci_transactions').where({ correlation_id: toColumn(correlationId) }));

export const findByMessage = (reader: Reader, senderId: string, messageId: string): Promise<Transaction | undefined> =>
  firstOf(knexOf(reader)('dci_transactions').where({ sender_id: senderId, message_id: toColumn(messageId) }));

/** Transactions of one sender, newest first; `operation` absent: of any kind. */
const ofSender = (reader: Reader, senderId: string, operations: readonly AsyncOperation[]): Knex.QueryBuilder =>
  knexOf(reader)('dci_transactions as t')
    .select('t.*')
    .where('t.sender_id', senderId)
    .whereNot('t.state', 'abandoned')
    .whereIn('t.operation', [...operations])
    .orderBy('t.seq', 'desc');

/** The newest of a sender's transactions with this id: a requester that uses an id again asks about the last one. */
export const findByTransactionId = (
  reader: Reader,
  senderId: string,
  operations: readonly AsyncOperation[],
  transactionId: string,
): Promise<Transaction | undefined> =>
  firstOf(ofSender(reader, senderId, operations).where('t.transaction_id', toColumn(transactionId)));

// One status question names at most 1000 keys; each statement asks for a part of them.
const KEYS_PER_STATEMENT = 500;

/** The sender's transactions that one of the keys stands in, newest first. */
export const findByKeys = async (
  reader: Reader,
  senderId: string,
  operations: readonly AsyncOperation[],
  { kind, values, limit }: { kind: TransactionKey['kind']; values: readonly string[]; limit: number },
): Promise<readonly Transaction[]> => {
  const found = new Map<number, Transaction>();
  for (const some of chunk([...new Set(values.map(toColumn))], KEYS_PER_STATEMENT)) {
    const rows: Row[] = await ofSender(reader, senderId, operations)
      .whereIn('t.seq', (keys) =>
        keys
          .select('k.transaction_seq')
          .from('dci_transaction_keys as k')
          .where({ 'k.sender_id': senderId, 'k.kind': kind })
          .whereIn('k.value', some),
      )
      .limit(limit);
    for (const row of rows) found.set(row.seq, fromRow(row));
  }
  return [...found.values()].sort((a, b) => b.seq - a.seq).slice(0, limit);
};
