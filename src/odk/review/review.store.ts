import { anyOf, knexOf, listOf, type Reader, rowsOf, type Tx } from '../../storage/index.ts';
import type { Entry, Place } from '../submissions.store.ts';
import type { Echo } from './echo.ts';
import type { Told } from './verdict.ts';

/** Settled submissions of which Central was not told yet, in order of their ids from `after` on. */
export const readUntold = (
  reader: Reader,
  { source, formKey }: Place,
  after: string,
  limit: number,
): Promise<readonly Entry[]> =>
  rowsOf<Entry>(
    reader,
    `select * from odk_submissions where source = ? and form_key = ? and instance_id > ?
       and (told_at is null or last_at > told_at) and outcome is not null and queued = 0 and deleted_at is null
     order by instance_id limit ?`,
    [source, formKey, after, limit],
  );

/** Nothing is left to tell of these, as they stand. */
export const markTold = async (
  tx: Tx,
  { source, formKey }: Place,
  entries: readonly Pick<Entry, 'instance_id'>[],
): Promise<void> => {
  if (entries.length === 0) return;
  const ids = entries.map(({ instance_id }) => instance_id);
  await rowsOf(
    tx,
    `update odk_submissions set told_at = last_at where source = ? and form_key = ? and ${anyOf(tx.profile, 'instance_id')}`,
    [source, formKey, listOf(tx.profile, ids)],
  );
};

const entryOf = (tx: Tx, { source, formKey }: Place, id: string) =>
  knexOf(tx)('odk_submissions').where({ source, form_key: formKey, instance_id: id });

export const noteTold = async (tx: Tx, place: Place, id: string, told: Told): Promise<void> => {
  await entryOf(tx, place, id).update({ told: JSON.stringify(told) });
};

export const noteEcho = async (tx: Tx, place: Place, id: string, echo: Echo | null): Promise<void> => {
  await entryOf(tx, place, id).update({ echo: echo === null ? null : JSON.stringify(echo) });
};

/** Intentions to write a state of which nobody knows whether they were carried out. */
export const readIntentions = (reader: Reader, { source, formKey }: Place): Promise<readonly Entry[]> =>
  rowsOf<Entry>(
    reader,
    `select * from odk_submissions where source = ? and form_key = ? and echo is not null and echo like '%"updatedAt":null%'`,
    [source, formKey],
  );
