import type { Mutable } from '../../core/mutable.ts';
import { toIdentifierTypeUri } from '../identifier-types.ts';
import type { Address, ContactPoint, Identifier, Location, PersonName } from '../model.ts';
import { fullName } from '../values.ts';
import type { Problem } from './check.ts';
import type {
  AddressJson,
  ConceptJson,
  ContactPointJson,
  IdentifierJson,
  LocationJson,
  NameJson,
  PeriodJson,
} from './schema.ts';
import { GENDER_SYSTEM, MEMBERSHIP_SYSTEM, type ReadSystem, type Sex, sexByWord, sexes, toDisplay } from './systems.ts';

/** Finds an identifier's, name's, … faults beyond its shape; `path` is where it stands. */
export type Report = (path: string, message: string) => void;

export const reporter =
  (problems: Problem[]): Report =>
  (path, message) => {
    problems.push({ path, message });
  };

/** Checks what the schema cannot say of a period. */
export const checkPeriod = (period: PeriodJson | undefined, path: string, report: Report): void => {
  if (period?.start && period.end && period.end < period.start) report(`${path}/end`, 'must not be before the start');
};

export const toPeriod = (span: { readonly start?: string; readonly end?: string }): PeriodJson | undefined =>
  span.start === undefined && span.end === undefined
    ? undefined
    : { ...(span.start ? { start: span.start } : {}), ...(span.end ? { end: span.end } : {}) };

export const toIdentifier = (identifier: Identifier): IdentifierJson => {
  const period = toPeriod(identifier);
  return {
    system: toIdentifierTypeUri(identifier.type),
    value: identifier.value,
    ...(period ? { period } : {}),
  };
};

export const fromIdentifiers = (
  list: readonly IdentifierJson[],
  readSystem: ReadSystem,
  report: Report,
): readonly Identifier[] =>
  list.map(({ system, value, period }, i) => {
    const type = readSystem(system);
    if (type === undefined) report(`/identifier/${i}/system`, `Invalid identifier type: system='${system}'`);
    if (value.trim() === '') report(`/identifier/${i}/value`, 'must not be blank');
    if (!period) return { type: type ?? '', value };
    checkPeriod(period, `/identifier/${i}/period`, report);
    return { type: type ?? '', value, ...toPeriod(period) };
  });

const isGiven = (part: string | undefined): part is string => part !== undefined && part !== '';

const nameText = (name: PersonName): string => fullName({ kind: 'individual', name }) ?? '';

/** `family`, `given`, `middle` and `text` are always there (api-v2.md §8). */
export const toName = (name: PersonName): NameJson => ({
  family: name.family ?? '',
  given: name.given ?? '',
  middle: name.middle ?? '',
  ...(name.maiden === undefined ? {} : { maiden: name.maiden }),
  ...(name.prefix === undefined ? {} : { prefix: name.prefix }),
  ...(name.suffix === undefined ? {} : { suffix: name.suffix }),
  text: nameText(name),
});

const nameParts = ['family', 'given', 'middle', 'maiden', 'prefix', 'suffix'] as const;

/** Empty parts say nothing; a `text` that is just the parts joined was made by us, and is not kept as if given. */
export const fromName = (json: NameJson | undefined): PersonName | undefined => {
  if (!json) return undefined;
  const name: Mutable<PersonName> = {};
  let some = false;
  for (const part of nameParts) {
    const value = json[part];
    if (isGiven(value)) {
      name[part] = value;
      some = true;
    }
  }
  if (isGiven(json.text) && json.text !== nameText(name)) {
    name.text = json.text;
    some = true;
  }
  return some ? name : undefined;
};

export const toContactPoint = (point: ContactPoint): ContactPointJson => ({ ...point });

export const fromContactPoint = ({ system, value, use, rank }: ContactPointJson): ContactPoint => ({
  system,
  value,
  ...(use === undefined ? {} : { use }),
  ...(rank === undefined ? {} : { rank }),
});

export const toAddress = ({ lines, ...address }: Address): AddressJson => ({
  ...address,
  ...(lines ? { line: [...lines] } : {}),
});

const addressTexts = [
  'text',
  'city',
  'district',
  'state',
  'postalCode',
  'country',
  'regionCode',
  'subRegionCode',
] as const;

export const fromAddress = (json: AddressJson): Address => {
  const address: Mutable<Address> = {};
  if (json.type !== undefined) address.type = json.type;
  for (const part of addressTexts) {
    const value = json[part];
    if (isGiven(value)) address[part] = value;
  }
  const lines = json.line?.filter(isGiven);
  if (lines && lines.length > 0) address.lines = lines;
  if (json.geoLocation !== undefined) address.geoLocation = json.geoLocation as NonNullable<Address['geoLocation']>;
  return address;
};

export const fromLocation = (json: LocationJson | undefined, report: Report): Location | undefined => {
  if (!json) return undefined;
  const { latitude, longitude, altitude, accuracy, place } = json;
  if ((latitude === undefined) !== (longitude === undefined)) {
    report('/location', 'needs latitude and longitude together');
  }
  const location: Mutable<Location> = {};
  if (latitude !== undefined) location.latitude = latitude;
  if (longitude !== undefined) location.longitude = longitude;
  if (altitude !== undefined) location.altitude = altitude;
  if (accuracy !== undefined) location.accuracy = accuracy;
  if (place !== undefined) location.place = place as NonNullable<Location['place']>;
  return location;
};

export const toGender = (sex: Sex): ConceptJson => ({
  coding: [{ system: GENDER_SYSTEM, code: sex, display: sexes[sex] }],
  text: sexes[sex],
});

/** The coding of ISO 5218, else a coding without system, else the text. */
export const fromGender = (json: ConceptJson | undefined, report: Report): Sex | undefined => {
  if (!json) return undefined;
  const coding =
    json.coding?.find(({ system }) => system === GENDER_SYSTEM) ?? json.coding?.find(({ system }) => !system);
  const word = coding?.code ?? json.text;
  if (word === undefined || word === '') {
    if (json.coding?.length) report('/gender', `needs a coding of ${GENDER_SYSTEM}`);
    return undefined;
  }
  const sex = sexByWord.get(word.toLowerCase());
  if (!sex) report('/gender', `must be a code of ${GENDER_SYSTEM}: ${Object.keys(sexes).join(', ')}`);
  return sex;
};

export const toRoles = (roles: readonly string[]): ConceptJson | undefined =>
  roles.length === 0
    ? undefined
    : {
        coding: roles.map((code) => ({ system: MEMBERSHIP_SYSTEM, code, display: toDisplay(code) })),
      };

/** A person may hold several roles: one coding each. */
export const fromRoles = (json: ConceptJson | undefined, path: string, report: Report): readonly string[] => {
  if (!json) return [];
  const codings = json.coding?.filter(({ system }) => !system || system === MEMBERSHIP_SYSTEM) ?? [];
  if (codings.length > 0) return [...new Set(codings.map(({ code }) => code))];
  if (json.coding?.length) report(path, `needs a coding of ${MEMBERSHIP_SYSTEM}`);
  return json.text ? [json.text] : [];
};
