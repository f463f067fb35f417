import assert from 'node:assert/strict';
import request from 'supertest';
import type { Client } from '../../src/access/index.ts';
import { Fault } from '../../src/core/fault.ts';
import { silentLogger } from '../../src/core/log.ts';
import { generateSubmissions } from '../../src/demo/household-registration/generate.ts';
import { createHttpApp, createMetrics } from '../../src/http/index.ts';
import { registerOdkMetrics } from '../../src/odk/metrics.ts';
import { odkRoutes } from '../../src/odk/odk.routes.ts';
import { ledgerOn } from '../ledger/support.ts';
import { describeStore } from '../support/stores.ts';
import { type Field, type Importer, openField, openImporter } from './support.ts';

const clientWith = (...scopes: Client['scopes']): Client => ({ clientId: 'console', scopes }) as unknown as Client;
const clients: Readonly<Record<string, Client>> = {
  'Bearer all': clientWith({ resource: 'odk', action: 'read' }),
  'Bearer narrow': clientWith({ resource: 'odk', action: 'read', fields: ['name'] }),
  'Bearer other': clientWith({ resource: 'individual', action: 'read' }),
};

describeStore('the ODK sources over HTTP', ({ database }) => {
  let field: Field;
  let importer: Importer;
  let server: ReturnType<ReturnType<typeof createHttpApp>['callback']>;
  const metrics = createMetrics();
  before(async () => {
    field = await openField();
    importer = openImporter(database());
    const [first] = generateSubmissions(1);
    field.form.submit({ ...first?.answers, district: 'd99' }, { id: 'uuid:bad' });
    await importer.add(field, undefined, 'pilot/households');
    await importer.odk.sync('pilot/households', { eager: true });
    const tokens = {
      authenticate: async (authorization: string | undefined) => {
        const client = clients[authorization ?? ''];
        if (!client) throw new Fault('token.invalid', 'no such token');
        return client;
      },
    };
    const ledger = await ledgerOn(database(), Date.now);
    const doors = [odkRoutes({ odk: importer.odk, ledger, tokens, clock: Date.now })];
    server = createHttpApp({ log: silentLogger, metrics, doors }).callback();
    registerOdkMetrics(metrics, importer.odk);
  });
  after(async () => {
    await importer.close();
    await field.served.close();
  });
  const get = (path: string, token?: string) => {
    const asked = request(server).get(path);
    return token ? asked.set('Authorization', `Bearer ${token}`) : asked;
  };

  it('are told to a client with the scope, in short and one by one', async () => {
    const { body } = await get('/odk/sources', 'all').expect(200);
    assert.deepEqual(
      body.sources.map((one: { name: string; deadLetters: number }) => [one.name, one.deadLetters]),
      [['pilot/households', 1]],
    );
    const one = await get('/odk/sources/pilot%2Fhouseholds', 'all').expect(200);
    assert.deepEqual(
      [one.body.deadLetters[0].reason, one.body.deadLetters[0].path, one.body.deadLetters[0].value],
      ['unknown-choice', 'district', 'd99'],
    );
    await get('/odk/sources/nobody', 'all').expect(404);
  });

  it('show what people answered only to whom that was granted', async () => {
    const { body } = await get('/odk/sources/pilot/households', 'narrow').expect(200);
    assert.equal('value' in body.deadLetters[0], false);
    assert.equal(body.deadLetters[0].path, 'district');
  });

  it('are told to nobody else', async () => {
    await get('/odk/sources', 'other').expect(403);
    await get('/odk/sources').expect(401);
  });

  it('are counted in the metrics', async () => {
    const text = await metrics.registry.metrics();
    assert.match(text, /crosswalk_odk_dead_letters\{source="pilot\/households",what="unknown-choice"\} 1/);
    assert.match(text, /crosswalk_odk_submissions\{source="pilot\/households",what="waiting"\} 0/);
    assert.match(text, /crosswalk_odk_total\{source="pilot\/households",what="requests\.200"\} \d+/);
    assert.match(text, /crosswalk_odk_state\{source="pilot\/households",what="ok"\} 1/);
  });
});
