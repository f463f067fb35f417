import { newId } from '../core/ids.ts';
import { anyOf, insertRows, listOf, type Reader, rowsOf, type Tx } from '../storage/index.ts';
import type { Benefit, Enrolment, EnrolmentStatus, Programme } from './ports.ts';

interface ProgrammeRow {
  readonly id: string;
  readonly identifier: string;
  readonly name: string;
  readonly active: number;
  readonly detail: string;
}

const toProgramme = ({ detail, active, ...row }: ProgrammeRow): Programme => ({
  ...row,
  active: active === 1,
  detail: JSON.parse(detail),
});

export const readProgrammes = async (
  reader: Reader,
  by: 'id' | 'identifier',
  keys: readonly string[],
): Promise<readonly Programme[]> => {
  if (keys.length === 0) return [];
  const rows = await rowsOf<ProgrammeRow>(
    reader,
    `select id,identifier,name,active,detail from programmes where ${anyOf(reader.profile, by)}`,
    [listOf(reader.profile, [...new Set(keys)])],
  );
  return rows.map(toProgramme);
};

export const writeProgrammes = async (
  tx: Tx,
  programmes: readonly Omit<Programme, 'id'>[],
  now: string,
): Promise<void> =>
  insertRows(
    tx,
    'programmes',
    ['id', 'identifier', 'name', 'active', 'updated_at', 'detail'],
    programmes.map((one) => [newId(), one.identifier, one.name, one.active ? 1 : 0, now, JSON.stringify(one.detail)]),
    `on conflict (identifier) do update set
       name = excluded.name, active = excluded.active, updated_at = excluded.updated_at, detail = excluded.detail`,
  );

interface EnrolmentRow {
  readonly registrant: string;
  readonly programme: string;
  readonly status: EnrolmentStatus;
  readonly enrolled_on: string | null;
  readonly exited_on: string | null;
  readonly exit_reason: string | null;
  readonly version: number;
}

const toEnrolment = (row: EnrolmentRow): Enrolment => ({
  registrantId: row.registrant,
  programmeId: row.programme,
  status: row.status,
  version: row.version,
  ...(row.enrolled_on !== null && { enrolledOn: row.enrolled_on }),
  ...(row.exited_on !== null && { exitedOn: row.exited_on }),
  ...(row.exit_reason !== null && { exitReason: row.exit_reason }),
});

const enrolmentColumns = ['registrant', 'programme', 'status', 'enrolled_on', 'exited_on', 'exit_reason', 'version'];

export const readEnrolments = async (reader: Reader, registrants: readonly string[]): Promise<readonly Enrolment[]> => {
  const rows = await rowsOf<EnrolmentRow>(
    reader,
    `select ${enrolmentColumns.join(',')} from enrolments where ${anyOf(reader.profile, 'registrant')}
     order by registrant, programme`,
    [listOf(reader.profile, registrants)],
  );
  return rows.map(toEnrolment);
};

export const writeEnrolments = async (tx: Tx, enrolments: readonly Enrolment[], now: string): Promise<void> => {
  const columns = [...enrolmentColumns, 'updated_at'];
  const rows = enrolments.map((one) => [
    ...[one.registrantId, one.programmeId, one.status, one.enrolledOn ?? null, one.exitedOn ?? null],
    ...[one.exitReason ?? null, one.version, now],
  ]);
  const set = columns.slice(2).map((column) => `${column} = excluded.${column}`);
  await insertRows(tx, 'enrolments', columns, rows, `on conflict (registrant, programme) do update set ${set}`);
};

interface BenefitRow {
  readonly registrant: string;
  readonly programme: string;
  readonly reference: string;
  readonly type: string;
  readonly date: string;
  readonly value: number | null;
  readonly quantity: number | null;
  readonly description: string | null;
}

const benefitColumns = ['registrant', 'programme', 'reference', 'type', 'date', 'value', 'quantity', 'description'];

export const readBenefits = async (reader: Reader, registrants: readonly string[]): Promise<readonly Benefit[]> => {
  const rows = await rowsOf<BenefitRow>(
    reader,
    `select ${benefitColumns.join(',')} from benefits where ${anyOf(reader.profile, 'registrant')}
     order by registrant, date, reference`,
    [listOf(reader.profile, registrants)],
  );
  return rows.map(({ registrant, programme, value, quantity, description, ...row }) => ({
    ...row,
    registrantId: registrant,
    programmeId: programme,
    ...(value !== null && { value }),
    ...(quantity !== null && { quantity }),
    ...(description !== null && { description }),
  }));
};

export const writeBenefits = async (tx: Tx, benefits: readonly Benefit[]): Promise<void> => {
  const rows = benefits.map((one) => [
    ...[one.registrantId, one.programmeId, one.reference, one.type, one.date],
    ...[one.value ?? null, one.quantity ?? null, one.description ?? null],
  ]);
  const set = benefitColumns.slice(3).map((column) => `${column} = excluded.${column}`);
  const tail = `on conflict (registrant, programme, reference) do update set ${set}`;
  await insertRows(tx, 'benefits', benefitColumns, rows, tail);
};
