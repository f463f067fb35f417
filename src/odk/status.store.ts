import { type Reader, rowsOf } from '../storage/index.ts';
import type { Place } from './submissions.store.ts';

/** Files that are still to come, and those that were given up. */
export const countFiles = async (
  reader: Reader,
  { source, formKey }: Place,
): Promise<{ readonly outstanding: number; readonly failed: number }> => {
  const rows = await rowsOf<{ state: string; n: number }>(
    reader,
    'select state, count(*) as n from odk_files where source = ? and form_key = ? group by state',
    [source, formKey],
  );
  const count = (state: string): number => Number(rows.find((row) => row.state === state)?.n ?? 0);
  return { outstanding: count('outstanding'), failed: count('failed') };
};

/** Members who are known by name and place alone, as nothing else in the data tells them apart. */
export const countWeakMembers = async (reader: Reader, source: string): Promise<number> => {
  const [row] = await rowsOf<{ n: number }>(
    reader,
    'select count(*) as n from odk_members where source = ? and live = 1 and weak = 1',
    [source],
  );
  return Number(row?.n ?? 0);
};

/** Parked submissions by reason. */
export const countByReason = async (
  reader: Reader,
  { source, formKey }: Place,
): Promise<Readonly<Record<string, number>>> => {
  const rows = await rowsOf<{ reason: string; n: number }>(
    reader,
    `select reason, count(*) as n from odk_submissions
     where source = ? and form_key = ? and reason is not null group by reason`,
    [source, formKey],
  );
  return Object.fromEntries(rows.map(({ reason, n }) => [reason, Number(n)]));
};
