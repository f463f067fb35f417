import { type Reader, rowsOf } from '../../storage/index.ts';
import type { Place } from '../submissions.store.ts';

/** Whether a registrant was made of a submission with this instance id in another form than the given one. */
export const isOfOtherForm = async (
  reader: Reader,
  { formKey }: Pick<Place, 'formKey'>,
  instanceId: string,
  registrant: string,
): Promise<boolean> => {
  const rows = await rowsOf(
    reader,
    `select 1 from odk_submissions where instance_id = ? and subject = ? and form_key <> ? limit 1`,
    [instanceId, registrant, formKey],
  );
  return rows.length > 0;
};
