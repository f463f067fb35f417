import { anyOf, insertRows, listOf, type Reader, rowsOf, type Tx } from '../storage/index.ts';
import type { Place } from './submissions.store.ts';

/** Name and birth date as last imported: what a member without a key is known again by. */
export interface Likeness {
  readonly given: string;
  readonly family: string;
  readonly birthDate: string;
}

/** A member that a submission made, whether still there or gone. */
export interface KnownMember {
  readonly subject: string;
  readonly individual: string;
  readonly keys: readonly string[];
  readonly weak: boolean;
  readonly position: number;
  readonly likeness: Likeness;
  readonly live: boolean;
  readonly roles: readonly string[];
}

interface MemberRow {
  readonly subject: string;
  readonly individual: string;
  readonly keys: string;
  readonly weak: number;
  readonly position: number;
  readonly likeness: string;
  readonly live: number;
  readonly roles: string;
}

/** Members by the registrant id of their group. */
export const readMembers = async (
  reader: Reader,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, readonly KnownMember[]>> => {
  const members = new Map<string, KnownMember[]>();
  if (subjects.length === 0) return members;
  const rows = await rowsOf<MemberRow>(
    reader,
    `select * from odk_members where ${anyOf(reader.profile, 'subject')} order by subject, position, individual`,
    [listOf(reader.profile, subjects)],
  );
  for (const row of rows) {
    const list = members.get(row.subject) ?? [];
    members.set(row.subject, list);
    list.push({
      subject: row.subject,
      individual: row.individual,
      keys: JSON.parse(row.keys),
      weak: row.weak === 1,
      position: row.position,
      likeness: JSON.parse(row.likeness),
      live: row.live === 1,
      roles: JSON.parse(row.roles),
    });
  }
  return members;
};

export const writeMembers = async (tx: Tx, source: string, members: readonly KnownMember[]): Promise<void> => {
  await insertRows(
    tx,
    'odk_members',
    ['subject', 'individual', 'source', 'keys', 'weak', 'position', 'likeness', 'live', 'roles'],
    members.map((one) => [
      one.subject,
      one.individual,
      source,
      JSON.stringify(one.keys),
      one.weak ? 1 : 0,
      one.position,
      JSON.stringify(one.likeness),
      one.live ? 1 : 0,
      JSON.stringify(one.roles),
    ]),
    `on conflict (subject, individual) do update set keys = excluded.keys, weak = excluded.weak,
       position = excluded.position, likeness = excluded.likeness, live = excluded.live, roles = excluded.roles`,
  );
};

/** Registrants by the keys of the mapping. */
export const readSubjects = async (
  reader: Reader,
  { source, formKey }: Place,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  if (keys.length === 0) return new Map();
  const rows = await rowsOf<{ key: string; registrant: string }>(
    reader,
    `select key, registrant from odk_subjects where source = ? and form_key = ? and ${anyOf(reader.profile, 'key')}`,
    [source, formKey, listOf(reader.profile, keys)],
  );
  return new Map(rows.map(({ key, registrant }) => [key, registrant]));
};

export const writeSubjects = (
  tx: Tx,
  { source, formKey }: Place,
  subjects: ReadonlyMap<string, string>,
): Promise<void> =>
  insertRows(
    tx,
    'odk_subjects',
    ['source', 'form_key', 'key', 'registrant'],
    [...subjects].map(([key, registrant]) => [source, formKey, key, registrant]),
    'on conflict (source, form_key, key) do update set registrant = excluded.registrant',
  );
