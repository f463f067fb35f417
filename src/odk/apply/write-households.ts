import { isEqualJson } from '../../core/equal.ts';
import type { Kinship, MembershipRequest, Registry, Writer } from '../../registry/index.ts';
import type { Tx } from '../../storage/index.ts';
import type { KnownMember } from '../members.store.ts';
import type { Household } from './household.ts';

type Wanted = MembershipRequest['members'][number];

/** The day something happened in the field; never after today, as a membership that ends tomorrow has not ended. */
export interface Days {
  readonly today: string;
  /** By the registrant id of the subject. */
  readonly of: ReadonlyMap<string, string>;
}

/**
 * What is to be asked of the registry for one group. Memberships that others made or ended, and roles that others
 * changed, stay as they are: ODK says only what changed in ODK.
 */
const toRequest = (
  { registrants, members = [], before }: Household,
  kinships: readonly Kinship[],
  day: string,
): MembershipRequest | undefined => {
  const groupId = registrants[0]?.id as string;
  const live = new Map(
    kinships.filter(({ membership }) => membership.live).map(({ membership }) => [membership.individualId, membership]),
  );
  const wanted = members.flatMap((member: KnownMember): Wanted[] => {
    const { individual: individualId, roles } = member;
    const earlier = before.get(individualId);
    const held = live.get(individualId);
    if (!member.live) {
      if (!held) return [];
      return [{ individualId, roles: held.roles, ...(held.start ? { start: held.start } : {}), end: day }];
    }
    // A history says when somebody came back; when the first members came, nobody was asked.
    if (!earlier?.live) return held ? [] : [{ individualId, roles, ...(earlier ? { start: day } : {}) }];
    if (!held || isEqualJson(earlier.roles, roles) || !isEqualJson(held.roles, earlier.roles)) return [];
    return [{ individualId, roles }];
  });
  return wanted.length > 0 ? { groupId, members: wanted, others: 'keep' } : undefined;
};

/**
 * Writes households through the registry, in few statements: people, then who belongs where. Answers the ids of the
 * subjects in which something changed.
 */
export const writeHouseholds = async (
  tx: Tx,
  registry: Registry,
  households: readonly Household[],
  days: Days,
  writer: Writer,
): Promise<ReadonlySet<string>> => {
  const requests = households.flatMap(({ registrants }) =>
    registrants.map(({ id, current, draft }) =>
      current ? { id, draft, expectedVersion: current.version } : { newId: id, draft },
    ),
  );
  const known = households
    .filter(({ isNew, members }) => !isNew && members)
    .map(({ registrants }) => registrants[0]?.id as string);
  const kinships = known.length > 0 ? await registry.kinships(known, {}, tx) : new Map<string, readonly Kinship[]>();
  const memberships = households.flatMap((household) => {
    if (!household.members) return [];
    const id = household.registrants[0]?.id as string;
    return toRequest(household, kinships.get(id) ?? [], days.of.get(id) ?? days.today) ?? [];
  });
  const { saved, joined } = await registry.saveTogether(tx, requests, memberships, writer);
  const changed = new Set(joined);
  let at = 0;
  for (const { registrants } of households) {
    const subject = registrants[0]?.id as string;
    for (const _ of registrants) {
      if (saved[at]?.outcome !== 'unchanged') changed.add(subject);
      at += 1;
    }
  }
  return changed;
};
