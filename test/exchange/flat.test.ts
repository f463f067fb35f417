import assert from 'node:assert/strict';
import fc from 'fast-check';
import { flatten } from '../../src/exchange/flat/flatten.ts';
import { compileHeader } from '../../src/exchange/flat/unflatten.ts';
import type { Resource } from '../../src/registry/resource/index.ts';

const roundTrip = (resource: Resource): unknown => {
  const cells = flatten(resource);
  const header = compileHeader([...cells.keys()]);
  assert.ok('toResource' in header, JSON.stringify([...cells.keys()]));
  return header.toResource([...cells.values()]);
};

describe('flat paths', () => {
  it('spell a person as api-v2.md §26 does', () => {
    assert.deepEqual(
      [
        ...flatten({
          type: 'Individual',
          identifier: [
            { system: 'urn:openspp:vocab:id-type#national_id', value: '1', period: { end: '2030-01-01' } },
            { system: 'urn:openspp:vocab:id-type#national_id', value: '2' },
          ],
          active: true,
          name: { given: 'Ada' },
          gender: { coding: [{ system: 'urn:iso:std:iso:5218', code: '2', display: 'Female' }], text: 'Female' },
          telecom: [{ system: 'phone', value: '+1', use: 'home' }],
          address: [{ city: 'X', line: ['a', 'b'] }, { city: 'Y' }],
          meta: { versionId: '1' },
        }),
      ].map(([path, cell]) => `${path}=${cell}`),
      [
        'type=Individual',
        'identifier[national_id]=1',
        'identifier[national_id].period.end=2030-01-01',
        'identifier[national_id][1]=2',
        'active=true',
        'name.given=Ada',
        'gender=2',
        'telecom[phone]=+1',
        'telecom[phone].use=home',
        'address.city=X',
        'address.line=a',
        'address.line[1]=b',
        'address[1].city=Y',
      ],
    );
  });

  it('give back what was flattened: extensions of any JSON under any key', () => {
    const key = fc
      .string({ minLength: 1, maxLength: 20 })
      .filter((name) => name !== '__proto__' && name === name.trim());
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue({ maxDepth: 2 })), (extension) => {
        const given = Object.fromEntries(Object.entries(extension).filter(([, value]) => value !== null));
        // JSON has one zero; a cell `-0` reads as text, a cell `0` as the number.
        const plain = JSON.parse(JSON.stringify(given)) as typeof given;
        if (Object.keys(plain).length === 0) return;
        assert.deepEqual(
          JSON.stringify(roundTrip({ extension: plain } as Resource)),
          JSON.stringify({ extension: plain }),
        );
      }),
    );
  });

  it('give back members with roles and periods', () => {
    const group = {
      type: 'Group',
      name: 'Okafor',
      member: [
        {
          entity: { reference: 'Individual/x|1' },
          role: { coding: [{ code: 'head' }, { code: 'alternate' }] },
          inactive: false,
        },
        { entity: { reference: 'Individual/x|2' }, period: { end: '2020-01-01' }, inactive: true },
      ],
    };
    assert.deepEqual(roundTrip(group), group);
  });
});
