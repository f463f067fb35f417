import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isObject, type Json, type JsonObject } from '../../../src/core/json.ts';
import { fromRecord, type RegistryName, registryNames } from '../../../src/dci/registries/all.ts';
import { roundTrip } from './support.ts';

describe('records in older layouts', () => {
  it('reads the samples’ household: wrapped members, `person`, first_name, counts in text', () => {
    const { draft, members } = fromRecord('social', {
      '@id': 'Group',
      group_identifier: { identifier_type: 'NID', identifier_value: '77' },
      place: { geo: { latitude: '40.712776', longitude: '-74.005974' }, address: '123 Main St' },
      group_size: '1',
      group_head_info: {
        person: {
          identifier: [{ identifier_type: 'NID', identifier_value: '1' }],
          name: { first_name: 'Test', second_name: 'Two', sur_name: 'Three' },
          sex: 'F',
          birth_date: '1985-05-20T00:00:00Z',
        },
      },
      member_list: [
        {
          household_member: {
            member_identifier: [{ identifier_type: 'NID', identifier_value: 'H1' }],
            demographic_info: {
              person: {
                identifier: [{ identifier_type: 'NID', identifier_value: '1' }],
                name: { first_name: 'Test', second_name: 'Two', surname: 'Three' },
                sex: 'F',
              },
            },
            relationship_head: 'self',
            is_disabled: '0',
            marital_status: 'Single',
            income_level: '',
          },
        },
      ],
    });
    assert.equal(draft.kind, 'group');
    assert.deepEqual(draft.identifiers, [{ type: 'NID', value: '77' }]);
    assert.equal(draft.location?.latitude, 40.712776);
    assert.equal(draft.sections?.group?.['group_size'], undefined);
    assert.equal(members?.length, 1);
    const [head] = members ?? [];
    assert.deepEqual(head?.roles, ['head']);
    assert.deepEqual(head?.draft.name, { family: 'Three', given: 'Test', middle: 'Two' });
    assert.equal(head?.draft.sex, '2');
    assert.equal(head?.draft.birthDate, '1985-05-20');
    assert.deepEqual(head?.draft.identifiers.map(({ value }) => value).sort(), ['1', 'H1']);
    assert.equal(head?.draft.sections?.member?.['marital_status'], 'Single');
  });

  it('reads a bare person, an identifier that is an object, and lines of address in their older names', () => {
    const back = roundTrip('social', {
      identifier: { identifier_type: 'UIN', identifier_value: '5' },
      name: { last_name: 'Ba', first_name: 'Awa' },
      gender: 'Female',
      date_of_birth: '1990-05-15',
      address: { address_line1: 'Rue 1', address_line2: '', country_code: 'SN' },
      phone_number: '+221 1',
      marital_status: 'S',
    });
    assert.deepEqual(back['demographic_info'], {
      '@type': 'SRPerson',
      identifier: [{ identifier_type: 'UIN', identifier_value: '5' }],
      name: { given_name: 'Awa', surname: 'Ba' },
      sex: 'female',
      birth_date: '1990-05-15T00:00:00Z',
      address: [{ address_line_1: 'Rue 1', country_code: 'SN' }],
      phone_number: ['+221 1'],
    });
    assert.equal(back['marital_status'], 'S');
  });

  it('reads the camel-case records of OpenCRVS', () => {
    const back = roundTrip('crvs', {
      identifier: [{ name: 'BRN', identifier: 'B1' }],
      givenName: 'Ana',
      familyName: 'Silva',
      birthDate: '2024-02-29',
      birthPlace: { name: 'Lisboa' },
      deathDate: '',
      marriagedate: '2023-01-01',
      relations: [{ '@type': 'spdci:Mother', givenName: 'Eva' }],
    });
    const { '@type': type, last_updated: _, ...record } = back;
    assert.equal(type, 'CRVSPerson');
    assert.deepEqual(record, {
      identifier: [{ identifier_type: 'BRN', identifier_value: 'B1' }],
      name: { given_name: 'Ana', surname: 'Silva' },
      birth_date: '2024-02-29T00:00:00Z',
      birth_place: { name: 'Lisboa' },
      marriage_date: ['2023-01-01'],
      relations: [{ '@type': 'spdci:Mother', givenName: 'Eva' }],
    });
  });

  it('reads a beneficiary whose enrolment stands beside the programme', () => {
    const { draft, enrolments } = fromRecord('ibr', {
      assistance_unit: '1',
      member: { member_identifier: [{ identifier_type: 'UIN', identifier_value: '9' }] },
      programme_identifier: {
        programme: { programme_identifier: 'DCI001', programme_name: 'Test' },
        enrolment_date: '2024-04-12',
        enrolment_status: 'Active',
      },
    });
    assert.deepEqual(enrolments, [
      { programmeIdentifier: 'DCI001', programmeName: 'Test', status: 'Active', date: '2024-04-12' },
    ]);
    assert.equal(draft.sections?.benefit?.['enrollment_status'], 'Active');
  });

  const samples = fileURLToPath(new URL('../../../../shared/reference/dci/samples/', import.meta.url));
  it('reads every record of the official samples', function () {
    if (!existsSync(samples)) return this.skip();
    const records = (value: Json): JsonObject[] => {
      if (Array.isArray(value)) return value.flatMap(records);
      if (!isObject(value)) return [];
      return Object.entries(value as JsonObject).flatMap(([key, member]): JsonObject[] => {
        if (key !== 'reg_records') return records(member);
        const example = isObject(member) && 'example' in member ? (member['example'] as Json) : member;
        return (Array.isArray(example) ? example : [example]).filter(isObject) as JsonObject[];
      });
    };
    let read = 0;
    for (const registry of registryNames as readonly RegistryName[]) {
      for (const file of readdirSync(`${samples}${registry}`)) {
        if (!file.endsWith('res.json') || file.includes('copy')) continue;
        let message: Json;
        try {
          message = JSON.parse(readFileSync(`${samples}${registry}/${file}`, 'utf8'));
        } catch {
          continue; // some samples are placeholders
        }
        for (const record of records(message)) {
          // One sample's records hold a programme and nobody enrolled in it.
          if (registry === 'ibr' && Object.keys(record).join() === 'programme_identifier') continue;
          assert.ok(fromRecord(registry, record).draft, file);
          roundTrip(registry, record);
          read += 1;
        }
      }
    }
    assert.ok(read > 10, `${read} records read`);
  });
});
