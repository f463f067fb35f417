import { anyOf, insertRows, listOf, type Reader, rowsOf, type Tx } from '../storage/index.ts';

/** What a source said last of a registrant and a programme. */
export interface SaidEnrolment {
  readonly registrant: string;
  readonly programme: string;
  readonly source: string;
  /** Whether the answers name the programme. */
  readonly told: boolean;
  /** Of the enrolment as this source wrote it; 0 when others did. */
  readonly version: number;
}

const columns = ['registrant', 'programme', 'source', 'told', 'version'];

/** What all sources say of these registrants. */
export const readSaidEnrolments = async (
  reader: Reader,
  registrants: readonly string[],
): Promise<readonly SaidEnrolment[]> => {
  const rows = await rowsOf<Omit<SaidEnrolment, 'told'> & { readonly told: number }>(
    reader,
    `select ${columns.join(',')} from odk_enrolments where ${anyOf(reader.profile, 'registrant')}`,
    [listOf(reader.profile, registrants)],
  );
  return rows.map((row) => ({ ...row, told: row.told === 1 }));
};

export const writeSaidEnrolments = async (tx: Tx, said: readonly SaidEnrolment[]): Promise<void> =>
  insertRows(
    tx,
    'odk_enrolments',
    columns,
    said.map((one) => [one.registrant, one.programme, one.source, one.told ? 1 : 0, one.version]),
    'on conflict (registrant, programme, source) do update set told = excluded.told, version = excluded.version',
  );
