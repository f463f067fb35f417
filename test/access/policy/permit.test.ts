import assert from 'node:assert/strict';
import { type Asker, mayUse, type PolicyQuestion, permit, readPolicy } from '../../../src/access/index.ts';
import { and, compare, not, type Query } from '../../../src/registry/query/ast.ts';

const purpose = (code: unknown): object => ({ authorize: { '@type': 'Authorize', purpose: { code } } });
const ask = (more: Partial<PolicyQuestion>): PolicyQuestion => ({
  operation: 'registry.search',
  registry: 'crvs',
  said: [],
  ...more,
});

describe('permit', () => {
  const policy = readPolicy({
    registries: {
      crvs: { operations: ['search'], attributes: ['birth_date', 'identifier.BRN'], fields: ['birth_date'] },
      fr: { operations: ['*'], attributes: ['*'], fields: ['*'], purposes: ['subsidy', 'census'] },
      dr: { operations: ['*'], attributes: ['identifier'], fields: ['*'], consent: 'required' },
    },
  });
  const peer: Asker = { scopes: [], policy };
  const refused = (asking: PolicyQuestion, reason: RegExp, who: Asker = peer): void => {
    assert.throws(() => permit(who, asking), { code: 'policy.refused', message: reason });
  };
  const brn: Query = { op: 'identifier', type: 'BRN', value: '1' };

  it('lets a peer without a policy ask and see everything that its scopes allow', () => {
    const record = { name: 'x' };
    assert.equal(permit({ scopes: [] }, ask({ query: compare('sex', 'eq', '1') })).reveal(record), record);
    refused(ask({}), /crvs registry is not open/, { scopes: ['fr:registry.search'] });
  });

  it('lets a peer with a policy ask what it names, and shows the fields that it names', () => {
    const { reveal } = permit(peer, ask({ query: and(brn, compare('birth_date', 'lt', '2020-01-01')) }));
    assert.deepEqual(reveal({ birth_date: '2019', sex: 'male' }), { birth_date: '2019' });
  });

  it('knows an identifier type under each of its names', () => {
    for (const type of ['brn', 'birth_certificate', 'BIRTH_REG_NO', 'ns:dci:BRN']) {
      permit(peer, ask({ query: { op: 'identifier', type, value: '1' } }));
    }
    refused(ask({ query: { op: 'identifier', type: 'UIN', value: '1' } }), /identifier\.national_id/);
    // Without a type the question is about identifiers of every type.
    refused(ask({ query: { op: 'identifier', value: '1' } }), /about identifier in/);
    permit(peer, ask({ registry: 'dr', query: brn, said: [{ consent: { id: 'c-1' } }] }));
  });

  it('refuses what is asked about in any corner of the question, and in the order', () => {
    const sex = compare('sex', 'eq', '1');
    for (const query of [sex, not(sex), and(brn, { op: 'member', of: not(sex) }), { op: 'exists', attribute: 'sex' }]) {
      refused(ask({ query: query as Query }), /about sex/);
    }
    refused(ask({ query: brn, sort: [{ attribute: 'surname', order: 'asc' }] }), /about surname/);
    refused(ask({ query: compare('shoe_size', 'eq', 'x') }), /attributes\.shoe_size/);
  });

  it('refuses registries and operations that it does not name', () => {
    refused(ask({ registry: 'social' }), /social registry is not open/);
    refused(ask({ operation: 'registry.subscribe' }), /does not name registry\.subscribe/);
    assert.ok(mayUse(peer, 'registry.search', 'crvs'));
    assert.ok(!mayUse(peer, 'registry.subscribe', 'crvs'));
    assert.ok(!mayUse(peer, 'registry.search', 'ibr'));
    assert.ok(!mayUse({ scopes: ['fr:registry.search'], policy }, 'registry.search', 'crvs'));
  });

  it('asks for one of its purposes, wherever it stands, and refuses odd shapes as saying nothing', () => {
    const at = (said: readonly unknown[]): PolicyQuestion => ask({ registry: 'fr', said });
    permit(peer, at([purpose('subsidy')]));
    permit(peer, at([{}, { consent: { purpose: { code: 'census', text: 'x' } } }]));
    const odd: unknown[] = [[], [purpose('taxes')], [purpose({ type: 'string' })], [{ authorize: '' }], [null], ['x']];
    for (const said of odd) refused(at(said as unknown[]), /one of subsidy, census/);
  });

  it('asks for a consent that says something', () => {
    const at = (consent: unknown): PolicyQuestion => ask({ registry: 'dr', query: brn, said: [{ consent }] });
    permit(peer, at({ ts: '2026-01-01T00:00:00Z', purpose: { code: 'x' } }));
    for (const consent of [
      undefined,
      null,
      '',
      {},
      { '@type': 'Consent' },
      { type: 'string' },
      { purpose: { text: '' } },
    ]) {
      refused(at(consent), /consent: the policy/);
    }
  });
});
