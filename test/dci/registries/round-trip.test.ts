import assert from 'node:assert/strict';
import { fromRecord, toRecord } from '../../../src/dci/registries/all.ts';
import { examples, group, member } from './examples.ts';
import { missing, roundTrip, stored, TODAY } from './support.ts';

describe('records of the five registries', () => {
  for (const [registry, title, record] of examples) {
    it(`${registry}: ${title} comes back with every member as it was`, () => {
      assert.deepEqual(missing(record, roundTrip(registry, record)), []);
    });

    it(`${registry}: ${title} is the same after a second journey`, () => {
      const once = roundTrip(registry, record);
      assert.deepEqual(roundTrip(registry, once), once);
    });
  }

  it('adds nothing to a member that said little', () => {
    const small = {
      member_identifier: [{ identifier_type: 'UIN', identifier_value: '1' }],
      demographic_info: { name: { given_name: 'Ada' } },
    };
    const back = roundTrip('social', small);
    assert.deepEqual(Object.keys(back).sort(), ['@type', 'demographic_info', 'last_updated', 'member_identifier']);
    assert.deepEqual(back['demographic_info'], {
      '@type': 'SRPerson',
      identifier: [{ identifier_type: 'UIN', identifier_value: '1' }],
      name: { given_name: 'Ada' },
    });
  });

  it('shows a person read from one registry in another', () => {
    const { draft } = fromRecord('social', member('SRPerson'));
    const civil = toRecord('crvs', stored(draft), { kin: [], today: TODAY });
    assert.equal(civil['@type'], 'CRVSPerson');
    assert.equal(civil['marital_status'], 'M');
    assert.deepEqual(civil['name'], (member('SRPerson')['demographic_info'] as { name: object }).name);
  });

  it('tells the head of a household from its members, and keeps one who is not listed apart', () => {
    const both = fromRecord('social', group());
    assert.deepEqual(
      both.members?.map(({ roles }) => roles),
      [['head'], []],
    );
    const apart = { ...group(), member_list: [(group()['member_list'] as object[])[1] as never], group_size: 2 };
    const read = fromRecord('social', apart);
    assert.equal(read.members?.length, 2);
    assert.deepEqual(missing(apart, roundTrip('social', apart)), []);
  });

  it('says nothing of members where the record does not', () => {
    const { members } = fromRecord('social', { group_identifier: [{ identifier_type: 'X', identifier_value: '1' }] });
    assert.equal(members, undefined);
  });

  it('drops a kept spelling when another door has changed the value', () => {
    const record = { ...member('SRPerson') };
    record['demographic_info'] = { ...(record['demographic_info'] as object), birth_date: '1990-04-12T10:20:00Z' };
    const { draft } = fromRecord('social', record);
    assert.equal(draft.kind === 'individual' && draft.birthDate, '1990-04-12');
    const show = (birthDate: string): unknown => {
      const back = toRecord('social', stored({ ...draft, birthDate } as typeof draft), { kin: [], today: TODAY });
      return (back['demographic_info'] as { birth_date: string }).birth_date;
    };
    assert.equal(show('1990-04-12'), '1990-04-12T10:20:00Z');
    assert.equal(show('1990-04-13'), '1990-04-13T00:00:00Z');
  });

  it('leaves out identifiers that have ended and puts new ones in both lists', () => {
    const { draft } = fromRecord('social', member('SRPerson'));
    const identifiers = [
      ...draft.identifiers.map((one) => (one.type === 'birth_certificate' ? { ...one, end: '2026-02-28' } : one)),
      { type: 'passport', value: 'X1' },
    ];
    const back = toRecord('social', stored({ ...draft, identifiers }), { kin: [], today: TODAY }) as {
      member_identifier: { identifier_type: string }[];
      demographic_info: { identifier: { identifier_type: string }[] };
    };
    assert.deepEqual(
      back.member_identifier.map((one) => one.identifier_type),
      ['UIN', 'PENSION_NO', 'passport'],
    );
    assert.deepEqual(
      back.demographic_info.identifier.map((one) => one.identifier_type),
      ['UIN', 'passport'],
    );
  });

  it('names a person without identifiers by our own id', () => {
    const { draft } = fromRecord('social', { demographic_info: { name: { given_name: 'Ada' } } });
    const back = toRecord('social', stored(draft), { kin: [], today: TODAY });
    assert.deepEqual(back['member_identifier'], [
      { identifier_type: 'system_id', identifier_value: '0190d3a0-0000-7000-8000-000000000001' },
    ]);
  });

  it('refuses what is no record', () => {
    for (const record of [null, 'text', [], 7, {}, { poverty_score: 3 }]) {
      assert.throws(() => fromRecord('social', record), { code: 'record.invalid' });
    }
    assert.throws(() => fromRecord('ibr', { enrollment_status: '1' }), { code: 'record.invalid' });
  });
});
