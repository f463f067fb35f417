import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import * as validators from '#validators';
import type { IndividualDraft } from '../../src/registry/index.ts';
import { put } from '../registry/support.ts';
import { describeStore } from '../support/stores.ts';
import { byId, signString, type TestPeer } from './peer.ts';
import { type DciServer, startDciServer } from './server.ts';

const amina: IndividualDraft = {
  kind: 'individual',
  active: true,
  identifiers: [{ type: 'national_id', value: 'TEST-001' }],
  name: { given: 'Amina', family: 'Diallo' },
  sex: '2',
  birthDate: '1990-04-12',
  sections: { member: { marital_status: 'M' } },
};

describeStore('sync/search', ({ database }) => {
  let server: DciServer;
  let peer: TestPeer;
  let token: string;

  before(async () => {
    server = await startDciServer({ db: database() });
    ({ peer, token } = await server.addPeer('spmis.example.org'));
    await put(database(), server.registry, amina);
  });
  after(() => server.stop());

  it('answers a signed look-up with the record, signed by us', async () => {
    const answer = await server.post(
      '/registry/sync/search',
      signString(peer, peer.search(byId('UIN', 'TEST-001'))),
      token,
    );
    assert.equal(answer.status, 200, answer.text);
    assert.ok(
      validators.emitOnSearch(answer.json),
      JSON.stringify(validators.emitOnSearch.errors?.map((e) => [e.instancePath, e.message])),
    );
    const [item] = answer.json.message.search_response;
    const [record] = item.data.reg_records;
    assert.equal(item.status, 'succ');
    assert.deepEqual(record.member_identifier, [{ identifier_type: 'UIN', identifier_value: 'TEST-001' }]);
    assert.deepEqual(record.demographic_info.name, { given_name: 'Amina', surname: 'Diallo' });
    assert.equal(record.demographic_info.birth_date, '1990-04-12T00:00:00Z');
    assert.equal(record.demographic_info.sex, 'female');
    assert.equal(record.marital_status, 'M');
    assert.equal(item.pagination.total_count, 1);

    const jwks = await server.get('/.well-known/jwks.json');
    assert.ok(validators.emitJwks(jwks.json));
    const part = (name: string): string => new RegExp(`\\b${name}="([^"]*)"`).exec(answer.json.signature)?.[1] ?? '';
    const jwk = jwks.json.keys.find((key: { kid: string }) => key.kid === part('kidId'));
    const { header, message } = answer.json;
    const sorted = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(sorted)
        : value && typeof value === 'object'
          ? Object.fromEntries(
              Object.entries(value)
                .sort(([a], [b]) => (a < b ? -1 : 1))
                .map(([k, v]) => [k, sorted(v)]),
            )
          : value;
    const digest = createHash('sha256')
      .update(JSON.stringify(sorted({ header, message })))
      .digest('base64');
    const text = `(created): ${part('created')}\n(expires): ${part('expires')}\ndigest: ${digest}`;
    const signature = Buffer.from(/, signature="([^"]*)"/.exec(answer.json.signature)?.[1] ?? '', 'base64');
    assert.ok(verify(null, Buffer.from(text), createPublicKey({ key: jwk, format: 'jwk' }), signature));
  });
});
