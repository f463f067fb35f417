import { commonEvents, type RegistryEvent } from './event.ts';
import { presentGroup, readGroup, readGroupType, writeGroup } from './group.ts';
import { presentMember, readMember, writeMember } from './member.ts';
import type { RegistryDefinition } from './registry.ts';
import { asObject, withoutBlanks } from './wire.ts';

const groupMembers = ['group_identifier', 'group_head_info', 'member_list', 'group_type', 'group_size'];

const newMember: RegistryEvent = {
  name: 'new_member',
  words: ['newhouseholdmember', 'newmember', 'memberadded'],
  changes: ['membership.added'],
  ofMembers: true,
};

const told: { readonly [event: string]: string } = { register: 'REGISTER', new_member: 'NewHouseHoldMember' };

/** The social registry: persons as Member, households and families as Group. */
export const social: RegistryDefinition = {
  name: 'social',
  regType: 'ns:org:RegistryType:Social',
  alsoKnownAs: ['social', 'social_registry', 'sr'],
  recordTypes: { individual: 'Member', group: 'Group' },
  showsKin: (kind) => kind === 'group',
  aliases: {},
  decode: (attribute, value) => (attribute.name === 'group_type' ? (readGroupType(value) ?? value) : value),
  events: [...commonEvents, newMember],
  tellEvent: ({ name }) => told[name],
  toRecord: (registrant, { kin, today }) =>
    registrant.kind === 'group'
      ? writeGroup(registrant, kin, 'SRPerson', today)
      : writeMember(registrant, 'SRPerson', today),
  fromRecord: (wire) => {
    const record = asObject(withoutBlanks(wire)) ?? {};
    if (groupMembers.some((name) => name in record)) return { ...readGroup(presentGroup(record)), enrolments: [] };
    return { draft: readMember(presentMember(record)), enrolments: [] };
  },
};
