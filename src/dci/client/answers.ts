import type { PeerDirectory } from '../../access/index.ts';
import { Fault } from '../../core/fault.ts';
import { isObject } from '../../core/json.ts';
import type { Ledger } from '../../ledger/index.ts';
import type { Database } from '../../storage/index.ts';
import { type Outcome, readAnswers } from '../inbox/received.store.ts';
import { type Asked, readAsked } from './asked.store.ts';
import type { ReadReplyDeps } from './read-reply.ts';

export interface AnswersDeps extends ReadReplyDeps {
  readonly db: Database;
  readonly ledger: Pick<Ledger, 'find'>;
  readonly peers: Pick<PeerDirectory, 'bySenderId'>;
}

/** What was called back to a message of ours. */
export interface CalledBack {
  readonly asked: Asked;
  readonly answers: readonly {
    readonly messageId: string;
    /** In plain; absent when it was erased from the ledger. */
    readonly message?: unknown;
    readonly outcome: Outcome;
  }[];
}

/** Reads what was called back from the ledger, where its exact bytes are. */
export const createAnswers = ({ db, ledger, peers, decryptMessage }: AnswersDeps) => {
  const messageOf = async (senderId: string, messageId: string): Promise<unknown> => {
    const { entries } = await ledger.find({ peer: senderId, messageId, direction: 'in', bodies: true });
    const body = entries.find(({ entry, body }) => body !== undefined && entry?.['refusal'] === undefined)?.body;
    if (!body) return undefined;
    const envelope: unknown = JSON.parse(body.toString('utf8'));
    if (!isObject(envelope)) return undefined;
    const header = isObject(envelope['header']) ? envelope['header'] : {};
    if (String(header['is_msg_encrypted'] ?? '').toLowerCase() !== 'true') return envelope['message'];
    const peer = await peers.bySenderId(senderId);
    return decryptMessage && peer ? await decryptMessage(envelope['message'], peer) : envelope['message'];
  };

  return async (transactionId: string): Promise<CalledBack> => {
    const asked = await db.read((reader) => readAsked(reader, transactionId));
    if (!asked) throw new Fault('dci.transaction-unknown', `we began no transaction ${transactionId}`);
    const received = await db.read((reader) => readAnswers(reader, transactionId));
    const answers = await Promise.all(
      received.map(async (one) => ({ ...one, message: await messageOf(asked.peer, one.messageId) })),
    );
    return { asked, answers };
  };
};
export type Answers = ReturnType<typeof createAnswers>;
