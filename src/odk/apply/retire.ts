import { isEqualJson } from '../../core/equal.ts';
import { merge, toDraft } from '../../registry/index.ts';
import type { Tx } from '../../storage/index.ts';
import { readMembers } from '../members.store.ts';
import type { ApplyContext } from '../ports.ts';
import { type Entry, sharedSubjects } from '../submissions.store.ts';

/**
 * What deletion and rejection do to what was imported. With `flag` and `ignore` the registry stays as it is, and the
 * ledger says it. With `retire` the household and the people in it become inactive, unless somebody else said
 * otherwise of them, or another submission stands for the same household.
 */
export const retire = async (tx: Tx, context: ApplyContext, entries: readonly Entry[]): Promise<void> => {
  const { source, place, registry, writer } = context;
  if (source.settings.onDelete !== 'retire') return;
  const subjects = [...new Set(entries.flatMap(({ subject }) => subject ?? []))];
  if (subjects.length === 0) return;
  const ids = entries.map(({ instance_id }) => instance_id);
  const shared = await sharedSubjects(tx, place, subjects, ids);
  const alone = subjects.filter((subject) => !shared.has(subject));
  const members = await readMembers(tx, alone);
  const people = [...members.values()].flat().filter(({ live }) => live);
  const found = await registry.load([...alone, ...people.map(({ individual }) => individual)], tx);
  const requests = [...found.values()].flatMap((current) => {
    const before = toDraft(current);
    const { draft } = merge(current, { ...before, active: false }, writer, { overwrites: 'own', absent: 'keep' });
    return isEqualJson(before, draft) ? [] : [{ id: current.id, draft, expectedVersion: current.version }];
  });
  await registry.save(tx, requests, writer);
};
