import { toTimestamp } from '../../core/clock.ts';
import { anyOf, knexOf, listOf, type Reader, rowsOf, type Tx, touch } from '../../storage/index.ts';
import type { Subscription, SubscriptionPlan, SubscriptionStatus } from './subscription.ts';

/** Touched with every change of a subscription, so that the matcher of any process reads what is new. */
export const SUBSCRIPTIONS_TOPIC = 'dci-subscriptions';

interface Row {
  readonly code: string;
  readonly sender_id: string;
  readonly fingerprint: string;
  readonly status: SubscriptionStatus;
  readonly registry: Subscription['registry'];
  readonly event: string;
  readonly asked_as: string;
  readonly kind: Subscription['kind'];
  readonly query: string;
  readonly fields: string | null;
  readonly frequency: string;
  readonly item: string;
  readonly sender_uri: string | null;
  readonly encrypted: number;
  readonly since_position: number;
  readonly failures: number;
  readonly paused_reason: string | null;
  readonly created_at: string;
  readonly changed_at: string;
}

const fromRow = (row: Row): Subscription => ({
  code: row.code,
  senderId: row.sender_id,
  status: row.status,
  registry: row.registry,
  event: row.event,
  askedAs: row.asked_as,
  kind: row.kind,
  query: JSON.parse(row.query),
  ...(row.fields === null ? {} : { fields: JSON.parse(row.fields) }),
  frequency: JSON.parse(row.frequency),
  item: JSON.parse(row.item),
  ...(row.sender_uri === null ? {} : { senderUri: row.sender_uri }),
  encrypted: row.encrypted === 1,
  sincePosition: row.since_position,
  failures: row.failures,
  ...(row.paused_reason === null ? {} : { pausedReason: row.paused_reason }),
  createdAt: row.created_at,
  changedAt: row.changed_at,
});

/** The last revision of any subscription; 0 before the first. */
export const lastRevision = async (reader: Reader): Promise<number> => {
  const [row] = await rowsOf<{ revision: number }>(reader, 'select revision from revisions where topic = ?', [
    SUBSCRIPTIONS_TOPIC,
  ]);
  return Number(row?.revision ?? 0);
};

/**
 * The revision for what this transaction changes. Whoever takes one holds up the next until it is over, so that they
 * are committed in order, and what is checked between taking it and the commit stays true.
 */
export const takeRevision = async (tx: Tx): Promise<number> => {
  await touch(tx, SUBSCRIPTIONS_TOPIC);
  return await lastRevision(tx);
};

/** Every subscription that changed after a revision, ended ones included. */
export const readSince = async (reader: Reader, revision: number): Promise<readonly Subscription[]> => {
  const rows = await rowsOf<Row>(reader, 'select * from dci_subscriptions where revision > ? order by revision, code', [
    revision,
  ]);
  return rows.map(fromRow);
};

export const readByCodes = async (
  reader: Reader,
  codes: readonly string[],
): Promise<ReadonlyMap<string, Subscription>> => {
  const rows: Row[] = await knexOf(reader)('dci_subscriptions').whereIn('code', [...codes]);
  return new Map(rows.map((row) => [row.code, fromRow(row)]));
};

export const readSubscription = async (reader: Reader, code: string): Promise<Subscription | undefined> => {
  const [row] = await rowsOf<Row>(reader, 'select * from dci_subscriptions where code = ?', [code]);
  return row && fromRow(row);
};

/** Subscriptions that have not ended, oldest first. */
export const listSubscriptions = async (reader: Reader, limit: number): Promise<readonly Subscription[]> => {
  const rows = await rowsOf<Row>(
    reader,
    "select * from dci_subscriptions where status <> 'ended' order by created_at, code limit ?",
    [limit],
  );
  return rows.map(fromRow);
};

/** How many subscriptions a sender holds that have not ended. */
export const countHeld = async (reader: Reader, senderId: string): Promise<number> => {
  const [row] = await rowsOf<{ n: number }>(
    reader,
    "select count(*) as n from dci_subscriptions where sender_id = ? and status <> 'ended'",
    [senderId],
  );
  return Number(row?.n ?? 0);
};

/** The subscription of a sender that asks for the same and has not ended. */
export const findEqual = async (
  reader: Reader,
  senderId: string,
  fingerprint: string,
): Promise<Subscription | undefined> => {
  const [row] = await rowsOf<Row>(
    reader,
    "select * from dci_subscriptions where sender_id = ? and fingerprint = ? and status <> 'ended'",
    [senderId, fingerprint],
  );
  return row && fromRow(row);
};

export interface NewSubscription extends SubscriptionPlan {
  readonly code: string;
  readonly senderId: string;
  readonly fingerprint: string;
  readonly senderUri?: string;
  readonly encrypted: boolean;
  readonly sincePosition: number;
}

/** Stores a new subscription with a revision of this transaction. */
export const insertSubscription = async (
  tx: Tx,
  given: NewSubscription,
  revision: number,
  now: number,
): Promise<Subscription> => {
  const at = toTimestamp(now);
  const row: Omit<Row, 'failures' | 'paused_reason'> & { revision: number; ends_ms: number | null } = {
    code: given.code,
    sender_id: given.senderId,
    fingerprint: given.fingerprint,
    status: 'active',
    registry: given.registry,
    event: given.event,
    asked_as: given.askedAs,
    kind: given.kind,
    query: JSON.stringify(given.query),
    fields: given.fields ? JSON.stringify(given.fields) : null,
    frequency: JSON.stringify(given.frequency),
    ends_ms: given.frequency.end ?? null,
    item: JSON.stringify(given.item),
    sender_uri: given.senderUri ?? null,
    encrypted: given.encrypted ? 1 : 0,
    since_position: given.sincePosition,
    revision,
    created_at: at,
    changed_at: at,
  };
  await knexOf(tx)('dci_subscriptions').insert(row);
  return fromRow({ ...row, failures: 0, paused_reason: null });
};

/** Ends subscriptions, with a revision of this transaction. */
export const endSubscriptions = async (
  tx: Tx,
  codes: readonly string[],
  revision: number,
  now: number,
): Promise<void> => {
  if (codes.length === 0) return;
  await knexOf(tx)('dci_subscriptions')
    .whereIn('code', [...codes])
    .whereNot('status', 'ended')
    .update({ status: 'ended', revision, changed_at: toTimestamp(now) });
};

/** Ends what a sender holds whose window is over: it no longer counts, and may be asked for again. */
export const endExpired = async (tx: Tx, senderId: string, revision: number, now: number): Promise<void> => {
  await rowsOf(
    tx,
    `update dci_subscriptions set status = 'ended', revision = ?, changed_at = ?
     where sender_id = ? and status <> 'ended' and ends_ms < ?`,
    [revision, toTimestamp(now), senderId, now],
  );
};

/** What is kept of subscriptions, ended ones included: until its content was erased. */
export const readContents = async (
  reader: Reader,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly Pick<Subscription, 'code' | 'query' | 'item'>[]> => {
  const rows = await rowsOf<Pick<Row, 'code' | 'query' | 'item'>>(
    reader,
    "select code, query, item from dci_subscriptions where fingerprint <> '' and code > ? order by code limit ?",
    [after, limit],
  );
  return rows.map(({ code, query, item }) => ({ code, query: JSON.parse(query), item: JSON.parse(item) }));
};

/** Some subscriptions that ended before `before`, and whose content was not erased yet. */
export const findEnded = async (reader: Reader, before: string, limit: number): Promise<readonly string[]> => {
  const rows = await rowsOf<{ code: string }>(
    reader,
    "select code from dci_subscriptions where status = 'ended' and changed_at < ? and fingerprint <> '' limit ?",
    [before, limit],
  );
  return rows.map(({ code }) => code);
};

/** Ends subscriptions, and removes what they asked for; their codes stay known. Answers how many still held it. */
export const eraseContents = async (tx: Tx, codes: readonly string[], now: number): Promise<number> => {
  if (codes.length === 0) return 0;
  const revision = await takeRevision(tx);
  const erased = await rowsOf(
    tx,
    `update dci_subscriptions set status = 'ended', fingerprint = '', query = '{"op":"none"}', fields = null,
       item = '{"subscribe_criteria":{}}', revision = ?, changed_at = ?
     where fingerprint <> '' and ${anyOf(tx.profile, 'code')} returning code`,
    [revision, toTimestamp(now), listOf(tx.profile, codes)],
  );
  return erased.length;
};

/** Pauses an active subscription; answers whether it was one. */
export const pauseSubscription = async (tx: Tx, code: string, reason: string, now: number): Promise<boolean> => {
  const revision = await takeRevision(tx);
  const changed = await knexOf(tx)('dci_subscriptions')
    .where({ code, status: 'active' })
    .update({ status: 'paused', paused_reason: reason, revision, changed_at: toTimestamp(now) });
  return changed > 0;
};

/** Makes a paused subscription active, with its failures forgotten; answers whether it was paused. */
export const reactivateSubscription = async (tx: Tx, code: string, now: number): Promise<boolean> => {
  const revision = await takeRevision(tx);
  const changed = await knexOf(tx)('dci_subscriptions')
    .where({ code, status: 'paused' })
    .update({
      status: 'active',
      paused_reason: null,
      failures: 0,
      failing_since_ms: null,
      revision,
      changed_at: toTimestamp(now),
    });
  return changed > 0;
};

/** Which of these are paused; they stay so until this transaction is over. */
export const holdPaused = async (tx: Tx, codes: readonly string[]): Promise<ReadonlySet<string>> => {
  if (codes.length === 0) return new Set();
  const rows: { code: string }[] = await knexOf(tx)('dci_subscriptions')
    .select('code')
    .whereIn('code', [...codes])
    .andWhere('status', 'paused')
    .modify((query) => tx.profile.shared && query.forUpdate());
  return new Set(rows.map(({ code }) => code));
};

/** Failures in a row of one subscription. */
export interface Failing {
  readonly failures: number;
  readonly since: number;
}

/** The failures in a row of an active subscription; `undefined` when there are none. */
export const readFailures = async (reader: Reader, code: string): Promise<Failing | undefined> => {
  const [row] = await rowsOf<{ failures: number; failing_since_ms: number }>(
    reader,
    `select failures, failing_since_ms from dci_subscriptions
     where code = ? and status = 'active' and failing_since_ms is not null`,
    [code],
  );
  return row && { failures: row.failures, since: row.failing_since_ms };
};

/** Counts one failed attempt. */
export const countFailure = async (tx: Tx, code: string, now: number): Promise<void> => {
  await rowsOf(
    tx,
    `update dci_subscriptions set failures = failures + 1, failing_since_ms = coalesce(failing_since_ms, ?)
     where code = ?`,
    [now, code],
  );
};

/** Forgets the failures of a subscription after an attempt that succeeded. */
export const forgetFailures = async (tx: Tx, code: string): Promise<void> => {
  await rowsOf(
    tx,
    'update dci_subscriptions set failures = 0, failing_since_ms = null where code = ? and failures > 0',
    [code],
  );
};

/** Numbers for the metrics, in one look. */
export const countByStatus = async (reader: Reader): Promise<ReadonlyMap<SubscriptionStatus, number>> => {
  const rows = await rowsOf<{ status: SubscriptionStatus; n: number }>(
    reader,
    'select status, count(*) as n from dci_subscriptions group by status',
  );
  return new Map(rows.map(({ status, n }) => [status, Number(n)]));
};

/** Keeps the encrypted form of a notification's message; the first one stays. Answers the one that is kept. */
export const keepSealed = async (tx: Tx, delivery: string, sealed: object): Promise<object> => {
  await rowsOf(
    tx,
    'insert into dci_sealed_notifications (delivery, sealed) values (?, ?) on conflict (delivery) do nothing',
    [delivery, JSON.stringify(sealed)],
  );
  const [row] = await rowsOf<{ sealed: string }>(tx, 'select sealed from dci_sealed_notifications where delivery = ?', [
    delivery,
  ]);
  return JSON.parse((row as { sealed: string }).sealed) as object;
};

/** Forgets the encrypted forms of deliveries: they arrived, or are not to be sent any more. */
export const forgetSealed = async (tx: Tx, deliveries: readonly string[]): Promise<void> => {
  await rowsOf(tx, `delete from dci_sealed_notifications where ${anyOf(tx.profile, 'delivery')}`, [
    listOf(tx.profile, deliveries),
  ]);
};
