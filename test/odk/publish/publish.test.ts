import assert from 'node:assert/strict';
import { currentOf, type FakeDataset } from '../../../src/demo/fake-central/index.ts';
import { toDraft } from '../../../src/registry/index.ts';
import { describeStore } from '../../support/stores.ts';
import { changed, fixture } from '../mapping/support.ts';
import { type Field, householdOf, type Importer, membersOf, openField, openImporter } from '../support.ts';

const mapping = changed(["hh_size: '$string(quantity)'", "hh_size: '$string(quantity)'\n    size: quantity"]);
const V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let serial = 0;
const household = (name?: string, more: Record<string, unknown> = {}) => {
  serial += 1;
  return {
    consent: 'yes',
    'hh-name': name ?? `Household ${serial}`,
    card_no: `P-${process.pid}-${serial}`,
    members: { member: [{ name: { given_name: 'Ama', family_name: 'B' }, relation: 'head', dob: '1990-01-01' }] },
    ...more,
  } as never;
};

describeStore('publishing registrants as entities', ({ database }) => {
  let field: Field;
  let importer: Importer;
  let now = Date.parse('2026-11-22T05:00:00.000Z');
  const clock = (): number => {
    now += 1;
    return now;
  };
  const sync = () => importer.odk.sync('pilot', { eager: true });
  const list = (name = 'registrants'): FakeDataset => field.central.dataset(name) as FakeDataset;
  const writes = (method: string) =>
    field.central.requests.filter((one) => one.method === method && one.url.includes('/entities')).length;
  const labels = () =>
    list()
      .entities.filter(({ deletedAt }) => deletedAt === null)
      .map((entity) => currentOf(entity).label)
      .sort();
  const dataOf = (label: string) => {
    const entity = list().entities.find((one) => currentOf(one).label === label);
    return entity && currentOf(entity).data;
  };
  const entityOf = (label: string) => {
    const entity = list().entities.find((one) => currentOf(one).label === label);
    assert.ok(entity, `no entity is called ${label}`);
    return entity;
  };
  const counts = async () => (await importer.odk.status('pilot')).sources[0]?.entities;
  const change = async (id: string, name: string) => {
    const group = await householdOf(importer, id);
    assert.ok(group);
    await database().write((tx) =>
      importer.registry.save(tx, [{ id: group.id, draft: { ...toDraft(group), name } as never }], 'user:office'),
    );
  };
  beforeEach(async () => {
    field = await openField({ xml: fixture('household_registration.v1.xml'), clock });
    importer = openImporter(database(), { clock });
    await importer.add(field, mapping);
  });
  afterEach(async () => {
    await importer.odk.remove('pilot').catch(() => {});
    await importer.close();
    await field.served.close();
  });

  it('makes the list, its properties and an entity each, all values as text, under random version-4 ids', async () => {
    field.form.submit(household('Okafor'));
    field.form.submit(household('Moyo'));
    await sync();
    assert.deepEqual(
      list().properties.map(({ name }) => name),
      ['reg_id', 'hh_size', 'size', 'phone'],
    );
    assert.deepEqual(labels(), ['Moyo', 'Okafor']);
    assert.deepEqual(dataOf('Okafor'), {
      reg_id: `P-${process.pid}-${serial - 1}`,
      hh_size: '1',
      size: '1',
      phone: '',
    });
    for (const { uuid } of list().entities) assert.match(uuid, V4);
    assert.deepEqual(await counts(), { published: 2, waiting: 0, refused: 0, conflicts: 0 });
    assert.equal(writes('POST'), 1, 'one bulk');
  });

  it('sends only what changed, and nothing when nothing did', async () => {
    const { id } = field.form.submit(household('Okafor'));
    field.form.submit(household('Moyo'));
    await sync();
    await sync();
    assert.deepEqual([writes('POST'), writes('PATCH')], [1, 0]);
    await change(id, 'Okafor-Banda');
    await sync();
    await sync();
    assert.deepEqual(labels(), ['Moyo', 'Okafor-Banda']);
    assert.deepEqual([writes('POST'), writes('PATCH')], [1, 1]);
    const { dataReceived, baseVersion } = currentOf(entityOf('Okafor-Banda'));
    assert.deepEqual([dataReceived, baseVersion], [{ label: 'Okafor-Banda' }, 1]);
  });

  it('isolates what Central refuses out of a bulk, and tells it (§19 row 19)', async () => {
    for (let n = 0; n < 20; n += 1) field.form.submit(household(n === 13 ? 'Culprit' : `Good ${n}`));
    const original = list;
    await importer.add(field, mapping);
    field.central.createDataset('registrants');
    const dataset = original();
    const refuse =
      <T extends unknown[], R>(method: (...args: T) => R) =>
      (...args: T): R => {
        if (JSON.stringify(args).includes('Culprit')) dataset.create({ label: ' ', data: {} });
        return method(...args);
      };
    Object.assign(dataset, {
      create: refuse(dataset.create.bind(dataset)),
      createAll: refuse(dataset.createAll.bind(dataset)),
    });
    await sync();
    assert.equal(labels().length, 19);
    assert.ok(!labels().includes('Culprit'));
    assert.deepEqual(await counts(), { published: 19, waiting: 0, refused: 1, conflicts: 0 });
    const before = writes('POST');
    await sync();
    assert.equal(writes('POST'), before, 'it is not sent again as it is');
  });

  it('reads the properties of the field back, and does not write over them', async () => {
    const { id } = field.form.submit(household('Okafor'));
    await sync();
    const { uuid } = entityOf('Okafor');
    list().fromField({ uuid, baseVersion: 1, data: { phone: '+255700000001' }, submission: 'uuid:visit' });
    await sync();
    const group = await householdOf(importer, id);
    assert.equal(group?.attributes?.['phone'], '+255700000001');
    assert.equal(writes('PATCH'), 0);
    // The registration is edited: it knows no telephone number, and must not take this one away.
    const answers = field.form.find(id)?.current[0]?.answers ?? {};
    field.form.edit(id, { ...answers, 'hh-name': 'Okafor-Banda' });
    await sync();
    assert.equal((await householdOf(importer, id))?.attributes?.['phone'], '+255700000001');
    assert.deepEqual(dataOf('Okafor-Banda')?.['phone'], '+255700000001');
    list().fromField({ uuid, baseVersion: 3, data: { phone: '+255700000002' }, submission: 'uuid:visit2' });
    await sync();
    assert.equal((await householdOf(importer, id))?.attributes?.['phone'], '+255700000002');
  });

  it('merges by owner when the field was quicker: its own properties stay its own, ours are ours (409.15)', async () => {
    const { id } = field.form.submit(household('Okafor'));
    await sync();
    const { uuid } = entityOf('Okafor');
    await change(id, 'Okafor-Banda');
    // Between the question for what the field wrote and the update.
    field.central.trouble({
      path: /\/entities\/[^?]+\?baseVersion/,
      method: 'PATCH',
      kind: {
        run: () =>
          list().fromField({ uuid, baseVersion: 1, data: { phone: '+1', hh_size: '99' }, submission: 'uuid:v' }),
      },
    });
    await sync();
    assert.deepEqual(dataOf('Okafor-Banda'), {
      reg_id: `P-${process.pid}-${serial}`,
      hh_size: '1',
      size: '1',
      phone: '+1',
    });
    assert.equal((await householdOf(importer, id))?.attributes?.['phone'], '+1');
    assert.ok(field.central.requests.every(({ url }) => !url.includes('force=true')));
  });

  it('puts right what the field changed of ours, and surfaces a conflict that Central marked', async () => {
    field.form.submit(household('Okafor'));
    await sync();
    const { uuid } = entityOf('Okafor');
    list().fromField({ uuid, baseVersion: 1, data: { hh_size: '7' }, submission: 'uuid:a' });
    list().fromField({ uuid, baseVersion: 1, data: { hh_size: '8' }, submission: 'uuid:b' });
    await sync();
    assert.equal(dataOf('Okafor')?.['hh_size'], '1');
    assert.equal(list().find(uuid)?.conflict, 'hard', 'nobody resolves it but a person');
    assert.equal((await counts())?.conflicts, 1);
  });

  /** A list whose creations are carried out while Central's answers to them are lost. */
  const loseAnswers = (): FakeDataset => {
    const dataset = field.central.createDataset('registrants');
    for (const name of ['reg_id', 'hh_size', 'size', 'phone']) dataset.addProperty(name);
    const { createAll } = dataset;
    Object.assign(dataset, {
      createAll: (given: never) => {
        createAll(given);
        // The client tries again; it is killed before anything comes of that.
        field.central.trouble({ path: /./, times: 2, kind: { status: 503 } });
        throw new Error('the answer is lost');
      },
    });
    return dataset;
  };

  it('finds its own entities again when it was killed after creating them', async () => {
    field.form.submit(household('Okafor'));
    field.form.submit(household('Moyo'));
    loseAnswers();
    await assert.rejects(sync());
    assert.equal((await counts())?.published, 0);
    await sync();
    assert.equal(list().entities.length, 2);
    assert.deepEqual(labels(), ['Moyo', 'Okafor']);
    assert.deepEqual(await counts(), { published: 2, waiting: 0, refused: 0, conflicts: 0 });
    assert.equal(writes('PATCH'), 0, 'they are as they shall be');
  });

  it('brings its own entities back when somebody deleted them before it knew of them (409.19)', async () => {
    field.form.submit(household('Okafor'));
    field.form.submit(household('Moyo'));
    const dataset = loseAnswers();
    await assert.rejects(sync());
    const [first] = dataset.entities;
    dataset.remove(first?.uuid ?? '');
    await sync();
    assert.deepEqual(labels(), ['Moyo', 'Okafor']);
    assert.equal(dataset.entities.length, 2);
  });

  it('brings back an entity that somebody deleted, or makes a new one when it is gone for good (404)', async () => {
    const one = field.form.submit(household('Okafor'));
    const two = field.form.submit(household('Moyo'));
    await sync();
    const [okafor, moyo] = [entityOf('Okafor').uuid, entityOf('Moyo').uuid];
    list().remove(okafor);
    const gone = entityOf('Moyo');
    (list().entities as unknown[]).splice(list().entities.indexOf(gone), 1);
    const { find, restore, update } = list();
    const refuse = (uuid: string) => uuid === moyo;
    Object.assign(list(), {
      find: (uuid: string) => (refuse(uuid) ? undefined : find(uuid)),
      restore: (uuid: string) => restore(refuse(uuid) ? 'nobody' : uuid),
      update: (uuid: string, ...rest: never[]) =>
        (update as (...args: unknown[]) => unknown)(refuse(uuid) ? 'nobody' : uuid, ...rest),
    });
    await change(one.id, 'Okafor-Banda');
    await change(two.id, 'Moyo-Banda');
    await sync();
    assert.deepEqual(labels(), ['Moyo-Banda', 'Okafor-Banda']);
    assert.equal(entityOf('Okafor-Banda').uuid, okafor);
    assert.notEqual(entityOf('Moyo-Banda').uuid, moyo);
    assert.match(entityOf('Moyo-Banda').uuid, V4);
  });

  it('takes those out of the list who are active no more, and back when they are again', async () => {
    await importer.add(field, mapping.replace('every: 60s }', 'every: 60s }, onDelete: retire'));
    const { id } = field.form.submit(household('Okafor'));
    field.form.submit(household('Moyo'));
    await sync();
    const { uuid } = entityOf('Okafor');
    field.form.remove(id);
    await sync();
    assert.deepEqual(labels(), ['Moyo']);
    field.form.restore(id);
    await sync();
    assert.deepEqual(labels(), ['Moyo', 'Okafor']);
    assert.equal(entityOf('Okafor').uuid, uuid);
  });

  it('publishes people instead of households where the mapping says so', async () => {
    const text = mapping
      .replace('each: group                    #', 'each: individual #')
      .replace('label: name\n', 'label: \'name.given & " " & name.family\'\n');
    await importer.add(field, text);
    const { id } = field.form.submit(household('Okafor'));
    await sync();
    assert.deepEqual(labels(), ['Ama B']);
    const members = await membersOf(importer, await householdOf(importer, id));
    assert.equal(members.length, 1);
  });

  it('begins anew when the mapping names another list', async () => {
    field.form.submit(household('Okafor'));
    await sync();
    await importer.add(field, mapping.replace('dataset: registrants', 'dataset: households'));
    await sync();
    assert.equal(list('households').entities.length, 1);
    assert.equal(labels().length, 1);
  });

  it('says that a viewer is not enough, after everything was imported', async () => {
    field.central.addUser('importer@example.test', 'secret', 'viewer');
    const { id } = field.form.submit(household('Okafor'));
    await assert.rejects(sync(), { code: 'odk.not-permitted' });
    assert.ok(await householdOf(importer, id));
  });

  it('imports all the same from a Central that knows no entity lists', async () => {
    field.central.trouble({
      path: /\/datasets/,
      times: 100,
      kind: { status: 404, body: { code: 404.1, message: 'no' } },
    });
    const { id } = field.form.submit(household('Okafor'));
    await sync();
    assert.ok(await householdOf(importer, id));
    assert.equal((await counts())?.waiting, 1);
  });

  it('creates by the thousand in a few requests', async () => {
    for (let n = 0; n < 1200; n += 1) field.form.submit(household(`H ${n}`, { members: { member: [] } }));
    await sync();
    assert.equal(list().entities.length, 1200);
    assert.equal(writes('POST'), 3);
  });
});
