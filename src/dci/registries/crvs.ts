import type { Json, JsonObject } from '../../core/json.ts';
import type { Individual, IndividualDraft } from '../../registry/model.ts';
import { registrationDateField } from './common.ts';
import { commonEvents } from './event.ts';
import { type AnyField, type Mutable, readFields, SPELLINGS, writeFields } from './field.ts';
import { liveIdentifiers, readIdentifiers, union, writeIdentifier, writeIdentifiers } from './identifiers.ts';
import { personFields, presentPerson } from './person.ts';
import type { RegistryDefinition } from './registry.ts';
import { vitalEvents } from './vital-events.ts';
import { asObject, isEmpty, type Members, renamed, same, toList, without, withoutBlanks } from './wire.ts';

const fields: readonly AnyField<IndividualDraft>[] = [...personFields, registrationDateField];
const homes = ['identifier', ...fields.map(({ name }) => name)];

// One peer answers in the manner of schema.org; its names for ours.
const camelCase = {
  birthPlace: 'birth_place',
  deathPlace: 'death_place',
  marriagedate: 'marriage_date',
  marriageDate: 'marriage_date',
  divorcedate: 'divorce_date',
  divorceDate: 'divorce_date',
  maritalStatus: 'marital_status',
  placeOfBirth: 'birth_place',
  place_of_birth: 'birth_place',
  place_of_death: 'death_place',
};

/** A member that wraps a person of the civil registry, as the samples of other registries do. */
const unwrapped = (record: JsonObject): JsonObject => {
  const person = asObject(record['demographic_info']);
  return person
    ? { ...without(record, ['demographic_info', 'member_identifier']), ...person, ...joined(record, person) }
    : record;
};

const joined = (record: JsonObject, person: JsonObject): Members => {
  const all = [...toList(person['identifier']), ...toList(record['member_identifier'])];
  return all.length > 0 ? { identifier: all } : {};
};

/** Single dates where the standard has lists. */
const listed = (record: JsonObject): JsonObject => {
  const out: Members = { ...record };
  for (const name of ['marriage_date', 'divorce_date']) {
    if (out[name] !== undefined) out[name] = [...toList(out[name])];
  }
  return out;
};

const readPerson = (record: JsonObject): IndividualDraft => {
  const identifiers = union(readIdentifiers(record['identifier']));
  const draft: Mutable<IndividualDraft> = { kind: 'individual', active: true, identifiers };
  const kept = readFields(fields, record, draft);
  if (record['identifier'] !== undefined && !same(record['identifier'], identifiers.map(writeIdentifier))) {
    kept['identifier'] = record['identifier'];
  }
  const section: Members = without(record, homes);
  if (!isEmpty(kept)) section[SPELLINGS] = kept;
  if (!isEmpty(section)) draft.sections = { vital: section };
  return draft;
};

const writePerson = (individual: Individual, today: string): JsonObject => {
  const section = individual.sections?.vital ?? {};
  const kept = asObject(section[SPELLINGS]);
  const live = liveIdentifiers(individual, today);
  const out: Members = {
    '@type': 'CRVSPerson',
    identifier: writeIdentifiers(live, kept, 'identifier', ['identifier']),
  };
  for (const [name, value] of Object.entries(section)) {
    if (name !== SPELLINGS && !homes.includes(name)) out[name] = value;
  }
  const maritalStatus: Json | undefined = individual.sections?.member?.['marital_status'];
  if (maritalStatus !== undefined) out['marital_status'] ??= maritalStatus;
  writeFields(fields, individual, kept, out);
  out['last_updated'] ??= individual.updatedAt;
  return out;
};

/** The civil registry: persons with their vital events. */
export const crvs: RegistryDefinition = {
  name: 'crvs',
  regType: 'ns:org:RegistryType:Civil',
  alsoKnownAs: ['civil', 'crvs', 'birth', 'death', 'marriage'],
  recordTypes: { individual: 'spdci-extensions-dci:Person' },
  showsKin: () => false,
  aliases: {},
  events: [...commonEvents, ...vitalEvents],
  tellEvent: (_, askedAs) => askedAs,
  toRecord: (registrant, { today }) => {
    if (registrant.kind === 'group') throw new Error('the civil registry has no groups');
    return writePerson(registrant, today);
  },
  fromRecord: (wire) => {
    const record = asObject(withoutBlanks(wire)) ?? {};
    return { draft: readPerson(listed(presentPerson(renamed(unwrapped(record), camelCase)))), enrolments: [] };
  },
};
