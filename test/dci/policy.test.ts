import assert from 'node:assert/strict';
import { put } from '../registry/support.ts';
import { byId, signString, type TestPeer } from './peer.ts';
import { type DciServer, startDciServer } from './server.ts';

const predicate = (attribute_name: string) => ({
  query_type: 'predicate',
  query: [{ expression1: { attribute_name, operator: 'ge', attribute_value: '1990-01-01' } }],
});

describe('a search under a policy', () => {
  let server: DciServer;
  let peer: TestPeer;
  let token: string;

  before(async () => {
    server = await startDciServer();
    await put(server.db, server.registry, {
      kind: 'individual',
      active: true,
      identifiers: [
        { type: 'national_id', value: 'U-1' },
        { type: 'birth_certificate', value: 'B-1' },
      ],
      name: { given: 'Awa', family: 'Diallo' },
      birthDate: '1990-04-12',
      sex: '2',
    });
    ({ peer, token } = await server.addPeer('grants.example.org', {
      policy: {
        registries: {
          crvs: {
            operations: ['search'],
            attributes: ['identifier.BRN', 'birth_date'],
            fields: ['identifier.BRN', 'surname', 'birth_date'],
            purposes: ['birth-grant'],
          },
          dr: { operations: ['search'], attributes: ['*'], fields: ['*'], consent: 'required' },
        },
      },
    }));
  });
  after(() => server.stop());

  const purpose = { authorize: { purpose: { code: 'birth-grant' } } };
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  const items = async (criteria: readonly Record<string, unknown>[]): Promise<any[]> => {
    const answer = await server.search(signString(peer, peer.searchMany(criteria)), token);
    assert.equal(answer.status, 200, answer.text);
    return answer.json.message.search_response;
  };

  it('shows the fields that it names and no others', async () => {
    const [item] = await items([{ reg_type: 'crvs', ...byId('BRN', 'B-1'), ...purpose }]);
    assert.deepEqual(item.data.reg_records, [
      {
        '@type': 'CRVSPerson',
        identifier: [{ identifier_type: 'BRN', identifier_value: 'B-1' }],
        name: { surname: 'Diallo' },
        birth_date: '1990-04-12T00:00:00Z',
      },
    ]);
  });

  it('is refused item by item, with the reason, and the others are answered', async () => {
    const refused = await items([
      { reg_type: 'crvs', ...byId('BRN', 'B-1') },
      { reg_type: 'crvs', ...byId('UIN', 'U-1'), ...purpose },
      { reg_type: 'crvs', ...predicate('registration_date'), ...purpose },
      { reg_type: 'crvs', ...predicate('birth_date'), sort: [{ attribute_name: 'surname' }], ...purpose },
      { reg_type: 'social', ...byId('UIN', 'U-1') },
      { reg_type: 'dr', ...byId('UIN', 'U-1') },
      { reg_type: 'crvs', ...predicate('birth_date'), ...purpose },
      { reg_type: 'dr', ...byId('UIN', 'U-1'), consent: { id: 'c-1' } },
    ]);
    const reasons = [/purpose\.code/, /national_id/, /registration_date/, /surname/, /social registry/, /consent/];
    reasons.forEach((reason, i) => {
      assert.equal(refused[i].status, 'rjct');
      assert.equal(refused[i].status_reason_code, 'rjct.search_criteria.invalid');
      assert.match(refused[i].status_reason_message, reason);
      assert.equal(refused[i].data, undefined);
    });
    assert.deepEqual(
      refused.slice(6).map(({ status, data }) => [status, data.reg_records.length]),
      [
        ['succ', 1],
        ['succ', 1],
      ],
    );
  });

  it('reads purpose and consent beside the criteria, too', async () => {
    const question = peer.searchMany([{ reg_type: 'crvs', ...byId('BRN', 'B-1') }]);
    Object.assign((question.message as { search_request: object[] }).search_request[0] as object, purpose);
    const answer = await server.search(signString(peer, question), token);
    assert.equal(answer.json.message.search_response[0].status, 'succ');
  });

  it('ends the whole call when it names the operation nowhere', async () => {
    const { peer: other, token: others } = await server.addPeer('source.example.org', {
      policy: { registries: { '*': { operations: ['notify'], attributes: ['*'], fields: ['*'] } } },
    });
    const answer = await server.search(signString(other, other.search(byId('UIN', '1'))), others);
    assert.equal(answer.status, 403);
    assert.equal(answer.json.message.error.code, 'err.request.forbidden');
  });
});
