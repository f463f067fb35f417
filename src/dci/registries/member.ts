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

// Members are written in the order of their names: what is in order need not be put in order to be signed.
const inOrder = [...personFields].sort((a, b) => (a.name < b.name ? -1 : 1));
const beforeIdentifier = inOrder.filter(({ name }) => name < 'identifier');
const afterIdentifier = inOrder.filter(({ name }) => name > 'identifier');
const written = new Set([...homes, SPELLINGS, 'last_updated', 'marital_status']);

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

  const person: Members = { '@type': personType };
  writeFields(beforeIdentifier, individual, kept, person);
  person['identifier'] = list('identifier');
  writeFields(afterIdentifier, individual, kept, person);
  Object.assign(person, asObject(section['demographic_info']));

  const member: Members = { '@type': 'Member' };
  writeFields([additionalAttributesField], individual, kept, member);
  member['demographic_info'] = person;
  member['last_updated'] = section['last_updated'] ?? individual.updatedAt;
  const maritalStatus = section['marital_status'] ?? individual.sections?.vital?.['marital_status'];
  if (maritalStatus !== undefined) member['marital_status'] = maritalStatus;
  member['member_identifier'] = list('member_identifier');
  writeFields([registrationDateField], individual, kept, member);
  for (const [name, value] of Object.entries(section)) if (!written.has(name)) member[name] = value;
  return member;
};
