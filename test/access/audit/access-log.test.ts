import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { type AccessLog, createAccessLog, createClients, createPeers, parseScope } from '../../../src/access/index.ts';
import { systemClock } from '../../../src/core/clock.ts';
import type { Ledger } from '../../../src/ledger/index.ts';
import type { PublicJwk } from '../../../src/trust/ports.ts';
import { ledgerOn } from '../../ledger/support.ts';
import { describeStore } from '../../support/stores.ts';

const jwk = { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), kid: 'k1' } as PublicJwk;

describeStore('the audit log', ({ database }) => {
  let ledger: Ledger;
  let accessLog: AccessLog;
  before(async () => {
    ledger = await ledgerOn(database(), systemClock);
    accessLog = createAccessLog({ ledger, clock: systemClock });
  });
  const rows = async () =>
    (await ledger.find({ kind: 'access', limit: 1000 })).entries.map(({ entry }) => [
      entry?.['endpoint'],
      entry?.['peer'],
      entry?.['facts'],
    ]);

  it('is made of leaves of the ledger, which verify with everything else', async () => {
    await accessLog.record({ endpoint: 'GET /x', who: 'client-1', status: 200, facts: { count: 3 } });
    await accessLog.record({ endpoint: 'GET /y', status: 401, refusal: 'token.invalid' });
    assert.deepEqual(await rows(), [
      ['GET /x', 'client-1', { count: 3 }],
      ['GET /y', undefined, undefined],
    ]);
    await ledger.checkpoint();
    const { ok, entries, unsigned } = await ledger.verify();
    assert.deepEqual([ok, entries, unsigned], [true, 2, 0]);
  });

  it('holds each change of a peer with the keys it is believed by, in the commit of the change', async () => {
    const peers = createPeers({ db: database(), clock: systemClock, accessLog });
    const before = (await rows()).length;
    const { token } = await peers.add('a.example.org', { keys: [jwk], scopes: ['registry.search'] });
    await peers.update('a.example.org', { mustSign: true });
    await peers.revokeKey('a.example.org', 'k1');
    await peers.revoke('a.example.org');
    await assert.rejects(peers.update('nobody.example.org', {}), /no peer/);
    const told = (await rows()).slice(before);
    assert.deepEqual(
      told.map(([endpoint, who]) => [endpoint, who]),
      ['peer add', 'peer update', 'peer revoke-key', 'peer revoke'].map((endpoint) => [endpoint, 'operator']),
    );
    const facts = told.map(([, , fact]) => fact as Record<string, unknown>);
    assert.deepEqual(facts[0]?.['keys'], [jwk]);
    assert.deepEqual(
      facts.map((fact) => [fact['sender_id'], fact['must_sign'], fact['revoked_keys'], fact['active']]),
      [
        ['a.example.org', false, undefined, true],
        ['a.example.org', true, undefined, true],
        ['a.example.org', true, ['k1'], true],
        ['a.example.org', true, ['k1'], false],
      ],
    );
    assert.ok(!JSON.stringify(told).includes(token));
  });

  it('holds each change of a client, without its name and its secret', async () => {
    const clients = createClients({ db: database(), clock: systemClock, accessLog });
    const before = (await rows()).length;
    const { client, secret } = await clients.add({ name: 'Amina Diallo', scopes: [parseScope('audit:read')] });
    await clients.replaceScopes(client.clientId, [parseScope('group:read')]);
    await clients.rotate(client.clientId);
    await clients.revoke(client.clientId);
    const told = (await rows()).slice(before);
    assert.deepEqual(
      told.map(([endpoint, , facts]) => {
        const { scopes, active, client_id: id } = facts as Record<string, unknown>;
        return [endpoint, id, scopes, active];
      }),
      [
        ['client add', client.clientId, ['audit:read'], true],
        ['client update', client.clientId, ['group:read'], true],
        ['client rotate', client.clientId, ['group:read'], true],
        ['client revoke', client.clientId, ['group:read'], false],
      ],
    );
    assert.ok(!JSON.stringify(told).includes(secret) && !JSON.stringify(told).includes('Amina'));
  });

  it('commits with a change or not at all', async () => {
    const before = (await rows()).length;
    await assert.rejects(
      database().write(async (tx) => {
        accessLog.recordIn(tx, { endpoint: 'z', who: 'operator' });
        throw new Error('no');
      }),
      /no/,
    );
    assert.equal((await rows()).length, before);
  });
});
