import assert from 'node:assert/strict';
import { keepFields } from '../../../src/access/index.ts';

const identifiers = [
  { identifier_type: 'UIN', identifier_value: '1' },
  { identifier_type: 'BRN', identifier_value: '2' },
];
const member = (surname: string) => ({
  '@type': 'Member',
  member_identifier: identifiers,
  demographic_info: {
    '@type': 'SRPerson',
    identifier: identifiers,
    name: { surname, given_name: 'Awa' },
    sex: 'female',
    address: [{ locality: 'Thani', postal_code: '1' }, { locality: 'Samui' }],
  },
  related_person: [{ related_member: { name: { surname: 'Ba' }, sex: 'male' } }],
  marital_status: 'M',
});

describe('keepFields', () => {
  it('keeps a member by its path as sent, with all that is below it', () => {
    assert.deepEqual(keepFields(member('Diallo'), ['demographic_info.name', 'marital_status']), {
      '@type': 'Member',
      demographic_info: { '@type': 'SRPerson', name: { surname: 'Diallo', given_name: 'Awa' } },
      marital_status: 'M',
    });
  });

  it('finds the person’s own members without the levels that wrap it, and those of nobody else', () => {
    assert.deepEqual(keepFields(member('Diallo'), ['surname', 'sex', 'address.locality']), {
      '@type': 'Member',
      demographic_info: {
        '@type': 'SRPerson',
        name: { surname: 'Diallo' },
        sex: 'female',
        address: [{ locality: 'Thani' }, { locality: 'Samui' }],
      },
    });
  });

  it('keeps identifiers of one type, in whichever list they stand', () => {
    const brn = [{ identifier_type: 'BRN', identifier_value: '2' }];
    assert.deepEqual(keepFields(member('Diallo'), ['identifier.birth_certificate']), {
      '@type': 'Member',
      member_identifier: brn,
      demographic_info: { '@type': 'SRPerson', identifier: brn },
    });
    const all = keepFields(member('Diallo'), ['identifier']);
    assert.deepEqual(all['member_identifier'], identifiers);
  });

  it('goes into the members of a group only when they are named', () => {
    const group = {
      '@type': 'Group',
      group_identifier: identifiers,
      group_size: 2,
      member_list: [member('A'), member('B')],
    };
    assert.deepEqual(keepFields(group, ['group_size', 'sex']), { '@type': 'Group', group_size: 2 });
    const shown = keepFields({ '@type': 'Beneficiary', group }, ['member_list.surname']);
    assert.deepEqual(shown, {
      '@type': 'Beneficiary',
      group: {
        '@type': 'Group',
        member_list: ['A', 'B'].map((surname) => ({
          '@type': 'Member',
          demographic_info: { '@type': 'SRPerson', name: { surname } },
        })),
      },
    });
  });

  it('leaves no more than the sort of record where nothing is named', () => {
    assert.deepEqual(keepFields(member('Diallo'), ['birth_date']), { '@type': 'Member' });
    assert.deepEqual(keepFields({ name: 'x' }, ['birth_date']), {});
  });
});
