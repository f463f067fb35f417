import { toTimestamp } from '../../core/clock.ts';
import { knexOf, type Reader, type Tx, wake } from '../../storage/index.ts';
import type { SearchQuestion } from './ask-search.ts';
import type { PullReport } from './pull.ts';

/** Woken when a pull was added or made due. */
export const PULLS_TOPIC = 'dci-pulls';

export interface PullSettings {
  readonly question: SearchQuestion;
  readonly everySeconds: number;
  readonly programme?: string;
  readonly pageSize?: number;
  /** What the peer calls the time of a record's last change. */
  readonly sinceAttribute: string;
}

/** A search in another registry that is asked again and again. */
export interface StandingPull extends PullSettings {
  readonly name: string;
  readonly peer: string;
  /** From when on changes are asked for; absent before the first run has come to its end. */
  readonly cursor?: string;
  /** Milliseconds since the epoch. */
  readonly due: number;
  readonly ranAt?: string;
  readonly report?: PullReport;
  readonly error?: string;
}

interface Row {
  readonly name: string;
  readonly peer: string;
  readonly settings: string;
  readonly cursor: string | null;
  readonly due_ms: number | string;
  readonly ran_at: string | null;
  readonly report: string | null;
  readonly error: string | null;
}

const fromRow = (row: Row): StandingPull => ({
  ...(JSON.parse(row.settings) as PullSettings),
  name: row.name,
  peer: row.peer,
  ...(row.cursor === null ? {} : { cursor: row.cursor }),
  due: Number(row.due_ms),
  ...(row.ran_at === null ? {} : { ranAt: row.ran_at }),
  ...(row.report === null ? {} : { report: JSON.parse(row.report) as PullReport }),
  ...(row.error === null ? {} : { error: row.error }),
});

/** Adds a pull, or gives one of this name other settings; how far it has come stays. */
export const writePull = async (
  tx: Tx,
  name: string,
  peer: string,
  settings: PullSettings,
  due: number,
): Promise<void> => {
  await knexOf(tx)('dci_pulls')
    .insert({ name, peer, settings: JSON.stringify(settings), due_ms: due })
    .onConflict('name')
    .merge(['peer', 'settings', 'due_ms']);
  await wake(tx, PULLS_TOPIC);
};

export const readPull = async (reader: Reader, name: string): Promise<StandingPull | undefined> => {
  const row: Row | undefined = await knexOf(reader)('dci_pulls').where({ name }).first();
  return row && fromRow(row);
};

export const listPulls = async (reader: Reader): Promise<readonly StandingPull[]> => {
  const rows: Row[] = await knexOf(reader)('dci_pulls').orderBy('name');
  return rows.map(fromRow);
};

export const duePulls = async (reader: Reader, now: number): Promise<readonly string[]> => {
  const rows: { name: string }[] = await knexOf(reader)('dci_pulls')
    .select('name')
    .where('due_ms', '<=', now)
    .orderBy('due_ms');
  return rows.map(({ name }) => name);
};

/** What a run came to: its report and how far it has come, or why it failed; then the cursor stays. */
export type RunEnd = { readonly report: PullReport; readonly cursor: string } | { readonly error: string };

export const finishRun = async (tx: Tx, name: string, end: RunEnd, now: number, due: number): Promise<void> => {
  const outcome =
    'error' in end ? { error: end.error } : { report: JSON.stringify(end.report), cursor: end.cursor, error: null };
  await knexOf(tx)('dci_pulls')
    .where({ name })
    .update({ ...outcome, ran_at: toTimestamp(now), due_ms: due });
};

export const deletePull = async (tx: Tx, name: string): Promise<boolean> =>
  (await knexOf(tx)('dci_pulls').where({ name }).delete()) > 0;
