import { isEqualJson } from '../../core/equal.ts';
import { isLiveMembership, type Kinship, type Membership, type MembershipRequest } from '../../registry/index.ts';

export type Member = MembershipRequest['members'][number];

type Held = Member & Pick<Membership, 'live'>;

/** The memberships of a batch: what groups have, and what its lines make of it, line by line. */
export interface MembershipPlan {
  /** Takes the members that a line names; answers whether they change anything. */
  add(groupId: string, members: readonly Member[]): boolean;
  /** What to ask of the registry, in order. */
  requests(): readonly MembershipRequest[];
}

/** A live membership keeps what a line does not say of it; an ended one is the one that ended on that day. */
const complete = (wanted: Member, held: readonly Held[], isLive: boolean): Member => {
  const known = held.find(
    (one) => one.individualId === wanted.individualId && (isLive ? one.live : one.end === wanted.end),
  );
  if (!known) return wanted;
  const start = wanted.start ?? known.start;
  const end = wanted.end ?? known.end;
  return {
    individualId: wanted.individualId,
    roles: wanted.roles.length > 0 ? wanted.roles : known.roles,
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  };
};

export const planMemberships = (kinships: ReadonlyMap<string, readonly Kinship[]>, today: string): MembershipPlan => {
  const groups = new Map<string, Held[]>();
  for (const [groupId, list] of kinships) {
    groups.set(
      groupId,
      list.map(({ membership }) => membership),
    );
  }
  const requests: MembershipRequest[] = [];

  const addOne = (held: Held[], member: Member): Member | undefined => {
    const live = isLiveMembership(member, today);
    const wanted = complete(member, held, live);
    const isThere = held.some(
      (one) =>
        one.individualId === wanted.individualId &&
        one.live === live &&
        one.start === wanted.start &&
        one.end === wanted.end &&
        // Ending a membership leaves the roles it had.
        (!live || isEqualJson(one.roles, wanted.roles)),
    );
    if (isThere) return undefined;
    const current = held.findIndex((one) => one.live && one.individualId === wanted.individualId);
    if (current >= 0) held.splice(current, 1);
    held.push({ ...wanted, live });
    return wanted;
  };

  return {
    add(groupId, members) {
      const held = groups.get(groupId) ?? [];
      groups.set(groupId, held);
      // The registry takes each person once per request, and a person may have left and come back: ended memberships
      // go first, each later one of the same person in a request of its own.
      const ordered = [
        ...members.filter((one) => !isLiveMembership(one, today)),
        ...members.filter((one) => isLiveMembership(one, today)),
      ];
      const rounds: Map<string, Member>[] = [];
      for (const member of ordered) {
        const wanted = addOne(held, member);
        if (!wanted) continue;
        const after = rounds.findLastIndex((round) => round.has(wanted.individualId));
        const round = rounds[after + 1] ?? new Map<string, Member>();
        rounds[after + 1] = round;
        round.set(wanted.individualId, wanted);
      }
      for (const round of rounds) requests.push({ groupId, members: [...round.values()], others: 'keep' });
      return rounds.length > 0;
    },
    requests: () => requests,
  };
};
