import { toTimestamp } from '../core/clock.ts';
import { Fault } from '../core/fault.ts';
import type { Tx } from '../storage/index.ts';
import { appendChanges } from './feed.store.ts';
import type { ChangeType, MemberChange } from './feed.ts';
import { dayOf } from './liveness.ts';
import { deleteMemberships, liveMembershipsOf } from './memberships.store.ts';
import type { Writer } from './model.ts';
import { recordMemberChanges } from './record-member-changes.ts';
import { rowsByIds, rowsBySeqs, toRegistrant } from './registrant.store.ts';
import type { WriteDeps } from './save.ts';
import { bury } from './tombstones.store.ts';

/** The verb `remove` of the registry; see ports.ts. */
export const createRemove =
  (deps: WriteDeps) =>
  async (tx: Tx, id: string, reason: string, by: Writer): Promise<void> => {
    const [row] = await rowsByIds(tx, [id], { lock: true });
    if (!row) throw new Fault('registrant.not-found', 'no such registrant');
    const now = toTimestamp(deps.clock());
    const today = dayOf(deps.clock());
    const side = row.kind === 'group' ? 'group_seq' : 'individual_seq';
    const memberships = await liveMembershipsOf(tx, side, [row.seq]);
    const groups =
      row.kind === 'group' ? [] : await rowsBySeqs(tx, [...new Set(memberships.map((one) => one.group_seq))]);
    await deleteMemberships(tx, row.seq);
    await bury(tx, row, now, reason);

    const events = new Map<string, Partial<Record<ChangeType, readonly MemberChange[]>>>();
    for (const { group_seq, roles, start_date } of memberships) {
      const group = groups.find(({ seq }) => seq === group_seq);
      if (!group) continue;
      const line = { individualId: id, roles: JSON.parse(roles), start: start_date, end: today, oldRoles: null };
      events.set(group.id, { 'membership.ended': [line] });
    }
    const touched = new Set(memberships.map((one) => (row.kind === 'group' ? one.individual_seq : one.group_seq)));
    await recordMemberChanges(tx, deps, {
      groups: new Map(groups.map((one) => [one.id, one])),
      events,
      touched,
      now,
      by,
    });
    appendChanges(tx, deps.clock, [
      {
        type: 'registrant.deleted',
        subject: id,
        kind: row.kind,
        version: row.version + 1,
        source: by,
        detail: { reason },
        before: toRegistrant(row),
      },
    ]);
  };
