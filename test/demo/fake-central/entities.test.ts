import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { FakeDataset } from '../../../src/demo/fake-central/index.ts';
import { type Asking, askFakeCentral, fixture, json, shapeOf } from './support.ts';

describe('entity lists of the fake Central', () => {
  let asking: Asking;
  let list: FakeDataset;
  const path = '/projects/5/datasets/registrants';
  const data = { phone: '+255700000001', reg_id: 'REG-000001', district: 'd01' };
  const create = (entity: unknown) => asking.ask('POST', `${path}/entities`, entity);

  beforeEach(async () => {
    asking = await askFakeCentral();
    assert.equal((await asking.ask('POST', '/projects/5/datasets', { name: 'registrants' })).status, 200);
    for (const name of ['phone', 'reg_id', 'district']) await asking.ask('POST', `${path}/properties`, { name });
    list = asking.central.dataset('registrants', 5) as FakeDataset;
  });
  afterEach(() => asking.close());

  it('answer lists, entities, updates, versions and the feed in the shapes of Central', async () => {
    assert.deepEqual(shapeOf((await asking.ask('GET', path)).body), shapeOf(json('dataset.json')));
    const uuid = randomUUID();
    const made = await create({ uuid, label: 'Household 00000001', data });
    assert.deepEqual(shapeOf(made.body), shapeOf(json('entity-create.json')));
    const patched = await asking.ask('PATCH', `${path}/entities/${uuid}?baseVersion=1`, { data: { phone: '9' } });
    assert.deepEqual(shapeOf(patched.body), shapeOf(json('entity-patch.json')));
    assert.deepEqual(patched.body.currentVersion.data, { ...data, phone: '9' });
    const versions = await asking.ask('GET', `${path}/entities/${uuid}/versions`);
    assert.deepEqual(shapeOf(versions.body), shapeOf(json('entity-versions.json')));
    const many = [2, 3].map((n) => ({ uuid: randomUUID(), label: `Household ${n}`, data: {} }));
    assert.deepEqual((await create({ entities: many, source: { name: 'test' } })).body, { success: true });
    const feed = await asking.ask('GET', `${path}.svc/Entities?$top=2&$count=true`);
    assert.deepEqual(shapeOf(feed.body), shapeOf(json('entities-odata.json')));
    assert.deepEqual(feed.body.value[0].phone, '');
    const next = new URL(feed.body['@odata.nextLink']).search;
    const last = await asking.ask('GET', `${path}.svc/Entities${next}`);
    assert.deepEqual([last.body.value.length, last.body['@odata.nextLink']], [1, undefined]);
  });

  it('refuse what Central refuses, with its codes', async () => {
    const uuid = randomUUID();
    const good = { uuid, label: 'x', data: {} };
    await create(good);
    const code = async (entity: unknown) => (await create(entity)).body.code;
    assert.equal(await code(good), json('error-409.3-entity-uuid.json').code);
    assert.equal(await code({ label: 'x', data: { phone: 1 } }), json('error-400.11-entity-number.json').code);
    assert.equal(await code({ label: 'x', data: { phone: null } }), 400.11);
    assert.equal(
      await code({ label: 'x', data: { nope: '1' } }),
      json('error-400.28-entity-unknown-property.json').code,
    );
    assert.equal(await code({ uuid: '0190a6f3-7a3e-7cc1-8a5e-0123456789ab', label: 'x', data: {} }), 400.11);
    assert.equal(await code({ label: ' ', data: {} }), 400.28);
    assert.equal(await code({ entities: [{ label: 'x', data: {} }] }), 400.2);
    const stale = await asking.ask('PATCH', `${path}/entities/${uuid}?baseVersion=7`, { data: {} });
    assert.deepEqual([stale.body.code, stale.body.details.current], [409.15, '1']);
    await asking.ask('DELETE', `${path}/entities/${uuid}`);
    assert.equal(await code(good), 409.19);
    await asking.ask('POST', `${path}/entities/${uuid}/restore`);
    assert.equal((await asking.ask('GET', `${path}/entities/${uuid}`)).status, 200);
    assert.equal((await asking.ask('POST', '/projects/5/datasets', { name: 'Registrants' })).body.code, 409.16);
    assert.equal((await asking.ask('POST', `${path}/properties`, { name: 'PHONE' })).body.code, 409.17);
    await asking.as('viewer');
    assert.equal((await create(good)).status, 403);
  });

  it('refuse a whole bulk for one bad entity', async () => {
    const entities = [
      { label: 'good', data: {} },
      { label: 'bad', data: { phone: 7 } },
    ];
    assert.equal((await create({ entities, source: { name: 'x' } })).status, 400);
    assert.equal(list.entities.length, 0);
  });

  it('write a version even when nothing changes, and by force whatever the base', async () => {
    const uuid = randomUUID();
    await create({ uuid, label: 'x', data });
    await asking.ask('PATCH', `${path}/entities/${uuid}?baseVersion=1`, { data: {} });
    const forced = await asking.ask('PATCH', `${path}/entities/${uuid}?force=true`, { label: 'y' });
    assert.equal(forced.body.currentVersion.version, 3);
  });

  it('follow submissions later and never refuse them: conflicts are marked, hard on the same property', async () => {
    const form = asking.central.createForm(fixture('household_followup.v1.xml'), { project: 5 });
    const uuid = randomUUID();
    await create({ uuid, label: 'x', data });
    const visit = (phone: string, baseVersion: number) =>
      form.submit({ registrant: uuid, new_phone: phone }, { entity: { uuid, baseVersion } });
    visit('+1', 1);
    assert.equal(list.find(uuid)?.versions.length, 1, 'a submission is stored at once, the entity comes later');
    asking.central.work();
    assert.deepEqual([list.find(uuid)?.versions.at(-1)?.data['phone'], list.find(uuid)?.conflict], ['+1', null]);
    await asking.ask('PATCH', `${path}/entities/${uuid}?baseVersion=2`, { data: { district: 'd02' } });
    visit('+2', 2);
    asking.central.work();
    assert.equal(list.find(uuid)?.conflict, 'soft');
    visit('+3', 3);
    asking.central.work();
    assert.equal(list.find(uuid)?.conflict, 'hard');
    const relevant = await asking.ask('GET', `${path}/entities/${uuid}/versions?relevantToConflict=true`);
    assert.deepEqual(
      relevant.body.map((one: { version: number }) => one.version),
      [3, 4, 5],
    );
    const { version } = list.find(uuid)?.versions.at(-1) ?? { version: 0 };
    await asking.ask('PATCH', `${path}/entities/${uuid}?resolve=true&baseVersion=${version}`, {});
    assert.equal(list.find(uuid)?.conflict, null);
    form.submit({ registrant: 'x' }, { entity: { uuid: randomUUID(), baseVersion: 1 } });
    asking.central.work();
    assert.deepEqual(
      asking.central.entityErrors.map(({ code }) => code),
      [404.8],
    );
  });

  it('wait for approval where the list asks for it, and make entities of registrations', async () => {
    const form = asking.central.createForm(fixture('household_registration.v1.xml'), { project: 5 });
    const made = asking.central.dataset('registered_households', 5) as FakeDataset;
    assert.ok(made.properties.some(({ name }) => name === 'card_no'));
    made.approvalRequired = true;
    const answers = { 'hh-name': 'Okafor', card_no: '1', meta: { entity: { label: 'Okafor - 1' } } };
    const { id } = form.submit(answers, { entity: {} });
    asking.central.work();
    assert.equal(made.entities.length, 0);
    form.review(id, 'approved');
    asking.central.work();
    assert.deepEqual(made.entities[0]?.versions[0]?.data, { hh_name: 'Okafor', card_no: '1' });
  });

  it('download as CSV with a strong ETag', async () => {
    const uuid = randomUUID();
    await create({ uuid, label: 'Okafor, "A"', data });
    const csv = await asking.ask('GET', `${path}/entities.csv`);
    assert.equal(
      csv.text,
      `__id,label,phone,reg_id,district,__version\n${uuid},"Okafor, ""A""",+255700000001,REG-000001,d01,1\n`,
    );
    const again = await asking.ask('GET', `${path}/entities.csv`, undefined, {
      'if-none-match': csv.headers.get('etag') ?? '',
    });
    assert.equal(again.status, 304);
  });
});
