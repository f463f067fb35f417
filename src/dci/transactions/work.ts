import type { PeerDirectory } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import { newRandomId } from '../../core/ids.ts';
import type { Logger } from '../../core/log.ts';
import { enqueue } from '../../delivery/index.ts';
import { startPump } from '../../jobs/index.ts';
import type { Database, Tx } from '../../storage/index.ts';
import type { Answerer } from '../answerer.ts';
import type { Question, Reply } from '../exchange.ts';
import { type OperationName, operationOf } from '../operations.ts';
import { placeOf } from '../place.ts';
import { callbackDraft } from './callback.ts';
import { keysOf } from './kinds.ts';
import type { Transaction } from './transaction.ts';
import { abandon, claim, lockWaiting, nextDue, putOff, saveReply, TRANSACTIONS_TOPIC } from './transactions.store.ts';

export interface WorkDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly peers: Pick<PeerDirectory, 'bySenderId'>;
  readonly answerers: ReadonlyMap<OperationName, Answerer>;
  /** `DELIVERY_RETRY_BASE_MS` */
  readonly retryBaseMs: number;
}

// A claim only keeps others from doing the same work for nothing: an answer is kept by whoever comes first. So it is
// short, and what a killed process had begun is begun again soon.
const CLAIM_MS = 3000;
const AT_ONCE = 4;
const MAX_TRIES = 5;
// What fails here is ours (a database that is away), so it is tried again sooner than a peer.
const LONGEST_FIRST_PAUSE_MS = 500;

/** The question as it was let in: with the rights that its token had, and the peer's policy as it is by now. */
const toQuestion = ({ question, correlationId, operation }: Transaction, registered: Question['peer']): Question => {
  const { header, message, registry, neutral, scopes } = question;
  const peer = { ...registered, scopes };
  const named = neutral ? undefined : registry;
  return {
    header,
    message,
    peer,
    correlationId,
    place: placeOf(peer, operationOf(operation), { named, configured: registry }),
  };
};

const failure = (answerer: Answerer, question: Question, now: number): Reply => ({
  action: answerer.action,
  status: 'rjct',
  reason: { code: 'rjct.errors.too_many', message: 'the question could not be worked on; ask again' },
  total: question.header.totalCount,
  completed: 0,
  message: answerer.nothing(question, now),
});

/**
 * Works on what was acknowledged, behind the table of transactions: the answer and the delivery of its callback are
 * one commit, so that a kill at any moment neither loses nor doubles a callback.
 */
export const startTransactionWorker = ({
  db,
  clock,
  log,
  peers,
  answerers,
  retryBaseMs,
}: WorkDeps): { stop(): Promise<void> } => {
  const underWay = new Map<number, Promise<void>>();
  const firstPause = Math.min(retryBaseMs, LONGEST_FIRST_PAUSE_MS);

  const keep = async (tx: Tx, transaction: Transaction, question: Question, reply: Reply): Promise<void> => {
    const now = clock();
    const replyId = newRandomId();
    await saveReply(tx, transaction, { reply, replyId, keys: keysOf(transaction.operation, reply.message), now });
    const url = question.header.senderUri ?? question.peer.callback;
    // Without an address the answer waits to be asked for (dci.md §2.3).
    if (url !== undefined) await enqueue(tx, [callbackDraft(transaction, url)], now);
  };

  const answer = async (transaction: Transaction, question: Question, answerer: Answerer): Promise<void> => {
    const read = 'read' in answerer ? await answerer.read(question) : undefined;
    await db.write(async (tx) => {
      if (!(await lockWaiting(tx, transaction.seq))) return;
      const reply = read ?? ('write' in answerer ? await answerer.write(tx, question) : undefined);
      if (reply) await keep(tx, transaction, question, reply);
    });
  };

  const putOffOnce = (transaction: Transaction): Promise<void> =>
    db.write((tx) => putOff(tx, transaction.seq, clock() + firstPause * 2 ** Math.min(transaction.tries, MAX_TRIES)));

  const fail = async (transaction: Transaction, question: Question, answerer: Answerer): Promise<void> => {
    if (transaction.tries + 1 < MAX_TRIES) return await putOffOnce(transaction);
    try {
      await db.write(async (tx) => {
        if (!(await lockWaiting(tx, transaction.seq))) return;
        await keep(tx, transaction, question, failure(answerer, question, clock()));
      });
    } catch (error) {
      // Not even that can be kept: it stays, and is looked at now and then.
      await putOffOnce(transaction);
      throw error;
    }
  };

  const work = async (transaction: Transaction): Promise<void> => {
    const peer = await peers.bySenderId(transaction.senderId);
    const answerer = answerers.get(transaction.operation);
    if (!peer || !answerer) return await db.write((tx) => abandon(tx, transaction.seq));
    const question = toQuestion(transaction, peer);
    try {
      await answer(transaction, question, answerer);
    } catch (error) {
      log.error({ err: error, correlation: transaction.correlationId }, 'an asynchronous question failed');
      await fail(transaction, question, answerer);
    }
  };

  const start = (transaction: Transaction): void => {
    const running = work(transaction)
      .catch((error: unknown) => log.error({ err: error, correlation: transaction.correlationId }, 'cannot go on'))
      .finally(() => {
        underWay.delete(transaction.seq);
        pump.wakeUp();
      });
    underWay.set(transaction.seq, running);
  };

  const round = async (): Promise<boolean> => {
    const limit = AT_ONCE - underWay.size;
    if (limit <= 0) return false;
    const claimed = await db.write((tx) => claim(tx, { now: clock(), leaseMs: CLAIM_MS, limit }));
    for (const transaction of claimed) if (!underWay.has(transaction.seq)) start(transaction);
    return claimed.length > 0;
  };

  const pump = startPump({
    db,
    clock,
    log,
    name: 'look for transactions',
    topic: TRANSACTIONS_TOPIC,
    nextDue: () => db.read(nextDue),
    round,
  });

  return {
    async stop() {
      await pump.stop();
      await Promise.all(underWay.values());
    },
  };
};
