import assert from 'node:assert/strict';
import { freshSqlite, type TestDatabase } from '../support/stores.ts';
import { ack } from './client/fake-registry.ts';
import { type Asking, startAsking } from './client/support.ts';

const trigger = async (asking: Asking, what: string, body: unknown) => {
  const answer = await fetch(`${asking.url}/test/trigger/${what}`, { method: 'POST', body: JSON.stringify(body) });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
};

describe('test triggers', () => {
  let database: TestDatabase;
  let asking: Asking;
  before(async () => {
    database = await freshSqlite();
    asking = await startAsking(database.url, { triggers: true });
  });
  after(async () => {
    await asking.close();
    await database.drop();
  });

  it('make us search and subscribe, one message for each, and tell what was answered', async () => {
    asking.other.answer(() => ack('corr-1'));
    const query = { type: 'UIN', value: 'TEST-001' };
    const searched = await trigger(asking, 'search', { query_type: 'idtype-value', query, registry: 'crvs' });
    assert.deepEqual(
      [searched.status, searched.json['ack_status'], searched.json['correlation_id']],
      [200, 'ACK', 'corr-1'],
    );
    await trigger(asking, 'subscribe', { event_type: 'BIRTH', registry: 'crvs' });
    assert.deepEqual(
      asking.other.heard.map(({ path }) => path),
      ['/registry/search', '/registry/subscribe'],
    );
    const [first, second] = asking.other.heard;
    assert.deepEqual(first?.envelope.message.search_request[0].search_criteria.query, query);
    assert.equal(second?.envelope.message.subscribe_request[0].subscribe_criteria.reg_event_type, 'BIRTH');
  });

  it('tell a refusal of the other side as such', async () => {
    asking.other.answer(() => ({ status: 400, body: { errors: [{ code: 'err.request.bad', message: 'no' }] } }));
    const { status, json } = await trigger(asking, 'subscribe', { event_type: 'BIRTH', registry: 'crvs' });
    assert.deepEqual([status, json['ack_status']], [200, 'ERR']);
    assert.equal((json['error'] as { code: string }).code, 'err.request.bad');
  });

  it('refuse what they cannot make a message of', async () => {
    for (const [what, body] of [
      ['search', {}],
      ['search', { query_type: 'x', query: {} }],
      ['subscribe', {}],
      ['search', []],
    ] as const) {
      assert.equal((await trigger(asking, what, body)).status, 400);
    }
    const peer = { query_type: 'idtype-value', query: {}, peer: 'nobody.example.org' };
    assert.equal((await trigger(asking, 'search', peer)).status, 404);
  });

  it('are not there unless they were asked for', async () => {
    const other = await freshSqlite();
    const without = await startAsking(other.url);
    const { status } = await fetch(`${without.url}/test/trigger/search`, { method: 'POST', body: '{}' });
    assert.equal(status, 404);
    await without.close();
    await other.drop();
  });
});
