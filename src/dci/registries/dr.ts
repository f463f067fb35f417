import { becomes, type Happened, laterEvents, registerIn } from './event.ts';
import { enrolmentsIn } from './programmes.ts';
import type { RegistryDefinition } from './registry.ts';
import { asObject, renamed, toList, unlabelled, withoutBlanks } from './wire.ts';
import { readWrapped, type Wrapping, writeWrapped } from './wrapped.ts';

const wrapping: Wrapping = {
  section: 'disability',
  holder: 'personal_details',
  recordType: 'PWDPerson',
  personType: 'DRPerson',
};

const older = {
  disability_level: 'disability_status_level',
  programs_enrollments: 'programs_enrolments',
  programmes_enrolments: 'programs_enrolments',
  member: 'personal_details',
  last_update: 'last_updated',
};

const YOUNG_MS = 366 * 86_400_000;

const isNewborn = ({ after, day }: Happened): boolean =>
  after?.kind === 'individual' &&
  after.birthDate !== undefined &&
  Date.parse(day) - Date.parse(after.birthDate) < YOUNG_MS;

const registrations = [
  registerIn('disability'),
  becomes('disability', ['disabledperson', 'newdisabledperson', 'pwdperson']),
  becomes('disability', ['newdisablednewborn', 'disablednewborn'], isNewborn),
];

/** The disability registry: persons with their assessment, impairments and support. */
export const dr: RegistryDefinition = {
  name: 'dr',
  regType: 'ns:org:RegistryType:DR',
  alsoKnownAs: ['dr', 'disability'],
  recordTypes: { individual: 'spdci-extensions-dci:DisabledPerson' },
  showsKin: () => false,
  aliases: {
    disability_level: 'disability_status_level',
    disability_type: 'impairment_type',
    programs_enrollments: 'programs_enrolments',
  },
  events: [...registrations, ...laterEvents],
  tellEvent: (event) => (registrations.includes(event) ? 'REGISTER' : undefined),
  toRecord: (registrant, { today }) => {
    if (registrant.kind === 'group') throw new Error('the disability registry has no groups');
    return writeWrapped(wrapping, registrant, today);
  },
  fromRecord: (wire) => {
    const record = renamed(unlabelled(asObject(withoutBlanks(wire)) ?? {}), older);
    return {
      draft: readWrapped(wrapping, record),
      enrolments: toList(record['programs_enrolments']).flatMap((one) => enrolmentsIn(one, {})),
    };
  },
};
