import { toTimestamp } from '../core/clock.ts';
import type { JsonObject } from '../core/json.ts';
import { anyOf, knexOf, listOf, type Reader, rowsOf, type Tx, wake } from '../storage/index.ts';
import { type Delivery, type DeliveryDraft, type DeliveryState, HELD } from './delivery.ts';

/** Woken when there is something new to deliver. */
export const DELIVERIES_TOPIC = 'deliveries';

interface Row {
  readonly seq: number;
  readonly id: string;
  readonly kind: string;
  readonly recipient: string;
  readonly url: string;
  readonly ordering_key: string | null;
  readonly subject: string | null;
  readonly payload: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly due_ms: number;
  readonly created_at: string;
  readonly settled_at: string | null;
  readonly last_error: string | null;
}

const fromRow = (row: Row): Delivery => ({
  seq: row.seq,
  id: row.id,
  kind: row.kind,
  recipient: row.recipient,
  url: row.url,
  ...(row.ordering_key === null ? {} : { orderingKey: row.ordering_key }),
  ...(row.subject === null ? {} : { subject: row.subject }),
  payload: JSON.parse(row.payload) as JsonObject,
  state: row.state,
  attempts: row.attempts,
  due: row.due_ms,
  createdAt: row.created_at,
  ...(row.settled_at === null ? {} : { settledAt: row.settled_at }),
  ...(row.last_error === null ? {} : { lastError: row.last_error }),
});

const ROWS_PER_INSERT = 100;

/** Enqueues deliveries in the transaction of what they tell; ids that are there already are left alone. */
export const enqueue = async (tx: Tx, drafts: readonly DeliveryDraft[], now: number): Promise<void> => {
  if (drafts.length === 0) return;
  const knex = knexOf(tx);
  const rows = drafts.map((draft) => ({
    id: draft.id,
    kind: draft.kind,
    recipient: draft.recipient,
    url: draft.url,
    ordering_key: draft.orderingKey ?? null,
    subject: draft.subject ?? null,
    payload: JSON.stringify(draft.payload),
    state: 'waiting',
    due_ms: draft.due ?? now,
    created_at: toTimestamp(now),
  }));
  for (let at = 0; at < rows.length; at += ROWS_PER_INSERT) {
    await knex('deliveries')
      .insert(rows.slice(at, at + ROWS_PER_INSERT))
      .onConflict('id')
      .ignore();
  }
  await wake(tx, DELIVERIES_TOPIC);
};

/**
 * Waiting deliveries `d` that nobody has claimed and that nothing of their own ordering key stands before. The state
 * is written out, as SQLite takes a partial index for a literal only.
 */
const CLAIMABLE = `d.state = 'waiting' and d.claimed_until_ms <= ? and not exists
  (select 1 from deliveries e where e.state = 'waiting' and e.ordering_key = d.ordering_key and e.seq < d.seq)`;

export interface ClaimOptions {
  readonly now: number;
  readonly leaseMs: number;
  /** Room left for each recipient that has deliveries under way; `perRecipient` for all others. */
  readonly room: ReadonlyMap<string, number>;
  readonly perRecipient: number;
  readonly limit: number;
}

/**
 * Claims what is due, oldest first, for `leaseMs`: a claimer that is killed loses its claims when that time is up.
 * Of each ordering key only the first waiting delivery can be claimed, and of each recipient only as many as it has
 * room for, so that a slow one with a long queue holds up nobody else.
 */
export const claimDue = async (tx: Tx, options: ClaimOptions): Promise<readonly Delivery[]> => {
  const { now, leaseMs, room, perRecipient, limit } = options;
  const { profile } = tx;
  const recipients = await rowsOf<{ recipient: string }>(
    tx,
    "select distinct recipient from deliveries where state = 'waiting' and due_ms <= ?",
    [now],
  );
  const seqs: number[] = [];
  for (const { recipient } of recipients) {
    const places = Math.min(limit - seqs.length, room.get(recipient) ?? perRecipient);
    if (places <= 0) continue;
    const due = await rowsOf<{ seq: number }>(
      tx,
      `select d.seq from deliveries d where ${CLAIMABLE} and d.recipient = ? and d.due_ms <= ?
       order by d.due_ms, d.seq limit ? ${profile.skipLocked ? 'for update of d skip locked' : ''}`,
      [now, recipient, now, places],
    );
    seqs.push(...due.map(({ seq }) => seq));
  }
  if (seqs.length === 0) return [];
  const rows = await rowsOf<Row>(
    tx,
    `update deliveries set claimed_until_ms = ? where ${anyOf(profile, 'seq')} returning *`,
    [now + leaseMs, listOf(profile, seqs)],
  );
  return rows.map(fromRow).sort((a, b) => a.seq - b.seq);
};

/**
 * When the next delivery can be claimed (`busy` recipients apart); `undefined` when nothing waits. What is claimed is
 * left out: whoever has it under way looks again when it is done, and everybody does from time to time.
 */
export const nextDue = async (reader: Reader, busy: readonly string[], now: number): Promise<number | undefined> => {
  const [first] = await rowsOf<{ due_ms: number }>(
    reader,
    `select d.due_ms from deliveries d where ${CLAIMABLE} and not (${anyOf(reader.profile, 'd.recipient')})
     order by d.due_ms, d.seq limit 1`,
    [now, listOf(reader.profile, busy)],
  );
  return first?.due_ms;
};

/** Keeps claims while their deliveries are under way; what was settled meanwhile is left alone. */
export const prolongClaims = async (tx: Tx, seqs: readonly number[], until: number): Promise<void> => {
  await knexOf(tx)('deliveries')
    .whereIn('seq', [...seqs])
    .andWhere('state', 'waiting')
    .andWhere('claimed_until_ms', '>', 0)
    .update({ claimed_until_ms: until });
};

/** Ends deliveries, all with the same outcome. What was delivered needs its payload no more, and keeps nobody's data. */
export const settle = async (
  tx: Tx,
  seqs: readonly number[],
  state: 'delivered' | 'dead',
  now: number,
  error?: string,
): Promise<void> => {
  if (seqs.length === 0) return;
  await rowsOf(
    tx,
    `update deliveries set state = ?, attempts = attempts + 1, claimed_until_ms = 0, settled_at = ?, last_error = ?
       ${state === 'delivered' ? ", payload = '{}'" : ''}
     where ${anyOf(tx.profile, 'seq')} and state = 'waiting'`,
    [state, toTimestamp(now), error ?? null, listOf(tx.profile, seqs)],
  );
};

export const postpone = async (tx: Tx, seq: number, due: number, error: string): Promise<void> =>
  await makeDue(tx, seq, { due, error, tries: 1 });

/** As `postpone`, without counting a try. */
export const putOff = async (tx: Tx, seq: number, due: number, error: string): Promise<void> =>
  await makeDue(tx, seq, { due, error, tries: 0 });

const makeDue = async (
  tx: Tx,
  seq: number,
  { due, error, tries }: { readonly due: number; readonly error: string; readonly tries: number },
): Promise<void> => {
  await rowsOf(
    tx,
    `update deliveries set attempts = attempts + ?, due_ms = ?, claimed_until_ms = 0, last_error = ?
     where seq = ? and state = 'waiting'`,
    [tries, due, error, seq],
  );
};

export const listDeliveries = async (
  reader: Reader,
  filter: { readonly state?: DeliveryState; readonly limit: number },
): Promise<readonly Delivery[]> => {
  const rows: Row[] = await knexOf(reader)('deliveries')
    .modify((query) => filter.state && query.where('state', filter.state))
    .orderBy('seq', 'desc')
    .limit(filter.limit);
  return rows.map(fromRow);
};

/** Makes dead deliveries (or the one of `id`, dead or waiting) due at once, with their tries counted anew. */
export const revive = async (tx: Tx, which: { readonly id?: string }, now: number): Promise<number> => {
  const count = await knexOf(tx)('deliveries')
    .modify((query) =>
      which.id === undefined
        ? query.whereRaw("state = 'dead'")
        : query.where('id', which.id).whereIn('state', ['dead', 'waiting']),
    )
    .update({ state: 'waiting', attempts: 0, due_ms: now, claimed_until_ms: 0, settled_at: null });
  if (count > 0) await wake(tx, DELIVERIES_TOPIC);
  return count;
};

/** The deliveries of one kind that are about one thing. */
export interface Subject {
  readonly kind: string;
  readonly subject: string;
}

/** Makes what is dead or held of a subject due at once, with its tries counted anew; its order stays. */
export const reviveSubject = async (tx: Tx, { kind, subject }: Subject, now: number): Promise<void> => {
  const anew = { state: 'waiting', attempts: 0, due_ms: now, claimed_until_ms: 0, settled_at: null };
  // Two statements, as each has an index of its own.
  await knexOf(tx)('deliveries').where({ kind, subject }).whereRaw("state = 'dead'").update(anew);
  await knexOf(tx)('deliveries')
    .where({ kind, subject })
    .whereRaw("state = 'waiting'")
    .andWhere('due_ms', '>=', HELD)
    .update(anew);
  await wake(tx, DELIVERIES_TOPIC);
};

/** Takes back what still waits of some subjects: nobody wants it any more. */
export const withdraw = async (tx: Tx, kind: string, subjects: readonly string[]): Promise<void> => {
  await knexOf(tx)('deliveries')
    .where({ kind })
    .whereRaw("state = 'waiting'")
    .whereIn('subject', [...subjects])
    .delete();
};

/** How many deliveries of a kind wait, held ones included. */
export const countWaiting = async (reader: Reader, kind: string): Promise<number> => {
  const [row]: { n: number }[] = await knexOf(reader)('deliveries')
    .where({ kind })
    .whereRaw("state = 'waiting'")
    .count({ n: '*' });
  return Number(row?.n ?? 0);
};

export const countByState = async (reader: Reader): Promise<ReadonlyMap<DeliveryState, number>> => {
  const rows: { state: DeliveryState; n: number }[] = await knexOf(reader)('deliveries')
    .select('state')
    .count({ n: '*' })
    .groupBy('state');
  return new Map(rows.map(({ state, n }) => [state, Number(n)]));
};
