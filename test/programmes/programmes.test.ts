import assert from 'node:assert/strict';
import { createProgrammes, type Programmes } from '../../src/programmes/index.ts';
import { compare, type Query, type Registry, readFeed } from '../../src/registry/index.ts';
import { BY, ids, NOW, person, put, registryOn, unique } from '../registry/support.ts';
import { describeStore } from '../support/stores.ts';

describeStore('programmes', ({ database }) => {
  let registry: Registry;
  let programmes: Programmes;
  let cash: string;

  before(async () => {
    registry = registryOn(database());
    programmes = createProgrammes({ db: database(), registry, clock: () => NOW });
    const one = { identifier: 'cash', name: 'Cash for Schools', active: true, detail: { targetType: 'individual' } };
    await database().write((tx) => programmes.save(tx, [one]));
    cash = (await programmes.find(['cash'])).get('cash')?.id ?? '';
  });

  const enrol = (registrantId: string, status: 'enrolled' | 'paused' | 'exited' | 'draft', enrolledOn?: string) =>
    database().write((tx) =>
      programmes.enrol(
        tx,
        [{ registrantId, programmeId: cash, status, ...(enrolledOn === undefined ? {} : { enrolledOn }) }],
        BY,
      ),
    );
  const finds = async (id: string, query: Query) => (await ids(registry, query)).includes(id);
  const events = async (id: string) =>
    (await database().read((reader) => readFeed(reader, 0, 10_000)))
      .filter(({ subject }) => subject === id)
      .map(({ type }) => type);

  it('are saved once by their identifier, and updated under it', async () => {
    const one = { identifier: unique('p'), name: 'A', active: true, detail: {} };
    const save = (name: string) => database().write((tx) => programmes.save(tx, [{ ...one, name }]));
    assert.deepEqual([await save('A'), await save('A'), await save('B')], [['created'], ['unchanged'], ['updated']]);
    assert.equal((await programmes.find([one.identifier])).get(one.identifier)?.name, 'B');
  });

  it('make a registrant found by programme, status and date while enrolled', async () => {
    const [id = ''] = await put(database(), registry, person('Ada'));
    assert.deepEqual(await enrol(id, 'enrolled', '2026-02-01'), ['created']);
    assert.ok(await finds(id, compare('programme_identifier', 'eq', 'cash')));
    assert.ok(await finds(id, compare('programme_name', 'startsWith', 'cash for')));
    assert.ok(await finds(id, compare('enrollment_status', 'eq', '1')));
    assert.ok(await finds(id, compare('enrollment_date', 'le', '2026-02-01')));
    assert.deepEqual(await enrol(id, 'exited'), ['updated']);
    assert.ok(!(await finds(id, compare('programme_identifier', 'eq', 'cash'))));
    const [enrolment] = await programmes.enrolmentsOf([id]);
    assert.deepEqual(enrolment, {
      registrantId: id,
      programmeId: cash,
      status: 'exited',
      enrolledOn: '2026-02-01',
      exitedOn: '2026-03-01',
      version: 2,
    });
    assert.deepEqual(await events(id), ['registrant.registered', 'enrolment.added', 'enrolment.changed']);
  });

  it('change nothing and tell nobody when an enrolment is said again', async () => {
    const [id = ''] = await put(database(), registry, person('Bea'));
    await enrol(id, 'enrolled');
    assert.deepEqual(await enrol(id, 'enrolled'), ['unchanged']);
    assert.deepEqual(await events(id), ['registrant.registered', 'enrolment.added']);
  });

  it('keep benefits, which a registrant is found by, booked once each', async () => {
    const [id = ''] = await put(database(), registry, person('Cyr'));
    const benefit = {
      registrantId: id,
      programmeId: cash,
      reference: '2026-02',
      type: '1',
      date: '2026-02-28',
      value: 50.5,
    };
    const book = (value: number) => database().write((tx) => programmes.book(tx, [{ ...benefit, value }], BY));
    assert.deepEqual([await book(50.5), await book(50.5), await book(60)], [['created'], ['unchanged'], ['updated']]);
    assert.deepEqual(await programmes.benefitsOf([id]), [{ ...benefit, value: 60 }]);
    assert.ok(await finds(id, compare('benefit_value', 'gt', 59)));
    assert.ok(await finds(id, compare('benefit_type', 'eq', '1')));
    assert.deepEqual((await events(id)).slice(1), ['benefit.added', 'benefit.changed']);
  });

  it('stay with a registrant whose record is changed, and go with one that is deleted', async () => {
    const [id = ''] = await put(database(), registry, person('Dan'));
    await enrol(id, 'paused');
    await database().write((tx) => registry.save(tx, [{ id, draft: person('Daniel') }], BY));
    assert.ok(await finds(id, compare('enrollment_status', 'eq', '4')));
    await database().write((tx) => registry.remove(tx, id, 'asked for', BY));
    assert.deepEqual(await programmes.enrolmentsOf([id]), []);
  });

  it('refuse a programme and a registrant that are not there, with nothing written', async () => {
    const [id = ''] = await put(database(), registry, person('Eva'));
    const request = { registrantId: id, programmeId: 'nowhere', status: 'enrolled' as const };
    await assert.rejects(
      database().write((tx) => programmes.enrol(tx, [request], BY)),
      { code: 'programme.not-found' },
    );
    await assert.rejects(enrol('01a21464-ac7f-7656-8431-000000000000', 'enrolled'), { code: 'registrant.not-found' });
    assert.deepEqual(await programmes.enrolmentsOf([id]), []);
  });
});
