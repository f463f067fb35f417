import type { Json, JsonObject } from '../../core/json.ts';
import type { Individual, IndividualDraft } from '../../registry/model.ts';
import { additionalAttributesField, registrationDateField } from './common.ts';
import { type AnyField, type Mutable, readFields, SPELLINGS, writeFields } from './field.ts';
import {
  liveIdentifiers,
  presentIdentifiers,
  readIdentifiers,
  union,
  writeIdentifier,
  writeIdentifiers,
} from './identifiers.ts';
import { personFields, personMembers, presentPerson } from './person.ts';
import { asObject, isEmpty, type Members, renamed, same, unlabelled, without } from './wire.ts';

const memberFields: readonly AnyField<IndividualDraft>[] = [registrationDateField, additionalAttributesField];
const identifierLists = ['member_identifier', 'identifier'];

const homes = ['member_identifier', 'demographic_info', ...memberFields.map(({ name }) => name)];

const olderMember = { last_update: 'last_updated' };

/**
 * A member in the present layout. Older ones wrap it (`household_member`), call the person `person`, or put the
 * person's members where the member's belong.
 */
export const presentMember = (wire: JsonObject): JsonObject => {
  const wrapped = asObject(wire['household_member']);
  const record: Members = {
    ...renamed(unlabelled(wrapped && Object.keys(wire).length === 1 ? wrapped : wire), olderMember),
  };
  if (record['member_identifier'] !== undefined) {
    record['member_identifier'] = presentIdentifiers(record['member_identifier']);
  }
  const person = asObject(record['demographic_info']) ?? asObject(record['person']);
  if (person) return { ...without(record, ['person']), demographic_info: presentPerson(person) };
  const bare = presentPerson(record);
  const members = personMembers.filter((name) => name in bare);
  if (members.length === 0) return record;
  return {
    ...without(bare, personMembers),
    demographic_info: Object.fromEntries(members.map((name) => [name, bare[name] as JsonObject])),
  };
};

/** Reads a Member (dci.md §9.3) in its present layout; what has no home elsewhere goes to the section `member`. */
export const readMember = (wire: JsonObject): IndividualDraft => {
  const person = asObject(wire['demographic_info']) ?? {};
  const ofMember = readIdentifiers(wire['member_identifier']);
  const ofPerson = readIdentifiers(person['identifier']);
  const identifiers = union(ofMember, ofPerson);
  const draft: Mutable<IndividualDraft> = { kind: 'individual', active: true, identifiers };

  const kept: Members = {
    ...readFields(personFields, person, draft),
    ...readFields(memberFields, wire, draft),
  };
  // Where the two lists are not both the whole, both are kept: together they tell what is new since.
  const all = identifiers.map(writeIdentifier);
  const lists = { member_identifier: wire['member_identifier'], identifier: person['identifier'] };
  const said = Object.entries(lists).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  if (said.some(([, list]) => !same(list, all))) for (const [name, list] of said) kept[name] = list;

  const section: Members = without(wire, homes);
  const rest = without(person, personMembers);
  if (!isEmpty(rest)) section['demographic_info'] = rest;
  if (!isEmpty(kept)) section[SPELLINGS] = kept;
  if (!isEmpty(section)) draft.sections = { member: section };
  return draft;
};

/** Writes a Member; `personType` is the class of the person in this registry (`SRPerson`, `FRPerson`, …). */
export const writeMember = (individual: Individual, personType: string, today: string): JsonObject => {
  const section = individual.sections?.member ?? {};
  const kept = asObject(section[SPELLINGS]);
  const live = liveIdentifiers(individual, today);
  const list = (name: string): readonly JsonObject[] => writeIdentifiers(live, kept, name, identifierLists);

  const person: Members = { '@type': personType, identifier: list('identifier') };
  writeFields(personFields, individual, kept, person);
  Object.assign(person, asObject(section['demographic_info']));

  const member: Members = { '@type': 'Member', member_identifier: list('member_identifier'), demographic_info: person };
  for (const [name, value] of Object.entries(section)) {
    if (name !== SPELLINGS && !homes.includes(name)) member[name] = value;
  }
  const maritalStatus = individual.sections?.vital?.['marital_status'];
  if (maritalStatus !== undefined) member['marital_status'] ??= maritalStatus;
  writeFields(memberFields, individual, kept, member);
  member['last_updated'] ??= individual.updatedAt;
  return member;
};
