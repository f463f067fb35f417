import type { Entry } from '../submissions.store.ts';

/** A review state that we wrote. Without `updatedAt` it is an intention: whether it was carried out is not known yet. */
export interface Echo {
  readonly state: string | null;
  /** The state before, which is still what people said of the submission. */
  readonly before: string | null;
  /** As Central answered the write. */
  readonly updatedAt: string | null;
}

type Echoing = Pick<Entry, 'echo' | 'review_state' | 'updated_at' | 'version_id'>;

export const echoOf = ({ echo }: Pick<Entry, 'echo'>): Echo | undefined =>
  echo === null ? undefined : (JSON.parse(echo) as Echo);

/** Whether the state that the ledger holds is of our own making. */
export const isOwnState = (entry: Echoing): boolean => {
  const echo = echoOf(entry);
  return echo !== undefined && echo.state === entry.review_state && echo.updatedAt === entry.updated_at;
};

/** What people said of a submission last: our own words change nothing about what may be imported. */
export const judgedState = (entry: Echoing): string | null =>
  isOwnState(entry) ? (echoOf(entry)?.before ?? null) : entry.review_state;

/**
 * Whether a reading shows our own write and nothing else (odk.md §15.4). Of an intention any later stamp will do: the
 * process may have been killed between the write and its answer.
 */
export const isEcho = (
  entry: Echoing,
  reading: Pick<Entry, 'version_id' | 'deleted_at' | 'review_state' | 'updated_at'>,
): boolean => {
  const echo = echoOf(entry);
  if (!echo || reading.version_id !== entry.version_id || reading.deleted_at !== null) return false;
  if (reading.review_state !== echo.state) return false;
  return echo.updatedAt === null
    ? (reading.updated_at ?? '') > (entry.updated_at ?? '')
    : reading.updated_at === echo.updatedAt;
};
