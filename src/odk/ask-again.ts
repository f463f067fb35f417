import type { Entry } from './submissions.store.ts';

// What no date filter shows is asked for by id (odk.md §15.5): files that are still to come for two weeks, the restore
// of what was deleted for as long as Central keeps it.
const DAY_MS = 24 * 3600_000;
const FILES_MS = 14 * DAY_MS;
const TRASH_MS = 30 * DAY_MS;

const FIRST_MS = 60_000;
const LONGEST_MS = 3600_000;

type Asked = Pick<Entry, 'deleted_at' | 'vanished' | 'files_present' | 'files_expected' | 'submission_date' | 'asked'>;

/** When to ask Central again for a submission by its id; `null` when there is nothing to wait for. */
export const askAgainAt = (entry: Asked, now: number): number | null => {
  const next = now + Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(entry.asked, 10));
  if (entry.vanished === 1) return null;
  if (entry.deleted_at !== null) return now - Date.parse(entry.deleted_at) < TRASH_MS ? next : null;
  if (entry.files_present >= entry.files_expected) return null;
  return now - Date.parse(entry.submission_date) < FILES_MS ? next : null;
};
