import { hash } from 'node:crypto';
import { type Clock, systemClock } from '../core/clock.ts';
import { insertReturning, knexOf, type Reader, type Tx } from '../storage/index.ts';

/**
 * What became of a message id: `accepted` for the first time, `identical` when the same bytes were accepted before,
 * `duplicate` when other bytes were.
 */
export type Acceptance = 'accepted' | 'identical' | 'duplicate';

/** A message that passed every check, about to be accepted. `digest` is a hash of its exact bytes. */
export interface IncomingMessage {
  readonly senderId: string;
  readonly messageId: string;
  readonly digest: Buffer;
}

/** Remembers for ever which messages were accepted (dci.md §15.9). */
export interface SeenMessages {
  /**
   * Accepts within a transaction, so that the id is used up exactly if that commits; of a list, each for itself. An id
   * that another transaction is using up is waited for: call it first, before anything that others wait for.
   */
  acceptIn(tx: Tx, messages: readonly IncomingMessage[]): Promise<readonly Acceptance[]>;
}

interface Row {
  readonly id: Buffer;
  readonly digest: Buffer;
  readonly at: number;
}

// Half of SHA-256: meeting another id by accident is out of the question, and somebody who looked for two ids that
// meet could only get messages of their own refused.
const HASH_BYTES = 16;

const idOf = ({ senderId, messageId }: IncomingMessage): Buffer =>
  hash('sha256', JSON.stringify([senderId, messageId]), 'buffer').subarray(0, HASH_BYTES);

const toRow = (message: IncomingMessage, now: number): Row => ({
  id: idOf(message),
  digest: message.digest.subarray(0, HASH_BYTES),
  at: Math.floor(now / 1000),
});

const keyOf = (id: Buffer): string => id.toString('base64');

/** Writes the rows whose ids are new; answers the keys of those. Ids that another process is writing are waited for. */
const insertNew = async (tx: Tx, rows: readonly Row[]): Promise<Set<string>> => {
  const values = rows.map(({ id, digest, at }) => [id, digest, at]);
  const tail = 'on conflict do nothing returning id';
  const inserted = await insertReturning<{ id: Buffer }>(tx, 'seen_messages', ['id', 'digest', 'at'], values, tail);
  return new Set(inserted.map(({ id }) => keyOf(id)));
};

const readDigests = async (reader: Reader, ids: readonly Buffer[]): Promise<Map<string, Buffer>> => {
  const rows: { id: Buffer; digest: Buffer }[] = await knexOf(reader)('seen_messages')
    .select('id', 'digest')
    .whereIn('id', [...ids]);
  return new Map(rows.map(({ id, digest }) => [keyOf(id), digest]));
};

/** Accepts several messages in one statement; of the same id within the list, the first comes first. */
const acceptRows = async (tx: Tx, rows: readonly Row[]): Promise<readonly Acceptance[]> => {
  const firsts = new Map<string, Row>();
  for (const row of rows) if (!firsts.has(keyOf(row.id))) firsts.set(keyOf(row.id), row);
  // Always in one order, so that two processes that write the same ids cannot lock each other out.
  const candidates = [...firsts.values()].sort((a, b) => Buffer.compare(a.id, b.id));
  const accepted = await insertNew(tx, candidates);
  const known = candidates.filter(({ id }) => !accepted.has(keyOf(id)));
  const digests =
    known.length > 0
      ? await readDigests(
          tx,
          known.map(({ id }) => id),
        )
      : new Map<string, Buffer>();
  return rows.map((row) => {
    const key = keyOf(row.id);
    const first = firsts.get(key) as Row;
    if (accepted.has(key) && first === row) return 'accepted';
    const before = accepted.has(key) ? first.digest : digests.get(key);
    return before?.equals(row.digest) ? 'identical' : 'duplicate';
  });
};

/** Opens the memory of accepted messages. */
export const createSeenMessages = (clock: Clock = systemClock): SeenMessages => ({
  acceptIn: (tx, messages) =>
    acceptRows(
      tx,
      messages.map((message) => toRow(message, clock())),
    ),
});
