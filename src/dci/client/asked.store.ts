import { toTimestamp } from '../../core/clock.ts';
import { knexOf, type Reader, type Tx } from '../../storage/index.ts';
import type { OperationName } from '../operations.ts';
import type { RegistryName } from '../registries/registry.ts';
import { toColumn } from '../to-column.ts';

/** `sent`: nothing came back yet; `acknowledged`: a callback is to come; the other two are the end. */
export type AskedState = 'sent' | 'acknowledged' | 'refused' | 'answered';

/** What is to be done with an answer when it comes. */
export interface AskedSettings {
  /** Its records go into our registry; the peer must be a source. */
  readonly take?: boolean;
  /** The programme that those who come in by it are put into. */
  readonly programme?: string;
  /** The subscriptions that are to end. */
  readonly codes?: readonly string[];
}

/** An asynchronous message of ours, and how far it has come. */
export interface Asked {
  readonly transactionId: string;
  readonly peer: string;
  readonly correlationId?: string;
  readonly operation: OperationName;
  readonly registry: RegistryName;
  readonly settings: AskedSettings;
  readonly state: AskedState;
  /** Why it was refused. */
  readonly reason?: string;
  readonly askedAt: string;
  readonly answeredAt?: string;
}

interface Row {
  readonly transaction_id: string;
  readonly peer: string;
  readonly correlation_id: string | null;
  readonly operation: OperationName;
  readonly registry: RegistryName;
  readonly settings: string;
  readonly state: AskedState;
  readonly reason: string | null;
  readonly asked_at: string;
  readonly answered_at: string | null;
}

const fromRow = (row: Row): Asked => ({
  transactionId: row.transaction_id,
  peer: row.peer,
  ...(row.correlation_id === null ? {} : { correlationId: row.correlation_id }),
  operation: row.operation,
  registry: row.registry,
  settings: JSON.parse(row.settings) as AskedSettings,
  state: row.state,
  ...(row.reason === null ? {} : { reason: row.reason }),
  askedAt: row.asked_at,
  ...(row.answered_at === null ? {} : { answeredAt: row.answered_at }),
});

export const insertAsked = async (
  tx: Tx,
  asked: Pick<Asked, 'transactionId' | 'peer' | 'operation' | 'registry' | 'settings'>,
  now: number,
): Promise<void> => {
  await knexOf(tx)('dci_asked').insert({
    transaction_id: asked.transactionId,
    peer: asked.peer,
    operation: asked.operation,
    registry: asked.registry,
    settings: JSON.stringify(asked.settings),
    state: 'sent',
    asked_at: toTimestamp(now),
  });
};

/** Keeps what the Ack said; a callback that was faster than its Ack has settled the matter already. */
export const noteAck = async (
  tx: Tx,
  transactionId: string,
  ack: { readonly state: 'acknowledged' | 'refused'; readonly correlationId?: string; readonly reason?: string },
): Promise<void> => {
  const row = knexOf(tx)('dci_asked').where({ transaction_id: transactionId });
  if (ack.correlationId !== undefined) await row.clone().update({ correlation_id: toColumn(ack.correlationId) });
  await row
    .clone()
    .where({ state: 'sent' })
    .update({ state: ack.state, reason: ack.reason === undefined ? null : toColumn(ack.reason) });
};

export const noteAnswer = async (tx: Tx, transactionId: string, now: number): Promise<void> => {
  await knexOf(tx)('dci_asked')
    .where({ transaction_id: transactionId })
    .update({ state: 'answered', answered_at: toTimestamp(now) });
};

export const readAsked = async (reader: Reader, transactionId: string): Promise<Asked | undefined> => {
  const row: Row | undefined = await knexOf(reader)('dci_asked')
    .where({ transaction_id: toColumn(transactionId) })
    .first();
  return row && fromRow(row);
};

/** Which message of ours a peer's callback answers: by its correlation id, else by its transaction id (dci.md §13). */
export const findAsked = async (
  reader: Reader,
  peer: string,
  ids: { readonly correlationId?: string; readonly transactionId?: string },
): Promise<Asked | undefined> => {
  const knex = knexOf(reader);
  const first = async (where: Readonly<Record<string, string>>): Promise<Row | undefined> =>
    await knex('dci_asked')
      .where({ peer, ...where })
      .orderBy('asked_at', 'desc')
      .first();
  const { correlationId, transactionId } = ids;
  const byCorrelation =
    correlationId === undefined ? undefined : await first({ correlation_id: toColumn(correlationId) });
  const row =
    byCorrelation ??
    (transactionId === undefined ? undefined : await first({ transaction_id: toColumn(transactionId) }));
  return row && fromRow(row);
};
