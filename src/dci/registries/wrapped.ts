import type { JsonObject } from '../../core/json.ts';
import type { Individual, IndividualDraft, SectionName } from '../../registry/model.ts';
import { readTime } from './dates.ts';
import { presentMember, readMember, writeMember } from './member.ts';
import { asObject, isEmpty, type Members, without } from './wire.ts';

/**
 * Records that wrap a Member and say more beside it (a disabled person, a farmer): the member is read as such, all
 * else is kept in one section under the names of the standard, where the catalogue finds it.
 */
export interface Wrapping {
  readonly section: SectionName;
  /** The member of the record that holds the person. */
  readonly holder: string;
  readonly recordType: string;
  readonly personType: string;
}

export const readWrapped = ({ section, holder }: Wrapping, record: JsonObject): IndividualDraft => {
  const held = asObject(record[holder]);
  const draft = readMember(presentMember(held ?? {}));
  const rest: Members = without(record, [holder]);
  const registered = record['registration_date'] === undefined ? undefined : readTime(record['registration_date']);
  return {
    ...draft,
    // The record's own date stays with it; who has no other date was registered then.
    ...(draft.registrationDate === undefined && registered !== undefined ? { registrationDate: registered } : {}),
    ...(isEmpty(rest) ? {} : { sections: { ...draft.sections, [section]: rest } }),
  };
};

export const writeWrapped = (
  { section, holder, recordType, personType }: Wrapping,
  individual: Individual,
  today: string,
): Members => {
  const out: Members = { '@type': recordType, [holder]: writeMember(individual, personType, today) };
  for (const [name, value] of Object.entries(individual.sections?.[section] ?? {})) {
    if (name !== holder) out[name] = value;
  }
  if (individual.registrationDate !== undefined) out['registration_date'] ??= individual.registrationDate;
  out['last_updated'] ??= individual.updatedAt;
  return out;
};
