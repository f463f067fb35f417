import type { Json, JsonObject } from '../../core/json.ts';
import { fold } from '../../core/text.ts';
import type { IndividualDraft, PersonName } from '../../registry/model.ts';
import { addressField, contactField, presentAddress } from './common.ts';
import { normalDate, readDay, toDateTime } from './dates.ts';
import type { AnyField, Field } from './field.ts';
import { presentIdentifiers } from './identifiers.ts';
import { asObject, type Members, renamed, unlabelled } from './wire.ts';

const nameMembers = [
  ['given_name', 'given'],
  ['maiden_name', 'maiden'],
  ['prefix', 'prefix'],
  ['second_name', 'middle'],
  ['suffix', 'suffix'],
  ['surname', 'family'],
] as const;

const olderNames = {
  sur_name: 'surname',
  last_name: 'surname',
  family_name: 'surname',
  familyName: 'surname',
  first_name: 'given_name',
  givenName: 'given_name',
  middle_name: 'second_name',
};

const nameField: Field<IndividualDraft, PersonName> = {
  name: 'name',
  read: (wire) => {
    if (typeof wire === 'string') return { text: wire };
    const entry = asObject(wire);
    const parts = nameMembers.flatMap(([member, part]) => {
      const value = entry?.[member];
      return typeof value === 'string' ? [[part, value]] : [];
    });
    return parts.length > 0 ? (Object.fromEntries(parts) as PersonName) : undefined;
  },
  write: (name) => {
    const out: Members = {};
    for (const [member, part] of nameMembers) if (name[part] !== undefined) out[member] = name[part];
    // A name known as a whole only: the standard has no member for it, and a record without a name helps nobody.
    if (Object.keys(out).length === 0 && name.text !== undefined) out['given_name'] = name.text;
    return out;
  },
  get: (subject) => (subject.name && Object.keys(subject.name).length > 0 ? subject.name : undefined),
  set: (draft, value) => {
    draft.name = value;
  },
};

type Sex = NonNullable<IndividualDraft['sex']>;
const words: Readonly<Record<Sex, string>> = { '0': 'unknown', '1': 'male', '2': 'female', '9': 'other' };
const sexes = new Map<string, Sex>([
  ...(Object.entries(words) as [Sex, string][]).flatMap(([code, word]): [string, Sex][] => [
    [code, code],
    [word, code],
    [word.slice(0, 1), code],
  ]),
  ['not known', '0'],
  ['not applicable', '9'],
]);

const readSex = (wire: Json): Sex | undefined => sexes.get(fold(String(wire).trim()));

const sexField: Field<IndividualDraft, Sex> = {
  name: 'sex',
  read: readSex,
  write: (sex) => words[sex],
  // `F`, `Female` and `2` are spellings of one code; the code is what comes back.
  normal: (wire) => words[readSex(wire) as Sex],
  get: (subject) => subject.sex,
  set: (draft, value) => {
    draft.sex = value;
  },
};

const dayField = (name: string, member: 'birthDate' | 'deathDate'): Field<IndividualDraft, string> => ({
  name,
  read: readDay,
  write: toDateTime,
  normal: normalDate,
  get: (subject) => subject[member],
  set: (draft, value) => {
    draft[member] = value;
  },
});

/** The members of a DCI Person (dci.md §9.3) that have a home of their own in the registrant, but for identifiers. */
export const personFields: readonly AnyField<IndividualDraft>[] = [
  nameField,
  sexField,
  dayField('birth_date', 'birthDate'),
  dayField('death_date', 'deathDate'),
  addressField,
  contactField('phone_number', 'phone', ['phone', 'sms']),
  contactField('email', 'email', ['email']),
];

export const personMembers: readonly string[] = ['identifier', ...personFields.map(({ name }) => name)];

const olderPerson = {
  gender: 'sex',
  date_of_birth: 'birth_date',
  dob: 'birth_date',
  birthDate: 'birth_date',
  deathDate: 'death_date',
  phone: 'phone_number',
  telephone: 'phone_number',
  last_update: 'last_updated',
};

/**
 * A person in the present layout: older member names are put right, the level `person` of older layouts is taken
 * off, names at the outermost level are gathered under `name`.
 */
export const presentPerson = (wire: JsonObject): JsonObject => {
  const inner = asObject(wire['person']);
  const record = renamed(unlabelled(inner && Object.keys(wire).length === 1 ? inner : wire), olderPerson);
  const out: Members = { ...record };
  const name = asObject(record['name']);
  if (name) out['name'] = renamed(unlabelled(name), olderNames);
  else if (typeof record['name'] !== 'string') {
    const parts: Members = {};
    for (const [older, present] of Object.entries({ ...olderNames, given_name: 'given_name', surname: 'surname' })) {
      if (typeof record[older] !== 'string') continue;
      parts[present] ??= record[older];
      delete out[older];
    }
    if (Object.keys(parts).length > 0) out['name'] = parts;
  }
  if (record['identifier'] !== undefined) out['identifier'] = presentIdentifiers(record['identifier']);
  if (record['address'] !== undefined) out['address'] = presentAddress(record['address']);
  return out;
};
