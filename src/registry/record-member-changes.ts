import type { Tx } from '../storage/index.ts';
import { appendChanges } from './feed.store.ts';
import { type ChangeType, changeTypes, type MemberChange, type NewChange } from './feed.ts';
import { dayOf } from './liveness.ts';
import { bumpVersions } from './memberships.store.ts';
import type { Registrant, Writer } from './model.ts';
import { type RegistrantRow, rowsBySeqs, toRegistrant } from './registrant.store.ts';
import type { WriteDeps } from './save.ts';
import { toSearchValues } from './search-rows.ts';
import { replaceValues } from './values.store.ts';

export interface MemberChanges {
  /** The groups as they were, by id. */
  readonly groups: ReadonlyMap<string, RegistrantRow>;
  readonly events: ReadonlyMap<string, Partial<Record<ChangeType, readonly MemberChange[]>>>;
  /** Every registrant whose representation changes: the groups and the persons. */
  readonly touched: ReadonlySet<number>;
  readonly now: string;
  readonly by: Writer;
}

/**
 * What follows from changed memberships, once they are written: versions of both ends, the sizes of the groups, and
 * one event for each group and sort of change.
 */
export const recordMemberChanges = async (tx: Tx, deps: WriteDeps, changes: MemberChanges): Promise<void> => {
  const { groups, events, now, by } = changes;
  if (changes.touched.size === 0) return;
  // In ascending order, as every writer locks rows.
  await bumpVersions(
    tx,
    [...changes.touched].sort((a, b) => a - b),
    now,
  );
  const before = [...events.keys()].map((id) => groups.get(id) as RegistrantRow);
  const after = new Map<string, Registrant>();
  for (const row of await rowsBySeqs(
    tx,
    before.map(({ seq }) => seq),
  ))
    after.set(row.id, toRegistrant(row));

  const catalogue = await deps.catalogue(tx);
  const today = dayOf(deps.clock());
  await replaceValues(
    tx,
    'group_size',
    [...after.values()].map((group) => ({
      seq: group.seq as number,
      values: toSearchValues(group, 'group_size', catalogue, today),
    })),
  );

  const list: NewChange[] = [];
  for (const row of before) {
    const group = after.get(row.id) as Registrant;
    // The state after a change is the `before` of the next one: all but the first see the group as it is now.
    let earlier = toRegistrant(row);
    for (const type of changeTypes) {
      const members = events.get(row.id)?.[type];
      if (!members) continue;
      list.push({
        type,
        subject: row.id,
        kind: 'group',
        version: group.version,
        source: by,
        detail: { members },
        before: earlier,
      });
      earlier = group;
    }
  }
  appendChanges(tx, deps.clock, list);
};
