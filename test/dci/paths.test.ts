import assert from 'node:assert/strict';
import * as validators from '#validators';
import { operationNames } from '../../src/dci/operations.ts';
import { endpoints } from '../../src/dci/paths.ts';
import type { RegistryName } from '../../src/dci/registries/all.ts';
import { put } from '../registry/support.ts';
import { byId, signString, type TestPeer } from './peer.ts';
import { type Answer, type DciServer, startDciServer } from './server.ts';

describe('the paths of DCI', () => {
  let server: DciServer;
  let peer: TestPeer;
  let token: string;
  const ask = (path: string, registry: RegistryName, more: object = {}): Promise<Answer> =>
    server.search(signString(peer, peer.search({ ...byId('UIN', 'T-1'), ...more })), token, { path, registry });

  before(async () => {
    server = await startDciServer({ config: { registry: 'fr' } });
    ({ peer, token } = await server.addPeer('spmis.example.org'));
    await put(server.db, server.registry, {
      kind: 'individual',
      active: true,
      identifiers: [{ type: 'national_id', value: 'T-1' }],
    });
  });
  after(() => server.stop());

  const regTypes: Readonly<Record<RegistryName, readonly [string, string]>> = {
    social: ['ns:org:RegistryType:Social', 'Member'],
    crvs: ['ns:org:RegistryType:Civil', 'spdci-extensions-dci:Person'],
    dr: ['ns:org:RegistryType:DR', 'spdci-extensions-dci:DisabledPerson'],
    fr: ['ns:org:RegistryType:FR', 'spdci-extensions-dci:Farmer'],
    ibr: ['ns:org:RegistryType:IBR', 'Beneficiary'],
  };
  const named: readonly (readonly [string, RegistryName])[] = [
    ['/registry', 'fr'],
    ['/social/registry', 'social'],
    ['/crvs/registry', 'crvs'],
    ['/dr/registry', 'dr'],
    ['/fr/registry', 'fr'],
    ['/ibr/registry', 'ibr'],
    ['/sr', 'social'],
    ['/crvs', 'crvs'],
    ['/dr', 'dr'],
    ['/fr', 'fr'],
    ['/ibr', 'ibr'],
    ['/disability/registry', 'dr'],
    ['/farmer/registry', 'fr'],
    ['/civil/registry', 'crvs'],
    ['/dci', 'fr'],
    ['/dci/registry', 'fr'],
  ];
  for (const root of ['', '/dci_api/v1']) {
    for (const [prefix, registry] of named) {
      it(`answers ${root}${prefix}/sync/search as ${registry}`, async () => {
        const answer = await ask(`${root}${prefix}/sync/search`, registry);
        const { data } = answer.json.message.search_response[0];
        assert.deepEqual([data.reg_type, data.reg_record_type], regTypes[registry]);
        assert.equal(data.reg_records.length, 1);
      });
    }
  }

  it('lets reg_type choose another registry on a neutral path only', async () => {
    const neutral = await ask('/registry/sync/search', 'social', { reg_type: 'SOCIAL_REGISTRY' });
    assert.equal(neutral.json.message.search_response[0].data.reg_type, 'ns:org:RegistryType:Social');
    const otherwise = await ask('/crvs/registry/sync/search', 'crvs', { reg_type: 'SOCIAL_REGISTRY' });
    assert.equal(otherwise.json.message.search_response[0].status_reason_code, 'rjct.search_criteria.invalid');
    const same = await ask('/crvs/registry/sync/search', 'crvs', { reg_type: 'ocrvs:registry_type:birth' });
    assert.equal(same.json.message.search_response[0].status, 'succ');
    const unknown = await ask('/crvs/registry/sync/search', 'crvs', { reg_type: 'Something' });
    assert.equal(unknown.json.message.search_response[0].status, 'succ');
  });

  it('takes the generic payloads of the suite on every registry', async () => {
    for (const [prefix, registry] of named) {
      for (const type of ['BIRTH_REG_NO', 'FARMER_ID', 'UIN']) {
        const criteria = { ...byId(type, 'BIRTH-TEST-001'), reg_record_type: 'Member', reg_event_type: 'REGISTER' };
        const question = signString(peer, peer.search(criteria, { receiver_id: 'registry-server' }));
        const answer = await server.search(question, token, { path: `${prefix}/sync/search`, registry });
        assert.deepEqual(answer.json.message.search_response[0].data.reg_records, []);
      }
    }
  });

  it('has a place for every operation under every prefix', () => {
    for (const name of operationNames) assert.ok(endpoints.has(`/registry/${name}`), name);
    assert.equal(endpoints.get('/dci/async/search')?.operation, 'search');
    assert.equal(endpoints.get('/dci_api/v1/civil/registry/txn/on-status')?.registry, 'crvs');
  });

  it('says so when an operation is of another registry, when there is none, and when the method is wrong', async () => {
    const cases: readonly (readonly [string, string, number, string])[] = [
      ['POST', '/crvs/registry/sync/disabled', 404, 'err.request.not_found'],
      ['POST', '/registry/upload/search', 404, 'err.request.not_found'],
      ['POST', '/registry/nonsense', 404, 'err.request.not_found'],
      ['GET', '/registry/sync/search', 405, 'err.request.bad'],
      ['PUT', '/dci/sync/search', 405, 'err.request.bad'],
    ];
    for (const [method, path, status, code] of cases) {
      const response = await fetch(`${server.url}${path}`, { method, headers: { Authorization: `Bearer ${token}` } });
      const json = (await response.json()) as { message: { error: { code: string } } };
      assert.equal(response.status, status, path);
      assert.ok(validators.emitAck(json));
      assert.equal(json.message.error.code, code);
      if (status === 405) assert.equal(response.headers.get('allow'), 'POST');
    }
  });

  it('leaves other paths to other doors', async () => {
    const answer = await server.get('/registryx/sync/search');
    assert.equal(answer.status, 404);
    assert.match(answer.headers.get('content-type') ?? '', /problem\+json/);
  });

  it('publishes its keys at both places, without a token, and may be cached', async () => {
    for (const path of ['/.well-known/jwks.json', '/dci_api/v1/.well-known/jwks.json']) {
      const answer = await server.get(path);
      assert.equal(answer.status, 200);
      assert.ok(validators.emitJwks(answer.json));
      assert.match(answer.headers.get('cache-control') ?? '', /max-age=\d+/);
      assert.ok(answer.json.keys[0].kid.startsWith('crosswalk.test|'));
    }
  });
});

describe('the rate limit of DCI', () => {
  it('counts the messages of each sender for itself, and says when to come back', async () => {
    const server = await startDciServer({ config: { rateLimit: 3 } });
    try {
      const { peer, token } = await server.addPeer('busy.example.org');
      const { peer: other, token: others } = await server.addPeer('calm.example.org');
      const ask = (who: TestPeer, whose: string) => server.search(signString(who, who.search(byId('UIN', '1'))), whose);
      for (let i = 0; i < 3; i += 1) assert.equal((await ask(peer, token)).status, 200);
      const refused = await ask(peer, token);
      assert.equal(refused.status, 429);
      assert.equal(refused.json.message.error.code, 'err.request.too_many_requests');
      const wait = Number(refused.headers.get('retry-after'));
      assert.ok(wait >= 1 && wait <= 60, String(wait));
      assert.equal((await ask(other, others)).status, 200);
    } finally {
      await server.stop();
    }
  });
});
