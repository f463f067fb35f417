import type { JsonObject } from '../../../src/core/json.ts';

/** One record of each registry with every member of dci.md §9.3–9.4. */

const name = {
  surname: 'Diallo',
  given_name: 'Élodie',
  second_name: 'Awa',
  maiden_name: 'Traoré',
  prefix: 'Dr.',
  suffix: 'PhD',
};

const geoLocation = {
  plus_code: {
    global_code: '8FW4V900+',
    geometry: {
      bounds: { northeast: { latitude: 48.9, longitude: 2.4 }, southwest: { latitude: 48.85, longitude: 2.35 } },
      location: { latitude: 48.875, longitude: 2.375 },
    },
  },
};

const address = [
  {
    address_line_1: 'Bophut Koh Samui',
    address_line_2: 'Near Big Buddha Beach',
    locality: 'Thani',
    sub_region_code: 'SH',
    region_code: 'A205',
    postal_code: '84320',
    country_code: 'TH',
    geo_location: geoLocation,
  },
  { address_line_1: 'P.O. Box 12', country_code: 'TH' },
];

const place = {
  name: 'Koh Samui',
  address_line: 'Surat Thani',
  geo: { latitude: 9.5604, longitude: 100.0245 },
  contained_in_place: { name: 'Thailand' },
  contains_place: [{ name: 'Fisherman’s Village', geo: { latitude: 9.5617, longitude: 100.0259 } }],
};

const person = (personType: string, uin: string): JsonObject => ({
  '@type': personType,
  identifier: [
    { identifier_type: 'UIN', identifier_value: uin },
    { identifier_type: 'BRN', identifier_value: `B-${uin}` },
  ],
  name,
  sex: 'female',
  birth_date: '1990-04-12T00:00:00Z',
  death_date: '2024-12-01T00:00:00Z',
  address,
  phone_number: ['+14255551212', '+14255551213'],
  email: ['elodie@example.org'],
  registration_date: '2019-01-02T08:30:00Z',
  last_updated: '2024-05-06T07:08:09Z',
});

export const member = (personType: string, uin = '847951632'): JsonObject => ({
  '@type': 'Member',
  member_identifier: [
    { identifier_type: 'UIN', identifier_value: uin },
    { identifier_type: 'PENSION_NO', identifier_value: `P-${uin}` },
  ],
  demographic_info: person(personType, uin),
  related_person: [
    {
      relationship_type: 'MTH',
      related_member: { identifier: [{ identifier_type: 'UIN', identifier_value: '111' }], name: { surname: 'Ba' } },
    },
  ],
  is_disabled: true,
  disability_info: [
    { disability_limitation_type: 'VIS_SS', functional_severity: '3' },
    { disability_limitation_type: 'MOB_SS', functional_severity: 2 },
  ],
  marital_status: 'M',
  employment_status: 'employed',
  occupation: '5',
  income_level: '2',
  language_code: ['fra', 'eng'],
  education_level: '3',
  additional_attributes: [
    { key: 'roof_type', value: 'thatch' },
    { key: '2020', value: 'first survey' },
    { key: 'rooms', value: 3 },
  ],
  registration_date: '2020-09-21T11:20:00Z',
  last_updated: '2024-06-07T08:09:10Z',
  employment_info: [
    { start_date: '2020-01-01T00:00:00Z', job_title: 'Teacher', employer: 'State', employment_type: '1' },
  ],
  unemployment_reason: 'none',
});

const secondMember: JsonObject = {
  '@type': 'Member',
  member_identifier: [{ identifier_type: 'UIN', identifier_value: '222' }],
  demographic_info: {
    '@type': 'SRPerson',
    identifier: [{ identifier_type: 'UIN', identifier_value: '222' }],
    name: { given_name: 'Moussa', surname: 'Diallo' },
    sex: 'male',
    birth_date: '1988-01-31T00:00:00Z',
  },
  last_updated: '2024-06-07T08:09:10Z',
};

export const group = (personType = 'SRPerson'): JsonObject => {
  const second = {
    ...secondMember,
    demographic_info: { ...(secondMember['demographic_info'] as object), '@type': personType },
  };
  return {
    '@type': 'Group',
    group_identifier: [{ identifier_type: 'HOUSEHOLD_ID', identifier_value: 'HH-1' }],
    group_type: '2',
    geographical_location: place,
    address,
    place_address: true,
    poverty_score: 45.2,
    poverty_score_type: 'income-based',
    group_head_info: member(personType),
    group_size: 2,
    member_list: [member(personType), second],
    additional_attributes: [{ key: 'water_source', value: 'well' }],
    registration_date: '2022-01-10T08:00:00Z',
    last_updated: '2023-06-15T10:00:00Z',
  };
};

const programme = {
  programme_name: 'Cash for all',
  programme_identifier: 'DCI001',
  programme_description: 'A transfer',
  implementing_institution: 'Ministry',
  institution_type: '1',
  legal_status: '2',
  social_protection_functions: ['1', '4'],
  contribution_type: '1',
  programme_type: '3',
  benefit: [{ benefit_type: '1', benefit_value: 'USD 50', benefit_quantity: 1 }],
  benefit_frequency: ['monthly'],
};

/** Registry, what the example shows, the record. */
export const examples: readonly (readonly [
  registry: 'social' | 'crvs' | 'dr' | 'fr' | 'ibr',
  title: string,
  record: JsonObject,
])[] = [
  ['social', 'a member', member('SRPerson')],
  ['social', 'a group', group()],
  [
    'crvs',
    'a person with vital events',
    {
      ...person('SRPerson', '847951632'),
      '@type': 'CRVSPerson',
      birth_place: place,
      death_place: { name: 'Bangkok' },
      marital_status: 'W',
      marriage_date: ['2019-09-21T11:20:00Z', '2021-01-01T00:00:00Z'],
      divorce_date: ['2020-02-02T00:00:00Z'],
      parent1_identifier: { identifier_type: 'UIN', identifier_value: '847951632' },
      parent2_identifier: { identifier_type: 'UIN', identifier_value: '847941632' },
    },
  ],
  [
    'dr',
    'a person with disabilities',
    {
      '@type': 'PWDPerson',
      personal_details: member('DRPerson'),
      disability_status: 'Approved',
      disability_status_level: '3',
      disability_details: [
        { impairment_type: 'Mobility', impairment_level: '3', impairment_cause: 'Accident', age_on_set: '31' },
      ],
      disability_support: [
        {
          human_assistance: [
            {
              type: 'mobility',
              intensity: 'permanent',
              support: 'required',
              caregiver: { name: { given_name: 'Awa' }, phone_number: ['+1'] },
              relationship: 'SIS',
            },
          ],
          assistive_technology: [{ type: 'wheelchair', status: 'required' }],
          housing_support: [{ type: 'ramp', status: 'granted' }],
          medical_care: [{ type: 'therapy', status: 'required' }],
          animal_assistance: [{ type: 'dog', status: 'granted', registration_date: '2024-01-01T00:00:00Z' }],
        },
      ],
      transport_requirement: 'Adaptable vehicle',
      housing_type: 'Social housing',
      programs_enrolments: [programme],
      registration_date: '2023-01-10T00:00:00Z',
      last_updated: '2023-09-20T00:00:00Z',
    },
  ],
  [
    'fr',
    'a farmer',
    {
      '@type': 'Farmer',
      farmer_personal_details: member('FRPerson'),
      family_details: group('FRPerson'),
      farm_type: '2',
      farm_details: [
        {
          location: place,
          land_tenure: 'owner',
          land_size: 2.75,
          measurment: 'H',
          farming_activities: {
            crop_production: [
              {
                activity_group: 'cereals',
                crop_type_name: 'Maize',
                variety: 'local',
                season: 'wet',
                end_use: 'food',
                irrigation: false,
                irrigation_water: ['river'],
                fertilizer_type: ['organic', 'mineral'],
              },
            ],
            animal_production: [{ type: 'Goats', count: 10, livestock_system: 'grazing' }],
            mixed_farming: true,
            agri_support_activities: ['seed'],
            aquaculture: ['marine'],
            aqua_support_activities: 'hatchery',
            agroforestry: ['timber'],
          },
          registration_date: '2022-01-10T08:00:00Z',
          last_updated: '2023-06-15T10:00:00Z',
        },
      ],
      machineries_details: [{ type: 'Tractor', count: 1, registration_date: '2022-01-10T08:00:00Z' }],
      registration_date: '2023-01-10T00:00:00Z',
      last_updated: '2023-09-20T00:00:00Z',
    },
  ],
  [
    'ibr',
    'a beneficiary person',
    {
      '@type': 'Beneficiary',
      assistance_unit: '1',
      member: member('IBRPerson'),
      group: { group_identifier: [{ identifier_type: 'HOUSEHOLD_ID', identifier_value: 'HH-1' }], group_type: '2' },
      programme_identifier: [programme],
      enrollment_date: '2024-04-12T00:00:00Z',
      enrollment_status: '1',
      status_change_date: ['2024-05-01T00:00:00Z'],
      benefits: [
        {
          benefit_type: '1',
          benefit_date: '2024-05-02T00:00:00Z',
          benefit_value: 'USD 50',
          benefit_description: 'May',
          benefit_quantity: 1,
        },
      ],
      additional_attributes: ['priority'],
    },
  ],
  [
    'ibr',
    'a beneficiary household',
    {
      '@type': 'Beneficiary',
      assistance_unit: '2',
      group: group('IBRPerson'),
      programme_identifier: [programme],
      enrollment_date: '2024-04-12T00:00:00Z',
      enrollment_status: '4',
    },
  ],
];
