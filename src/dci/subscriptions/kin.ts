import type { Change, MemberChange } from '../../registry/index.ts';
import { readHistory } from '../../registry/index.ts';
import type { Registrant } from '../../registry/model.ts';
import type { Kinship, RegistryReader } from '../../registry/ports.ts';
import type { Reader } from '../../storage/index.ts';

/** The kinships around a change: as it left them, and as it found them. */
export interface KinOf {
  after(change: Change): (id: string) => readonly Kinship[];
  before(change: Change): (id: string) => readonly Kinship[];
}

const none: readonly Kinship[] = [];
// One group with more later changes than this is shown with some of them.
const MAX_HISTORY = 1000;

const isOfMembers = ({ type }: Change): boolean => type.startsWith('membership.');

const linesOf = ({ detail }: Change): readonly MemberChange[] =>
  Array.isArray(detail['members']) ? (detail['members'] as readonly MemberChange[]) : [];

/** The individuals that a change of memberships names. */
export const membersNamed = (change: Change): readonly string[] =>
  isOfMembers(change) ? linesOf(change).map(({ individualId }) => individualId) : [];

/** A group's members before a change of them. */
const undo = (
  members: readonly Kinship[],
  change: Change,
  known: ReadonlyMap<string, Registrant>,
): readonly Kinship[] => {
  const lines = new Map(linesOf(change).map((line) => [line.individualId, line]));
  switch (change.type) {
    case 'membership.added':
      return members.filter(({ membership }) => !lines.has(membership.individualId));
    case 'membership.changed':
      return members.map((one) => {
        const roles = lines.get(one.membership.individualId)?.oldRoles;
        return roles ? { ...one, membership: { ...one.membership, roles } } : one;
      });
    case 'membership.ended':
      return [
        ...members,
        ...[...lines.values()].flatMap(({ individualId, roles }): Kinship[] => {
          const other = known.get(individualId);
          return other ? [{ membership: { groupId: change.subject, individualId, roles, live: true }, other }] : [];
        }),
      ];
    default:
      return members;
  }
};

/** Kinships of the given registrants, and of those they lead to, as deep as asked. */
const load = async (
  registry: Pick<RegistryReader, 'kinships'>,
  reader: Reader,
  ids: readonly string[],
  depth: number,
): Promise<Map<string, readonly Kinship[]>> => {
  const found = new Map<string, readonly Kinship[]>();
  let wanted: readonly string[] = ids;
  for (let level = 0; level < depth && wanted.length > 0; level += 1) {
    for (const [id, kin] of await registry.kinships(wanted, {}, reader)) found.set(id, kin);
    const next = wanted.flatMap((id) => (found.get(id) ?? none).map(({ other }) => other.id));
    wanted = [...new Set(next)].filter((id) => !found.has(id));
  }
  return found;
};

export interface KinRequest {
  readonly changes: readonly Change[];
  /** Further registrants whose kinships are wanted. */
  readonly others: readonly string[];
  /** How many kinships away is looked: 0 for none. */
  readonly depth: number;
}

/**
 * Loads the kinships around changes. The database has those of now; of groups, what happened to their members since
 * is undone, so that a filter is asked about the group as each change left it.
 */
export const loadKin = async (
  registry: Pick<RegistryReader, 'kinships' | 'load'>,
  reader: Reader,
  { changes, others, depth }: KinRequest,
): Promise<KinOf> => {
  const subjects = [...new Set([...changes.map(({ subject }) => subject), ...others])];
  const now = depth === 0 ? new Map<string, readonly Kinship[]>() : await load(registry, reader, subjects, depth);
  const later = new Map<string, readonly Change[]>();
  const known = new Map<string, Registrant>();
  if (depth > 0) {
    const firsts = new Map<string, Change>();
    for (const change of changes) {
      if (change.kind === 'group' && !firsts.has(change.subject)) firsts.set(change.subject, change);
    }
    const current = await registry.load([...firsts.keys()], reader);
    for (const [subject, first] of firsts) {
      const isNewest = current.get(subject)?.version === first.version && !isOfMembers(first);
      if (isNewest) continue;
      const history = await readHistory(reader, subject, { after: first.position - 1, limit: MAX_HISTORY });
      later.set(subject, history.filter(isOfMembers));
    }
    const named = [...later.values()].flat().filter(({ type }) => type === 'membership.ended');
    for (const [id, one] of await registry.load([...new Set(named.flatMap(membersNamed))], reader)) known.set(id, one);
  }

  const at =
    (change: Change, from: number) =>
    (id: string): readonly Kinship[] => {
      const members = now.get(id) ?? none;
      if (id !== change.subject) return members;
      const undone = (later.get(id) ?? []).filter(({ position }) => position >= from);
      return undone.reduceRight((kin, one) => undo(kin, one, known), members);
    };
  return {
    after: (change) => at(change, change.position + 1),
    before: (change) => at(change, change.position),
  };
};
