import type { Json, JsonObject } from '../../core/json.ts';
import { tryCoerce } from '../../registry/index.ts';
import type { Group, GroupDraft, Individual, IndividualDraft, Location } from '../../registry/model.ts';
import type { Kinship } from '../../registry/ports.ts';
import { additionalAttributesField, addressField, presentAddress, registrationDateField } from './common.ts';
import { type AnyField, type Field, type Mutable, readFields, SPELLINGS, writeFields } from './field.ts';
import {
  liveIdentifiers,
  presentIdentifiers,
  readIdentifiers,
  shareOne,
  union,
  writeIdentifier,
  writeIdentifiers,
} from './identifiers.ts';
import { presentMember, readMember, writeMember } from './member.ts';
import { asObject, isEmpty, type Members, renamed, same, toList, unlabelled, without } from './wire.ts';

/** A member of a group as its record names it, with the roles that it has there. */
export interface MemberDraft {
  readonly draft: IndividualDraft;
  readonly roles: readonly string[];
}

const HEAD = 'head';

const typeCodes = new Map([
  ['household', '2'],
  ['family', '3'],
]);
const typesByCode = new Map([
  ['2', 'household'],
  ['household', 'household'],
  ['3', 'family'],
  ['family', 'family'],
]);

/** The group type that a DCI code or word means (1 Member, 2 Household, 3 Family); others stand for themselves. */
export const readGroupType = (wire: unknown): string | undefined => {
  if (typeof wire !== 'string' && typeof wire !== 'number') return undefined;
  const word = String(wire).trim();
  return typesByCode.get(word.toLowerCase()) ?? (word || undefined);
};

const writeGroupType = (type: string): string => typeCodes.get(type) ?? type;

const groupTypeField: Field<GroupDraft, string> = {
  name: 'group_type',
  read: readGroupType,
  write: writeGroupType,
  get: (subject) => subject.groupType,
  set: (draft, value) => {
    draft.groupType = value;
  },
};

const coordinate = (value: Json | undefined): number | undefined => {
  const number = tryCoerce({ type: 'number' }, value);
  return typeof number === 'number' ? number : undefined;
};

/** A DCI Place stays as it came; its coordinates are ours too, and win where another door has moved them. */
const locationField: Field<GroupDraft, Location> = {
  name: 'geographical_location',
  read: (wire) => {
    const place = asObject(wire);
    if (!place) return undefined;
    const geo = asObject(place['geo']);
    const latitude = coordinate(geo?.['latitude']);
    const longitude = coordinate(geo?.['longitude']);
    return { ...(latitude !== undefined && longitude !== undefined ? { latitude, longitude } : {}), place };
  },
  write: ({ latitude, longitude, place }) => {
    const geo = asObject(place?.['geo']);
    const moved = coordinate(geo?.['latitude']) !== latitude || coordinate(geo?.['longitude']) !== longitude;
    if (!moved || latitude === undefined || longitude === undefined) return place ?? {};
    return { ...place, geo: { latitude, longitude } };
  },
  get: (subject) => {
    const { location } = subject;
    return location && (location.place !== undefined || location.latitude !== undefined) ? location : undefined;
  },
  set: (draft, value) => {
    draft.location = value;
  },
};

const groupFields: readonly AnyField<GroupDraft>[] = [
  groupTypeField,
  locationField,
  addressField,
  registrationDateField,
  additionalAttributesField,
];

const homes = [
  'group_identifier',
  'group_head_info',
  'member_list',
  'group_size',
  ...groupFields.map(({ name }) => name),
];

const olderGroup = { place: 'geographical_location', last_update: 'last_updated', household_size: 'group_size' };

/** A group in the present layout, its members too. */
export const presentGroup = (wire: JsonObject): JsonObject => {
  const record: Members = { ...renamed(unlabelled(wire), olderGroup) };
  if (record['group_identifier'] !== undefined) {
    record['group_identifier'] = presentIdentifiers(record['group_identifier']);
  }
  const head = asObject(record['group_head_info']);
  if (head) record['group_head_info'] = presentMember(head);
  if (record['member_list'] !== undefined) {
    record['member_list'] = toList(record['member_list']).map((one) => {
      const member = asObject(one);
      return member ? presentMember(member) : one;
    });
  }
  if (record['address'] !== undefined) record['address'] = presentAddress(record['address']);
  return record;
};

const relationshipRoles = new Map([
  ['self', HEAD],
  ['head', HEAD],
]);

const isSamePerson = (a: IndividualDraft, b: IndividualDraft): boolean =>
  a.identifiers.length > 0 && b.identifiers.length > 0
    ? shareOne(a.identifiers, b.identifiers)
    : same(a.name, b.name) && a.birthDate === b.birthDate;

/** The head's own record tells as much as the list's entry or more: what only the entry says is added. */
const merge = (head: IndividualDraft, listed: IndividualDraft): IndividualDraft => ({
  ...listed,
  ...head,
  identifiers: union(head.identifiers, listed.identifiers),
  ...(head.sections || listed.sections
    ? { sections: { member: { ...listed.sections?.member, ...head.sections?.member } } }
    : {}),
});

const readMembers = (wire: JsonObject): { members: readonly MemberDraft[]; headApart: boolean } => {
  const head = asObject(wire['group_head_info']);
  const headDraft = head && readMember(head);
  const members = toList(wire['member_list']).flatMap((one): MemberDraft[] => {
    const member = asObject(one);
    if (!member) return [];
    const role = relationshipRoles.get(String(member['relationship_head'] ?? '').toLowerCase());
    return [{ draft: readMember(member), roles: role && !headDraft ? [role] : [] }];
  });
  if (!headDraft) return { members, headApart: false };
  const at = members.findIndex(({ draft }) => isSamePerson(draft, headDraft));
  if (at < 0) return { members: [{ draft: headDraft, roles: [HEAD] }, ...members], headApart: true };
  const listed = members[at] as MemberDraft;
  return {
    members: members.with(at, { draft: merge(headDraft, listed.draft), roles: [HEAD] }),
    headApart: false,
  };
};

/** A Group of the wire: the group itself, and its members, who are registrants of their own. */
export interface ReadGroup {
  readonly draft: GroupDraft;
  /** Absent when the record says nothing of members: those it has stay. */
  readonly members?: readonly MemberDraft[];
}

/** Reads a Group (dci.md §9.3) in its present layout; what has no home elsewhere goes to the section `group`. */
export const readGroup = (wire: JsonObject): ReadGroup => {
  const identifiers = readIdentifiers(wire['group_identifier']);
  const draft: Mutable<GroupDraft> = { kind: 'group', active: true, identifiers };
  const kept = readFields(groupFields, wire, draft);
  if (wire['group_identifier'] !== undefined && !same(wire['group_identifier'], identifiers.map(writeIdentifier))) {
    kept['group_identifier'] = wire['group_identifier'];
  }
  const { members, headApart } = readMembers(wire);
  if (headApart) kept['head_apart'] = true;

  const section: Members = without(wire, homes);
  // A size that is just the number of members listed follows them from now on; another is the sender's word.
  const size = wire['group_size'];
  if (size !== undefined && tryCoerce({ type: 'integer' }, size) !== members.length) section['group_size'] = size;
  if (!isEmpty(kept)) section[SPELLINGS] = kept;
  if (!isEmpty(section)) draft.sections = { group: section };
  const saysMembers = wire['group_head_info'] !== undefined || wire['member_list'] !== undefined;
  return { draft, ...(saysMembers ? { members } : {}) };
};

const individuals = (kin: readonly Kinship[]): readonly { individual: Individual; roles: readonly string[] }[] =>
  kin.flatMap(({ membership, other }) =>
    membership.live && other.kind === 'individual' ? [{ individual: other, roles: membership.roles }] : [],
  );

/** Writes a Group with its live members. */
export const writeGroup = (group: Group, kin: readonly Kinship[], personType: string, today: string): JsonObject => {
  const section = group.sections?.group ?? {};
  const kept = asObject(section[SPELLINGS]);
  const live = liveIdentifiers(group, today);
  const out: Members = {
    '@type': 'Group',
    group_identifier: writeIdentifiers(live, kept, 'group_identifier', ['group_identifier']),
  };
  for (const [name, value] of Object.entries(section)) {
    if (name !== SPELLINGS && (name === 'group_size' || !homes.includes(name))) out[name] = value;
  }
  writeFields(groupFields, group, kept, out);

  const members = individuals(kin);
  const head = members.find(({ roles }) => roles.some((role) => role.toLowerCase() === HEAD));
  if (head) out['group_head_info'] = writeMember(head.individual, personType, today);
  out['group_size'] ??= group.memberCount ?? members.length;
  out['member_list'] = members
    .filter((one) => one !== head || kept?.['head_apart'] !== true)
    .map((one) =>
      one === head ? (out['group_head_info'] as JsonObject) : writeMember(one.individual, personType, today),
    );
  out['last_updated'] ??= group.updatedAt;
  return out;
};
