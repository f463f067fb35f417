import type { Kind, SectionName } from '../../registry/index.ts';

/**
 * What a leaf may be written to, and what must come out of it. `text` and `date` are strings, `any` is kept as it is,
 * `list` means that several values are welcome.
 */
export interface Target {
  readonly type: 'text' | 'date' | 'boolean' | 'sex' | 'point' | 'number' | 'any' | 'code';
  readonly list?: boolean;
  /** Values that may be written as plain words, without quotes. */
  readonly words?: readonly string[];
}

const text: Target = { type: 'text' };
const date: Target = { type: 'date' };

/** Single values by kind of registrant; `registeredOn` becomes the registration date. */
export const singles: Readonly<Record<Kind, Readonly<Record<string, Target>>>> = {
  group: { name: text, location: { type: 'point' }, registeredOn: date },
  individual: {
    given: text,
    family: text,
    middle: text,
    birthDate: date,
    birthDateEstimated: { type: 'boolean' },
    sex: { type: 'sex' },
  },
};

/** Lists of maps: each member of an item is a leaf. */
export const lists: Readonly<Record<string, Readonly<Record<string, Target>>>> = {
  identifiers: { value: text, start: date, end: date },
  telecom: {
    system: { type: 'code', words: ['phone', 'email', 'fax', 'url', 'sms'] },
    value: text,
    use: { type: 'code', words: ['home', 'work', 'mobile'] },
    rank: { type: 'number' },
  },
  address: {
    type: { type: 'code', words: ['physical', 'postal', 'both'] },
    text,
    lines: { type: 'text', list: true },
    city: text,
    district: text,
    state: text,
    postalCode: text,
    country: text,
    regionCode: text,
    subRegionCode: text,
  },
};

const individual: readonly Kind[] = ['individual'];
const both: readonly Kind[] = ['individual', 'group'];
const groups: readonly Kind[] = ['group'];

const sectionRows: readonly (readonly [SectionName, readonly Kind[], readonly string[]])[] = [
  [
    'member',
    individual,
    [
      'marital_status',
      'employment_status',
      'occupation',
      'income_level',
      'language_code',
      'education_level',
      'is_disabled',
      'disability_info[].disability_limitation_type',
      'disability_info[].functional_severity',
      'employment_info[].job_title',
      'employment_info[].employer',
      'employment_info[].employment_type',
      'unemployment_reason',
    ],
  ],
  [
    'vital',
    individual,
    [
      'birth_place',
      'death_place',
      'death_date',
      'marriage_date',
      'divorce_date',
      'parent1_identifier',
      'parent2_identifier',
    ],
  ],
  [
    'disability',
    individual,
    [
      'disability_status',
      'disability_status_level',
      'disability_details',
      'disability_details[].impairment_type',
      'disability_details[].impairment_level',
      'disability_details[].impairment_cause',
      'disability_details[].age_on_set',
      'disability_support',
      'transport_requirement',
      'housing_type',
    ],
  ],
  [
    'farm',
    both,
    [
      'farm_type',
      'farm_details',
      'farm_details[].land_tenure',
      'farm_details[].land_size',
      'farm_details[].measurment',
      'machineries_details',
    ],
  ],
  ['benefit', both, ['assistance_unit', 'programme_identifier', 'enrollment_date', 'enrollment_status', 'benefits']],
  ['group', groups, ['group_size', 'poverty_score', 'poverty_score_type', 'place_address']],
]; // prettier-ignore

/** A place in a section: the list it lies in, if any, and its name there. */
export interface SectionPlace {
  readonly section: SectionName;
  readonly list: string | undefined;
  readonly name: string;
}

/** The attributes of dci.md §9.4 by their names there. */
const sectionTargets = new Map<string, { readonly kinds: readonly Kind[]; readonly place: SectionPlace }>();
for (const [section, kinds, names] of sectionRows) {
  for (const written of names) {
    const [list, inner] = written.split('[].');
    const name = inner ?? written;
    sectionTargets.set(name, { kinds, place: { section, list: inner === undefined ? undefined : list, name } });
  }
}

export const sectionPlace = (kind: Kind, name: string): SectionPlace | undefined => {
  const found = sectionTargets.get(name);
  return found?.kinds.includes(kind) ? found.place : undefined;
};

/** Central's field types that fit a target; a type that is not known (an expression's) fits all. */
export const fits = (fieldType: string, target: Target): boolean => {
  const isText = ['string', 'barcode', 'date', 'time', 'dateTime', 'system', 'uri', 'anyURI', 'intent'].includes(
    fieldType,
  );
  switch (target.type) {
    case 'text':
    case 'code':
    case 'sex':
      return isText;
    case 'date':
      return fieldType === 'date' || fieldType === 'string' || fieldType === 'system';
    case 'boolean':
      return fieldType === 'boolean';
    case 'number':
      return fieldType === 'int' || fieldType === 'decimal';
    case 'point':
      return fieldType === 'geopoint';
    case 'any':
      return fieldType !== 'structure' && fieldType !== 'repeat';
  }
};
