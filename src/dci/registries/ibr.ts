import { Fault } from '../../core/fault.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Registrant } from '../../registry/model.ts';
import { enrolmentEvents } from './enrolment-events.ts';
import { commonEvents } from './event.ts';
import { presentGroup, readGroup, writeGroup } from './group.ts';
import { presentMember, readMember, writeMember } from './member.ts';
import { personMembers } from './person.ts';
import { enrolmentsIn } from './programmes.ts';
import type { ReadRecord, RegistryDefinition } from './registry.ts';
import { asObject, isEmpty, type Members, renamed, toList, unlabelled, without, withoutBlanks } from './wire.ts';

const older = {
  enrolment_date: 'enrollment_date',
  enrolment_status: 'enrollment_status',
  enrollement_status: 'enrollment_status',
  programme: 'programme_identifier',
  benefit: 'benefits',
  household: 'group',
  person: 'member',
};

/** Older layouts put the programme one level down and what concerns the enrolment beside it. */
const presentBeneficiary = (wire: JsonObject): JsonObject => {
  const record = renamed(unlabelled(wire), older);
  const said = asObject(record['programme_identifier']);
  const inner = asObject(said?.['programme']);
  if (!said || !inner) return record;
  const beside = renamed(without(said, ['programme']), older);
  return { ...record, ...beside, programme_identifier: [inner] };
};

const memberMembers = ['member_identifier', 'demographic_info', ...personMembers];

/** A bare person with programmes beside its name, as some samples have it. */
const wrapped = (record: JsonObject): JsonObject => {
  if (record['member'] !== undefined || record['group'] !== undefined) return record;
  const own = memberMembers.filter((name) => name in record);
  if (own.length === 0) return record;
  const member = Object.fromEntries(own.map((name) => [name, record[name] as Json]));
  return { ...without(record, memberMembers), member };
};

/** Whether the household or family is what is assisted (2, 3), or the member (1). */
const isOfGroup = (record: JsonObject): boolean => {
  const unit = String(record['assistance_unit'] ?? '').toLowerCase();
  if (record['group'] === undefined) return false;
  return record['member'] === undefined || ['2', '3', 'household', 'family', 'group'].includes(unit);
};

const readBeneficiary = (record: JsonObject): ReadRecord => {
  const ofGroup = isOfGroup(record);
  const subject = asObject(record[ofGroup ? 'group' : 'member']);
  if (!subject) throw new Fault('record.invalid', 'a beneficiary needs a member or a group', { path: '/member' });
  const rest: Members = without(record, [ofGroup ? 'group' : 'member']);
  const enrolments = toList(record['programme_identifier']).flatMap((one) => enrolmentsIn(one, record));
  const benefit = isEmpty(rest) ? {} : { benefit: rest };
  if (ofGroup) {
    const { draft, ...more } = readGroup(presentGroup(subject));
    return { draft: { ...draft, sections: { ...draft.sections, ...benefit } }, ...more, enrolments };
  }
  const draft = readMember(presentMember(subject));
  return { draft: { ...draft, sections: { ...draft.sections, ...benefit } }, enrolments };
};

// The standard's own spelling.
const told: { readonly [event: string]: string } = {
  enrolment: 'enrollement',
  enrolment_status: 'enrollement_status_change',
};

const textsOf = (list: readonly (string | number | boolean)[] | undefined): readonly string[] =>
  (list ?? []).map(String);

/** What the record itself does not say of the programmes that its subject is in; states and dates where one is meant. */
const enrolledElsewhere = ({ facts, sections }: Registrant): Members => {
  const { programme_identifier, enrollment_status, enrollment_date } = facts?.['programmes'] ?? {};
  const benefit = sections?.benefit ?? {};
  const said = toList(benefit['programme_identifier']);
  const known = new Set(said.flatMap((one) => enrolmentsIn(one, {})).map((one) => one.programmeIdentifier));
  const more = textsOf(programme_identifier).filter((identifier) => !known.has(identifier));
  if (more.length === 0) return {};
  const status = textsOf(enrollment_status);
  const date = textsOf(enrollment_date);
  const isOne = said.length === 0 && more.length === 1;
  return {
    programme_identifier: [...said, ...more.map((identifier) => ({ programme_identifier: identifier }))],
    ...(isOne && status.length === 1 && benefit['enrollment_status'] === undefined
      ? { enrollment_status: status[0] as string }
      : {}),
    ...(isOne && date.length === 1 && benefit['enrollment_date'] === undefined
      ? { enrollment_date: `${date[0]}T00:00:00Z` }
      : {}),
  };
};

/** The beneficiary registry: who is enrolled in which programme and receives what. */
export const ibr: RegistryDefinition = {
  name: 'ibr',
  regType: 'ns:org:RegistryType:IBR',
  alsoKnownAs: ['ibr', 'beneficiary'],
  recordTypes: { individual: 'Beneficiary', group: 'Beneficiary' },
  showsKin: (kind) => kind === 'group',
  aliases: {
    enrolment_date: 'enrollment_date',
    enrolment_status: 'enrollment_status',
    enrollement_status: 'enrollment_status',
    programme_id: 'programme_identifier',
  },
  events: [...commonEvents, ...enrolmentEvents],
  tellEvent: ({ name }) => told[name],
  toRecord: (registrant, { kin, today }) => {
    const isGroup = registrant.kind === 'group';
    const unit: Json = isGroup ? (registrant.groupType === 'family' ? '3' : '2') : '1';
    const subject = isGroup
      ? { group: writeGroup(registrant, kin, 'IBRPerson', today) }
      : { member: writeMember(registrant, 'IBRPerson', today) };
    return {
      '@type': 'Beneficiary',
      assistance_unit: unit,
      ...registrant.sections?.benefit,
      ...enrolledElsewhere(registrant),
      ...subject,
    };
  },
  fromRecord: (wire) => readBeneficiary(wrapped(presentBeneficiary(asObject(withoutBlanks(wire)) ?? {}))),
};
