import { toIdentifierTypeUri } from '../../registry/index.ts';
import type { Random } from './random.ts';
import type { Place, Region } from './regions.ts';

// Made-up lives are counted from here and not from today, so that the same seed gives the same file next year.
const REFERENCE_YEAR = 2026;

/** What the members of a household share. */
export interface Home {
  readonly region: Region;
  readonly place: Place;
  readonly family: string;
  readonly line: string;
}

export const makeHome = (random: Random, region: Region): Home => ({
  region,
  place: random.pick(region.places),
  family: random.pick(region.family),
  line: `${region.street} ${random.between(1, 240)}`,
});

export const toAddress = ({ region, place, line }: Home) => ({
  type: 'physical',
  line: [line],
  city: place.city,
  state: place.state,
  country: region.country,
});

export interface Person {
  readonly nationalId: string;
  readonly sex: 'female' | 'male';
  readonly age: number;
}

const genders = {
  female: { coding: [{ system: 'urn:iso:std:iso:5218', code: '2', display: 'Female' }], text: 'Female' },
  male: { coding: [{ system: 'urn:iso:std:iso:5218', code: '1', display: 'Male' }], text: 'Male' },
} as const;

const two = (n: number): string => String(n).padStart(2, '0');

const dateIn = (random: Random, year: number): string =>
  `${year}-${two(random.between(1, 12))}-${two(random.between(1, 28))}`;

/** One Individual of API V2 (api-v2.md §8). */
export const toIndividual = (random: Random, person: Person, home: Home) => {
  const given = random.pick(home.region[person.sex]);
  const estimated = person.age > 50 && random.chance(0.3);
  const year = REFERENCE_YEAR - 1 - person.age;
  const hasPhone = person.age >= 16 && random.chance(0.7);
  return {
    type: 'Individual',
    identifier: [
      { system: toIdentifierTypeUri('national_id'), value: person.nationalId },
      ...(person.age < 18
        ? [{ system: toIdentifierTypeUri('birth_certificate'), value: `BC-${person.nationalId}` }]
        : []),
    ],
    active: true,
    name: { family: home.family, given },
    birthDate: estimated ? `${year}-01-01` : dateIn(random, year),
    birthDateEstimated: estimated,
    gender: genders[person.sex],
    ...(hasPhone
      ? {
          telecom: [
            {
              system: 'phone',
              value: `${home.region.phone}${String(random.between(0, 9_999_999)).padStart(7, '0')}`,
              use: 'mobile',
            },
          ],
        }
      : {}),
    address: [toAddress(home)],
    registrationDate: dateIn(random, REFERENCE_YEAR - 1),
  };
};
