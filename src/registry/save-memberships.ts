import { toTimestamp } from '../core/clock.ts';
import { isEqualJson } from '../core/equal.ts';
import { Fault } from '../core/fault.ts';
import type { Tx } from '../storage/index.ts';
import { invalidDraft } from './draft.ts';
import type { ChangeType, MemberChange } from './feed.ts';
import { dayOf, isLiveMembership } from './liveness.ts';
import {
  addMemberships,
  changeMembership,
  endedMembershipsOf,
  endMemberships,
  liveMembershipsOf,
  type MembershipRow,
  type NewMembership,
} from './memberships.store.ts';
import type { Writer } from './model.ts';
import type { MembershipRequest, Saved } from './ports.ts';
import { isDate } from './query/coerce.ts';
import { recordMemberChanges } from './record-member-changes.ts';
import { type RegistrantRow, rowsByIds } from './registrant.store.ts';
import type { WriteDeps } from './save.ts';

const MAX_ROLES = 20;
const MAX_ROLE = 100;

type Wanted = MembershipRequest['members'][number];

/** What a batch is about to do; nothing is written before all of it is known to be right. */
interface Work {
  readonly endings: { readonly seq: number; readonly end: string }[];
  readonly changes: { readonly seq: number; readonly to: Omit<NewMembership, 'groupSeq' | 'individualSeq' | 'live'> }[];
  readonly additions: NewMembership[];
  /** Group id → what happened to its members. */
  readonly events: Map<string, Partial<Record<ChangeType, MemberChange[]>>>;
  readonly touched: Set<number>;
}

/** Refuses what no group could be asked for, whatever stands in the registry. */
export const checkMembers = (request: MembershipRequest, index: number): void => {
  const problems: { path: string; message: string }[] = [];
  const seen = new Set<string>();
  request.members.forEach(({ individualId, roles, start, end }, i) => {
    const path = `/members/${i}`;
    if (seen.has(individualId)) problems.push({ path, message: 'names a person twice' });
    seen.add(individualId);
    if (roles.length > MAX_ROLES || roles.some((role) => role.trim() === '' || role.length > MAX_ROLE)) {
      problems.push({ path: `${path}/roles`, message: `must be at most ${MAX_ROLES} codes` });
    }
    if (start !== undefined && !isDate(start)) problems.push({ path: `${path}/start`, message: 'must be a date' });
    if (end !== undefined && !isDate(end)) problems.push({ path: `${path}/end`, message: 'must be a date' });
    else if (start !== undefined && end !== undefined && end < start) {
      problems.push({ path: `${path}/end`, message: 'lies before the start' });
    }
  });
  if (request.endDate !== undefined && !isDate(request.endDate)) {
    problems.push({ path: '/endDate', message: 'must be a date' });
  }
  if (problems.length > 0) throw invalidDraft(problems, index);
};

const line = (
  individualId: string,
  roles: readonly string[],
  start: string | null,
  end: string | null,
  oldRoles: readonly string[] | null = null,
): MemberChange => ({
  individualId,
  roles,
  start,
  end,
  oldRoles,
});

/** A membership that begins, as the feed tells of it. */
export const toMemberChange = ({ individualId, roles, start, end }: Wanted): MemberChange =>
  line(individualId, roles, start ?? null, end ?? null);

/** The verb `saveMemberships` of the registry; see ports.ts. */
export const createSaveMemberships =
  (deps: WriteDeps) =>
  async (tx: Tx, requests: readonly MembershipRequest[], by: Writer): Promise<readonly Saved[]> => {
    if (requests.length === 0) return [];
    requests.forEach(checkMembers);
    const now = toTimestamp(deps.clock());
    const today = dayOf(deps.clock());
    const ids = requests.flatMap(({ groupId, members }) => [
      groupId,
      ...members.map(({ individualId }) => individualId),
    ]);
    const rows = new Map((await rowsByIds(tx, ids, { lock: true })).map((row) => [row.id, row]));
    const rowOf = (id: string, kind: RegistrantRow['kind'], index: number, path: string): RegistrantRow => {
      const row = rows.get(id);
      if (!row) throw new Fault('registrant.not-found', `no such ${kind}`, { index, path });
      if (row.kind !== kind) throw invalidDraft([{ path, message: `must be the id of a ${kind}` }], index);
      return row;
    };
    const groups = requests.map(({ groupId }, index) => rowOf(groupId, 'group', index, '/groupId'));
    const groupSeqs = [...new Set(groups.map(({ seq }) => seq))];
    const live = new Map<number, Map<number, MembershipRow>>(groupSeqs.map((seq) => [seq, new Map()]));
    for (const row of await liveMembershipsOf(tx, 'group_seq', groupSeqs))
      live.get(row.group_seq)?.set(row.individual_seq, row);
    const past = requests.some(({ members }) => members.some((member) => !isLiveMembership(member, today)))
      ? await endedMembershipsOf(tx, groupSeqs)
      : [];

    const work: Work = { endings: [], changes: [], additions: [], events: new Map(), touched: new Set() };
    requests.forEach((request, index) => {
      const group = groups[index] as RegistrantRow;
      const members = live.get(group.seq) as Map<number, MembershipRow>;
      const note = (type: ChangeType, change: MemberChange, individual: number): void => {
        const events = work.events.get(group.id) ?? {};
        events[type] = [...(events[type] ?? []), change];
        work.events.set(group.id, events);
        work.touched.add(group.seq).add(individual);
      };
      const end = (row: MembershipRow, day: string): void => {
        members.delete(row.individual_seq);
        work.endings.push({ seq: row.seq, end: day });
        note(
          'membership.ended',
          line(row.individual_id, JSON.parse(row.roles), row.start_date, day),
          row.individual_seq,
        );
      };
      const change = (
        row: MembershipRow,
        to: { roles: readonly string[]; start: string | null; end: string | null },
      ): void => {
        const oldRoles: readonly string[] = JSON.parse(row.roles);
        if (row.start_date === to.start && row.end_date === to.end && isEqualJson(oldRoles, to.roles)) return;
        work.changes.push({ seq: row.seq, to });
        members.set(row.individual_seq, {
          ...row,
          roles: JSON.stringify(to.roles),
          start_date: to.start,
          end_date: to.end,
        });
        note('membership.changed', line(row.individual_id, to.roles, to.start, to.end, oldRoles), row.individual_seq);
      };
      const add = (wanted: Wanted, individual: RegistrantRow): void => {
        const isLive = isLiveMembership(wanted, today);
        const start = wanted.start ?? null;
        const until = wanted.end ?? null;
        const isKnown = past.some(
          (row) =>
            row.group_seq === group.seq &&
            row.individual_seq === individual.seq &&
            row.start_date === start &&
            row.end_date === until,
        );
        if (!isLive && isKnown) return;
        work.additions.push({
          groupSeq: group.seq,
          individualSeq: individual.seq,
          roles: wanted.roles,
          start,
          end: until,
          live: isLive,
        });
        note('membership.added', toMemberChange(wanted), individual.seq);
      };

      const named = new Set<number>();
      request.members.forEach((wanted, i) => {
        const individual = rowOf(wanted.individualId, 'individual', index, `/members/${i}/individualId`);
        named.add(individual.seq);
        const current = members.get(individual.seq);
        if (!current) add(wanted, individual);
        else if (!isLiveMembership(wanted, today)) end(current, wanted.end as string);
        else
          change(current, { roles: wanted.roles, start: wanted.start ?? current.start_date, end: wanted.end ?? null });
      });
      if (request.others === 'keep') return;
      const day = request.endDate ?? today;
      for (const row of [...members.values()]) {
        if (named.has(row.individual_seq)) continue;
        if (isLiveMembership({ end: day }, today))
          change(row, { roles: JSON.parse(row.roles), start: row.start_date, end: day });
        else end(row, day);
      }
    });

    // Endings first: a pair may have one live membership, and one that ends may begin anew.
    await endMemberships(tx, work.endings, by);
    for (const { seq, to } of work.changes) await changeMembership(tx, seq, to, by);
    await addMemberships(tx, work.additions, by);
    await recordMemberChanges(tx, deps, { groups: rows, events: work.events, touched: work.touched, now, by });
    return groups.map(({ id, version }) => {
      const changed = work.events.has(id);
      return { id, version: changed ? version + 1 : version, outcome: changed ? 'updated' : 'unchanged' };
    });
  };
