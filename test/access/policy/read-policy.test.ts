import assert from 'node:assert/strict';
import { readPolicy } from '../../../src/access/index.ts';
import { isFault } from '../../../src/core/fault.ts';

const everything = { operations: ['*'], attributes: ['*'], fields: ['*'] };

describe('readPolicy', () => {
  it('writes every word in one form, whichever of its names the operator used', () => {
    const policy = readPolicy({
      registries: {
        crvs: {
          operations: ['search', 'registry.txn.status'],
          attributes: ['birth_date', 'identifier.NIN', 'identifier.BRN', 'attributes.shoe_size'],
          fields: ['name.surname', 'identifier.UIN'],
          purposes: [' birth-grant '],
          consent: 'required',
        },
        '*': { ...everything, consent: 'none' },
      },
    });
    assert.deepEqual(policy.registries, {
      crvs: {
        operations: ['registry.search', 'registry.txn.status'],
        attributes: ['birth_date', 'identifier.national_id', 'identifier.birth_certificate', 'attributes.shoe_size'],
        fields: ['name.surname', 'identifier.UIN'],
        purposes: ['birth-grant'],
        consent: 'required',
      },
      '*': everything,
    });
  });

  it('lists every fault at once, each with its place', () => {
    const wrong = {
      registry: {},
      registries: {
        land: everything,
        social: { operations: ['fly'], attributes: ['shoe_size', 'birth_date'], fields: 'name', purpose: ['x'] },
        dr: { operations: ['*'], attributes: ['*'], fields: ['Name..x'], purposes: ['*', ''], consent: 'yes' },
        fr: 'open',
      },
    };
    assert.throws(
      () => readPolicy(wrong),
      (error) => {
        assert.ok(isFault(error) && error.code === 'peer.invalid');
        assert.deepEqual(
          error.details.errors?.map(({ path }) => path),
          [
            'registry',
            'registries.land',
            'registries.social.purpose',
            'registries.social.operations[0]',
            'registries.social.attributes[0]',
            'registries.social.fields',
            'registries.dr.fields[0]',
            'registries.dr.purposes[1]',
            'registries.dr.consent',
            'registries.fr',
          ],
        );
        assert.match(error.message, /10 fault\(s\):\n {2}registry: is not known/);
        return true;
      },
    );
  });

  for (const [what, given] of [
    ['nothing', undefined],
    ['a list', []],
    ['no registry', { registries: {} }],
    ['an empty list, which would close the registry by mistake', { registries: { dr: { ...everything, fields: [] } } }],
    ['an attribute that is left out', { registries: { dr: { operations: ['*'], fields: ['*'] } } }],
  ] as const) {
    it(`refuses ${what}`, () => assert.throws(() => readPolicy(given), /fault\(s\)/));
  }
});
