import type { Mutable } from '../../core/mutable.ts';
import type { Group, GroupDraft } from '../model.ts';
import type { Kinship } from '../ports.ts';
import { compileCheck, findUnstorable, type Problem } from './check.ts';
import {
  fromCommon,
  type Reading,
  type ReadOptions,
  type ReadResource,
  toCommon,
  type WriteOptions,
} from './common.ts';
import { type Resource, toReferenceJson } from './individual.ts';
import { withoutNulls } from './nulls.ts';
import { checkPeriod, fromRoles, type Report, reporter, toPeriod, toRoles } from './parts.ts';
import { type IdentifierKey, readReference } from './references.ts';
import { GroupJson, type MemberJson } from './schema.ts';

/** A member as a resource names one: whom, and since when. */
export interface ReadMember {
  /** What the reference may mean, most likely first (references.ts). */
  readonly references: readonly IdentifierKey[];
  readonly roles: readonly string[];
  readonly start?: string;
  /** Given for a membership that has ended. */
  readonly end?: string;
}

export interface ReadGroup extends ReadResource<GroupDraft> {
  /** Absent when the resource says nothing of members. */
  readonly members?: readonly ReadMember[];
}

const toMember = ({ membership, other }: Kinship, today: string) => {
  const role = toRoles(membership.roles);
  const period = toPeriod(membership);
  return {
    entity: toReferenceJson(other, today),
    ...(role ? { role } : {}),
    ...(period ? { period } : {}),
    inactive: !membership.live,
  };
};

/** A group as API V2 shows one (api-v2.md §9); `kinships` are its members, ended ones included if given. */
export const toGroupResource = (group: Group, kinships: readonly Kinship[], options: WriteOptions): Resource => {
  const common = toCommon(group, options);
  return {
    type: 'Group',
    ...common.head,
    ...(group.groupType === undefined ? {} : { groupType: group.groupType }),
    ...(group.name === undefined ? {} : { name: group.name }),
    ...(kinships.length > 0 ? { member: kinships.map((one) => toMember(one, options.today)) } : {}),
    quantity: kinships.filter(({ membership }) => membership.live).length,
    ...common.tail,
    ...common.extension,
    meta: common.meta,
  } as unknown as Resource;
};

const check = compileCheck(GroupJson);

const readMembers = (list: readonly MemberJson[], options: ReadOptions, report: Report): readonly ReadMember[] =>
  list.map(({ entity, role, period, inactive }, i) => {
    const path = `/member/${i}`;
    const references = readReference(entity.reference, 'individual', options.readSystem);
    if (!references) {
      report(`${path}/entity/reference`, 'Invalid reference. Expected: Individual/{system}|{value}');
    }
    checkPeriod(period, `${path}/period`, report);
    // A membership that has ended must say when, or it could not be told from a live one later.
    const end = period?.end ?? (inactive ? options.today : undefined);
    return {
      references: references ?? [],
      roles: fromRoles(role, `${path}/role`, report),
      ...(period?.start ? { start: period.start } : {}),
      ...(end === undefined ? {} : { end }),
    };
  });

/** Reads a group with its members, or tells everything that is wrong with it at once. `quantity` is not read. */
export const fromGroupResource = (input: unknown, options: ReadOptions): Reading<ReadGroup> => {
  const unstorable = findUnstorable(input);
  if (unstorable.length > 0) return { ok: false, problems: unstorable };
  const json = withoutNulls(input);
  const shape = check(json);
  if (shape.length > 0) return { ok: false, problems: shape };

  const group = json as GroupJson;
  const problems: Problem[] = [];
  const { draft, rest } = fromCommon(group, options, problems);
  const members = group.member ? readMembers(group.member, options, reporter(problems)) : undefined;
  if (problems.length > 0) return { ok: false, problems };

  const read: Mutable<GroupDraft> = { ...draft, kind: 'group' };
  if (group.name) read.name = group.name;
  if (group.groupType) read.groupType = group.groupType;
  return { ok: true, value: { draft: read, ...rest, ...(members ? { members } : {}) } };
};
