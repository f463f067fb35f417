import { toTimestamp } from '../../core/clock.ts';
import { knexOf, type Reader, type Tx } from '../../storage/index.ts';
import type { RegistryName } from '../registries/registry.ts';
import { toColumn } from '../to-column.ts';

/** A subscription that we hold with another registry. */
export interface HeldSubscription {
  readonly peer: string;
  readonly code: string;
  readonly registry: RegistryName;
  readonly eventType?: string;
  readonly transactionId?: string;
  readonly state: 'active' | 'ended';
  readonly since: string;
  readonly endedAt?: string;
}

interface Row {
  readonly peer: string;
  readonly code: string;
  readonly registry: RegistryName;
  readonly event_type: string | null;
  readonly transaction_id: string | null;
  readonly state: HeldSubscription['state'];
  readonly since: string;
  readonly ended_at: string | null;
}

const fromRow = (row: Row): HeldSubscription => ({
  peer: row.peer,
  code: row.code,
  registry: row.registry,
  ...(row.event_type === null ? {} : { eventType: row.event_type }),
  ...(row.transaction_id === null ? {} : { transactionId: row.transaction_id }),
  state: row.state,
  since: row.since,
  ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
});

/** Keeps a subscription that a peer says we hold; one that had ended is active again. */
export const holdSubscription = async (
  tx: Tx,
  held: Pick<HeldSubscription, 'peer' | 'code' | 'registry' | 'eventType' | 'transactionId'>,
  now: number,
): Promise<void> => {
  await knexOf(tx)('dci_held_subscriptions')
    .insert({
      peer: held.peer,
      code: toColumn(held.code),
      registry: held.registry,
      event_type: held.eventType === undefined ? null : toColumn(held.eventType),
      transaction_id: held.transactionId ?? null,
      state: 'active',
      since: toTimestamp(now),
    })
    .onConflict(['peer', 'code'])
    .merge({ state: 'active', ended_at: null });
};

export const endSubscriptions = async (tx: Tx, peer: string, codes: readonly string[], now: number): Promise<void> => {
  await knexOf(tx)('dci_held_subscriptions')
    .where({ peer, state: 'active' })
    .whereIn('code', codes.map(toColumn))
    .update({ state: 'ended', ended_at: toTimestamp(now) });
};

export const findHeld = async (reader: Reader, peer: string, code: string): Promise<HeldSubscription | undefined> => {
  const row: Row | undefined = await knexOf(reader)('dci_held_subscriptions')
    .where({ peer, code: toColumn(code) })
    .first();
  return row && fromRow(row);
};

export const listHeld = async (reader: Reader): Promise<readonly HeldSubscription[]> => {
  const rows: Row[] = await knexOf(reader)('dci_held_subscriptions').orderBy(['peer', 'since', 'code']);
  return rows.map(fromRow);
};
