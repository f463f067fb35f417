import type { JsonObject } from '../../core/json.ts';
import type { Kinship } from '../../registry/ports.ts';
import { becomes, laterEvents, registerIn } from './event.ts';
import { writeGroup } from './group.ts';
import type { RegistryDefinition } from './registry.ts';
import { asObject, renamed, unlabelled, without, withoutBlanks } from './wire.ts';
import { readWrapped, type Wrapping, writeWrapped } from './wrapped.ts';

const wrapping: Wrapping = {
  section: 'farm',
  holder: 'farmer_personal_details',
  recordType: 'Farmer',
  personType: 'FRPerson',
};

const older = {
  famer_personal_details: 'farmer_personal_details',
  personal_details: 'farmer_personal_details',
  farm_info: 'farm_details',
  machinery_details: 'machineries_details',
  last_update: 'last_updated',
};

/** Where the record brought no family, the household that the farmer belongs to, without its members' records. */
const familyOf = (kin: readonly Kinship[], today: string): JsonObject | undefined => {
  const group = kin.find(({ membership, other }) => membership.live && other.kind === 'group')?.other;
  return group?.kind === 'group' ? without(writeGroup(group, [], 'FRPerson', today), ['member_list']) : undefined;
};

const registrations = [registerIn('farm'), becomes('farm', ['frperson', 'farmer', 'newfarmer'])];

/** The farmer registry: persons with their family, land, crops, animals and machinery. */
export const fr: RegistryDefinition = {
  name: 'fr',
  regType: 'ns:org:RegistryType:FR',
  alsoKnownAs: ['fr', 'farmer', 'farmer_registry'],
  recordTypes: { individual: 'spdci-extensions-dci:Farmer' },
  showsKin: (kind) => kind === 'individual',
  aliases: {
    farm_info: 'farm_details',
    crop_type: 'crop_type_name',
    measurement: 'measurment',
    livestock_type: 'animal_type',
    livestock_count: 'animal_count',
    farm_size: 'land_size',
  },
  events: [...registrations, ...laterEvents],
  tellEvent: (event) => (registrations.includes(event) ? 'REGISTER' : undefined),
  toRecord: (registrant, { kin, today }) => {
    if (registrant.kind === 'group') throw new Error('the farmer registry has no groups');
    const record = writeWrapped(wrapping, registrant, today);
    const family = record['family_details'] ?? familyOf(kin, today);
    return family === undefined ? record : { ...record, family_details: family };
  },
  fromRecord: (wire) => {
    const record = renamed(unlabelled(asObject(withoutBlanks(wire)) ?? {}), older);
    return { draft: readWrapped(wrapping, record), enrolments: [] };
  },
};
