import type { Tx } from '../storage/index.ts';
import { appendChanges } from './feed.store.ts';
import { dayOf, isLiveMembership } from './liveness.ts';
import { addMemberships } from './memberships.store.ts';
import type { Kind, Registrant, Writer } from './model.ts';
import type { MembershipRequest, RegistryWriter, SaveRequest } from './ports.ts';
import type { Save, WriteDeps } from './save.ts';
import { checkMembers, toMemberChange } from './save-memberships.ts';

const countOf = (ids: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
};

/** The memberships of groups and people who are all new: nothing stands that they could meet with. */
const firstMemberships = (
  requests: readonly SaveRequest[],
  memberships: readonly MembershipRequest[],
  today: string,
): readonly MembershipRequest[] => {
  const asked = countOf(requests.flatMap(({ id, newId }) => id ?? newId ?? []));
  const fresh = new Map<string, Kind>();
  for (const { id, newId, draft } of requests) {
    if (id === undefined && newId !== undefined && asked.get(newId) === 1) fresh.set(newId, draft.kind);
  }
  const named = countOf(memberships.map(({ groupId }) => groupId));
  return memberships.filter(
    ({ groupId, members }) =>
      members.length > 0 &&
      fresh.get(groupId) === 'group' &&
      named.get(groupId) === 1 &&
      members.every((one) => fresh.get(one.individualId) === 'individual' && isLiveMembership(one, today)),
  );
};

/**
 * The verb `saveTogether` of the registry; see ports.ts. Whoever is new and joins a new group is written once, as they
 * are in the end: most of an import is such households.
 */
export const createSaveTogether =
  (
    { clock }: WriteDeps,
    save: Save,
    saveMemberships: RegistryWriter['saveMemberships'],
  ): RegistryWriter['saveTogether'] =>
  async (tx: Tx, requests: readonly SaveRequest[], memberships: readonly MembershipRequest[], by: Writer) => {
    memberships.forEach(checkMembers);
    const first = firstMemberships(requests, memberships, dayOf(clock()));
    const joining = new Map<string, number>();
    for (const { groupId, members } of first) {
      joining.set(groupId, members.length);
      for (const { individualId } of members) joining.set(individualId, 0);
    }
    const { saved, registered } = await save(tx, requests, by, joining);
    const seqOf = (id: string): number => registered.get(id)?.seq as number;
    await addMemberships(
      tx,
      first.flatMap(({ groupId, members }) =>
        members.map(({ individualId, roles, start, end }) => ({
          groupSeq: seqOf(groupId),
          individualSeq: seqOf(individualId),
          roles,
          start: start ?? null,
          end: end ?? null,
          live: true,
        })),
      ),
      by,
    );
    appendChanges(
      tx,
      clock,
      first.map(({ groupId, members }) => {
        const group = registered.get(groupId) as Registrant;
        return {
          type: 'membership.added',
          subject: groupId,
          kind: 'group',
          version: group.version + 1,
          source: by,
          detail: { members: members.map(toMemberChange) },
          before: group,
        };
      }),
    );
    const done = new Set(first);
    const rest = memberships.filter((request) => !done.has(request));
    const joined = new Set(first.map(({ groupId }) => groupId));
    for (const { id, outcome } of await saveMemberships(tx, rest, by)) if (outcome !== 'unchanged') joined.add(id);
    return { saved, joined };
  };
