import { fold } from '../core/text.ts';
import { anyOf, insertRows, listOf, type Reader, rowsOf, type Tx } from '../storage/index.ts';

/** A membership as stored. */
export interface MembershipRow {
  readonly seq: number;
  readonly group_seq: number;
  readonly individual_seq: number;
  readonly individual_id: string;
  readonly roles: string;
  readonly start_date: string | null;
  readonly end_date: string | null;
}

export interface NewMembership {
  readonly groupSeq: number;
  readonly individualSeq: number;
  readonly roles: readonly string[];
  readonly start: string | null;
  readonly end: string | null;
  readonly live: boolean;
}

const select = `select m.seq, m.group_seq, m.individual_seq, i.id as individual_id, m.roles, m.start_date, m.end_date
  from memberships m join registrants i on i.seq = m.individual_seq`;

export const liveMembershipsOf = async (
  reader: Reader,
  side: 'group_seq' | 'individual_seq',
  seqs: readonly number[],
): Promise<readonly MembershipRow[]> =>
  await rowsOf<MembershipRow>(
    reader,
    `${select} where m.live = 1 and ${anyOf(reader.profile, `m.${side}`)} order by m.seq`,
    [listOf(reader.profile, seqs)],
  );

/** Ended memberships of groups: history. */
export const endedMembershipsOf = async (
  reader: Reader,
  groups: readonly number[],
): Promise<readonly MembershipRow[]> =>
  await rowsOf<MembershipRow>(
    reader,
    `${select} where m.live = 0 and ${anyOf(reader.profile, 'm.group_seq')} order by m.seq`,
    [listOf(reader.profile, groups)],
  );

/** Live memberships whose end has come. */
export const dueMemberships = async (reader: Reader, today: string, limit: number): Promise<readonly MembershipRow[]> =>
  await rowsOf<MembershipRow>(
    reader,
    `${select} where m.live = 1 and m.end_date is not null and m.end_date <= ? order by m.seq limit ?`,
    [today, limit],
  );

/** Ends memberships; those that share a day share a statement. */
export const endMemberships = async (
  tx: Tx,
  endings: readonly { readonly seq: number; readonly end: string }[],
  source: string,
): Promise<void> => {
  for (const end of new Set(endings.map((one) => one.end))) {
    const seqs = endings.filter((one) => one.end === end).map(({ seq }) => seq);
    await rowsOf(tx, `update memberships set live = 0, end_date = ?, source = ? where ${anyOf(tx.profile, 'seq')}`, [
      end,
      source,
      listOf(tx.profile, seqs),
    ]);
  }
};

const foldedRoles = (roles: readonly string[]): string => JSON.stringify(roles.map(fold));

export const changeMembership = async (
  tx: Tx,
  seq: number,
  to: { readonly roles: readonly string[]; readonly start: string | null; readonly end: string | null },
  source: string,
): Promise<void> => {
  await rowsOf(
    tx,
    'update memberships set roles = ?, folded_roles = ?, start_date = ?, end_date = ?, source = ? where seq = ?',
    [JSON.stringify(to.roles), foldedRoles(to.roles), to.start, to.end, source, seq],
  );
};

export const addMemberships = async (tx: Tx, rows: readonly NewMembership[], source: string): Promise<void> => {
  await insertRows(
    tx,
    'memberships',
    ['group_seq', 'individual_seq', 'roles', 'folded_roles', 'start_date', 'end_date', 'live', 'source'],
    rows.map(({ groupSeq, individualSeq, roles, start, end, live }) => [
      groupSeq,
      individualSeq,
      JSON.stringify(roles),
      foldedRoles(roles),
      start,
      end,
      live ? 1 : 0,
      source,
    ]),
  );
};

/** Takes the memberships of a registrant away, history included. */
export const deleteMemberships = async (tx: Tx, seq: number): Promise<void> => {
  await rowsOf(tx, 'delete from memberships where group_seq = ? or individual_seq = ?', [seq, seq]);
};

/** Gives registrants a new version, and groups their number of live members. */
export const bumpVersions = async (tx: Tx, seqs: readonly number[], now: string): Promise<void> => {
  if (seqs.length === 0) return;
  await rowsOf(
    tx,
    `update registrants set version = version + 1, updated_at = ?,
       member_count = case when kind = 'group' then
         (select count(*) from memberships where group_seq = registrants.seq and live = 1) end
     where ${anyOf(tx.profile, 'seq')}`,
    [now, listOf(tx.profile, seqs)],
  );
};
