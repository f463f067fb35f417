import assert from 'node:assert/strict';
import { operationNames } from '../../../src/dci/operations.ts';
import { byId, signString } from '../peer.ts';
import { type DciServer, startDciServer } from '../server.ts';

const shortPrefixes = ['sr', 'crvs', 'dr', 'fr', 'ibr'];

describe('DCI_MOCKUP_MODE', () => {
  let server: DciServer;
  before(async () => {
    server = await startDciServer({ config: { mockup: true } });
  });
  after(() => server.stop());

  const bare = async (path: string) => {
    const response = await fetch(`${server.url}${path}`, { method: 'POST' });
    // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
    return { status: response.status, json: (await response.json()) as any };
  };

  it('answers calls without body and token under the short prefixes, in the shapes the suites look for', async () => {
    for (const prefix of shortPrefixes) {
      for (const operation of operationNames) {
        const { status, json } = await bare(`/${prefix}/${operation}`);
        assert.equal(status, 200, `${prefix} ${operation}`);
        switch (operation) {
          case 'sync/search': {
            const [item] = json.message.search_response;
            assert.equal(typeof item.data.reg_records[0].identifier, 'object');
            assert.ok(!Array.isArray(item.data.reg_records[0].identifier));
            if (prefix === 'ibr') {
              for (const name of ['reference_id', 'status', 'locale']) assert.equal(typeof json[name], 'string');
              assert.ok(Array.isArray(json.data.reg_records));
            }
            break;
          }
          case 'search':
            assert.ok(Number.isInteger(json.transaction_id));
            assert.equal(typeof json.search_response.status, 'string');
            break;
          case 'sync/txn/status':
            assert.ok(Number.isInteger(json.transaction_id));
            assert.deepEqual(json.txnstatus_response, {});
            break;
          default:
            assert.deepEqual(Object.keys(json.message).sort(), ['ack_status', 'correlation_id', 'error', 'timestamp']);
            assert.equal(typeof json.message.error, 'object');
        }
      }
    }
  });

  it('checks and answers every other call in earnest', async () => {
    for (const path of ['/registry/sync/search', '/social/registry/sync/search', '/crvs/registry/search']) {
      assert.equal((await bare(path)).status, 401, path);
    }
    assert.equal((await server.post('/sr/sync/search', '{}')).status, 401);
    const { peer, token } = await server.addPeer('real.example.org');
    const question = signString(peer, peer.search(byId('UIN', '1')));
    const answer = await server.search(question, token, { path: '/sr/sync/search' });
    assert.deepEqual(answer.json.message.search_response[0].data.reg_records, []);
  });

  it('is off unless it is switched on', async () => {
    const other = await startDciServer();
    try {
      const response = await fetch(`${other.url}/sr/sync/search`, { method: 'POST' });
      assert.equal(response.status, 401);
    } finally {
      await other.stop();
    }
  });
});
