import { anyOf, listOf, type Reader, rowsOf } from '../storage/index.ts';
import type { Kind, Membership, Registrant } from './model.ts';
import type { Kinship } from './ports.ts';
import { rowsBySeqs, toRegistrant } from './registrant.store.ts';

interface KinshipRow {
  readonly group_seq: number;
  readonly individual_seq: number;
  readonly group_id: string;
  readonly individual_id: string;
  readonly roles: string;
  readonly start_date: string | null;
  readonly end_date: string | null;
  readonly live: number;
}

const toMembership = (row: KinshipRow): Membership => ({
  groupId: row.group_id,
  individualId: row.individual_id,
  roles: JSON.parse(row.roles),
  ...(row.start_date !== null && { start: row.start_date }),
  ...(row.end_date !== null && { end: row.end_date }),
  live: row.live === 1,
});

/** Memberships of registrants of either kind, in the order in which they were made, with the other end loaded. */
export const readKinships = async (
  reader: Reader,
  ids: readonly string[],
  options: { readonly ended?: boolean } = {},
): Promise<ReadonlyMap<string, readonly Kinship[]>> => {
  const { profile } = reader;
  const found = new Map<string, Kinship[]>();
  if (ids.length === 0) return found;
  const asked = await rowsOf<{ seq: number; id: string; kind: Kind }>(
    reader,
    `select seq, id, kind from registrants where ${anyOf(profile, 'id')}`,
    [listOf(profile, [...new Set(ids)])],
  );
  for (const { id } of asked) found.set(id, []);
  for (const kind of ['group', 'individual'] as const) {
    const seqs = asked.filter((one) => one.kind === kind).map(({ seq }) => seq);
    if (seqs.length === 0) continue;
    const rows = await rowsOf<KinshipRow>(
      reader,
      `select m.group_seq, m.individual_seq, g.id as group_id, i.id as individual_id,
         m.roles, m.start_date, m.end_date, m.live
       from memberships m
         join registrants g on g.seq = m.group_seq
         join registrants i on i.seq = m.individual_seq
       where ${anyOf(profile, `m.${kind}_seq`)} ${options.ended ? '' : 'and m.live = 1'}
       order by m.seq`,
      [listOf(profile, seqs)],
    );
    const far = kind === 'group' ? 'individual_seq' : 'group_seq';
    const others = new Map<number, Registrant>();
    for (const row of await rowsBySeqs(reader, [...new Set(rows.map((row) => row[far]))])) {
      others.set(row.seq, toRegistrant(row));
    }
    for (const row of rows) {
      const other = others.get(row[far]);
      if (other)
        found.get(kind === 'group' ? row.group_id : row.individual_id)?.push({ membership: toMembership(row), other });
    }
  }
  return found;
};
