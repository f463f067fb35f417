import { type Clock, toTimestamp } from '../core/clock.ts';
import { anyOf, atEnd, insertRows, listOf, type Reader, rowsOf, type Tx, wake } from '../storage/index.ts';
import type { Change, NewChange } from './feed.ts';
import type { Registrant } from './model.ts';
import { type RegistrantRow, columns as registrantColumns, toRegistrant } from './registrant.store.ts';

const columns = ['position', 'type', 'subject', 'kind', 'version', 'at', 'source', 'detail', 'before'];

interface FeedRow {
  readonly position: number;
  readonly type: Change['type'];
  readonly subject: string;
  readonly kind: Change['kind'];
  readonly version: number;
  readonly at: string;
  readonly source: string;
  readonly detail: string;
  readonly before: string | null;
}

const pending = new WeakMap<Tx, NewChange[]>();

/** The last position that is taken; 0 before the first. */
export const lastPosition = async (reader: Reader): Promise<number> => {
  const [row] = await rowsOf<{ last: number | null }>(reader, 'select max(position) as last from feed');
  return row?.last ?? 0;
};

/**
 * Records changes with the transaction. They get their positions as its last step, under the lock that orders
 * commits, so that no reader's position can pass a change which is still to be committed.
 */
export const appendChanges = (tx: Tx, clock: Clock, changes: readonly NewChange[]): void => {
  if (changes.length === 0) return;
  const waiting = pending.get(tx);
  if (waiting) {
    for (const change of changes) waiting.push(change);
    return;
  }
  const list = [...changes];
  pending.set(tx, list);
  atEnd(tx, 'feed', async () => {
    pending.delete(tx);
    const at = toTimestamp(clock());
    let position = await lastPosition(tx);
    const rows = list.map((change) => {
      position += 1;
      const { type, subject, kind, version, source } = change;
      const before = change.before === null ? null : JSON.stringify(change.before);
      return [position, type, subject, kind, version, at, source, JSON.stringify(change.detail), before];
    });
    await insertRows(tx, 'feed', columns, rows);
    await wake(tx, 'feed');
  });
};

const toChange = (row: FeedRow): Change => ({
  ...row,
  detail: JSON.parse(row.detail),
  before: row.before === null ? null : JSON.parse(row.before),
});

/** The changes after a position, in order. */
export const readFeed = async (reader: Reader, after: number, limit: number): Promise<readonly Change[]> => {
  const rows = await rowsOf<FeedRow>(
    reader,
    `select ${columns.join(',')} from feed where position > ? order by position limit ?`,
    [after, limit],
  );
  return rows.map(toChange);
};

/** The changes of one registrant, in order: its history. */
export const readHistory = async (
  reader: Reader,
  subject: string,
  options: { readonly after?: number; readonly limit: number },
): Promise<readonly Change[]> => {
  const rows = await rowsOf<FeedRow>(
    reader,
    `select ${columns.join(',')} from feed where subject = ? and position > ? order by position limit ?`,
    [subject, options.after ?? 0, options.limit],
  );
  return rows.map(toChange);
};

/**
 * The registrant as each change left it, by position; `null` where it was deleted. Asked for many changes at once.
 */
export const statesAfter = async (
  reader: Reader,
  changes: readonly Change[],
): Promise<ReadonlyMap<number, Registrant | null>> => {
  const { profile } = reader;
  const subjects = [...new Set(changes.map(({ subject }) => subject))];
  // In this order: a change that commits between the two statements is then seen by the second, and its `before`
  // wins over what the first read.
  const current = await rowsOf<RegistrantRow>(
    reader,
    `select ${registrantColumns} from registrants where ${anyOf(profile, 'id')}`,
    [listOf(profile, subjects)],
  );
  const next = await rowsOf<{ position: number; before: string | null }>(
    reader,
    `select f.position, n.before from feed f join feed n on n.subject = f.subject and n.position =
       (select min(position) from feed where subject = f.subject and position > f.position)
     where ${anyOf(profile, 'f.position')}`,
    [
      listOf(
        profile,
        changes.map(({ position }) => position),
      ),
    ],
  );
  const nexts = new Map(next.map(({ position, before }) => [position, before]));
  const now = new Map(current.map((row) => [row.id, row]));
  return new Map(
    changes.map((change): [number, Registrant | null] => {
      if (change.type === 'registrant.deleted') return [change.position, null];
      const later = nexts.get(change.position);
      if (later) return [change.position, JSON.parse(later)];
      const row = now.get(change.subject);
      return [change.position, row ? toRegistrant(row) : null];
    }),
  );
};

/** Up to where a consumer has worked; 0 for a new one. */
export const consumerPosition = async (reader: Reader, name: string): Promise<number> => {
  const [row] = await rowsOf<{ position: number }>(reader, 'select position from feed_consumers where name = ?', [
    name,
  ]);
  return row?.position ?? 0;
};

/**
 * Moves a consumer on, in the transaction that holds its work, so that both commit or neither. Answers false when
 * the consumer is no longer at `from`: another process did this work, and the transaction must be given up.
 */
export const moveConsumer = async (tx: Tx, name: string, from: number, to: number): Promise<boolean> => {
  if (from === 0) {
    await rowsOf(tx, 'insert into feed_consumers (name, position) values (?, 0) on conflict (name) do nothing', [name]);
  }
  const moved = await rowsOf(
    tx,
    'update feed_consumers set position = ? where name = ? and position = ? returning name',
    [to, name, from],
  );
  return moved.length === 1;
};
