import assert from 'node:assert/strict';
import { readFeed } from '../../src/registry/index.ts';
import { describeStore } from '../support/stores.ts';
import { changed, fixture } from './mapping/support.ts';
import { type Field, householdOf, type Importer, membersOf, openField, openImporter } from './support.ts';

const mapping = changed(
  ['  attributes:\n', '  programmes: { choices: programmes, vocabulary: programme }\n  attributes:\n'],
  ['    given: name.given_name', '    given: name.given_name\n    programmes: { const: [school] }'],
);

const household = (programmes: string) =>
  ({
    consent: 'yes',
    'hh-name': 'Household',
    district: 'd01',
    programmes,
    members: { member: [{ name: { given_name: 'Ama', family_name: 'B' }, relation: 'head', dob: '1990-01-01' }] },
  }) as never;

describeStore('programmes that submissions name', ({ database }) => {
  let field: Field;
  let importer: Importer;
  let now = Date.parse('2026-11-22T05:00:00.000Z');
  const clock = (): number => {
    now += 1;
    return now;
  };
  const sync = () => importer.odk.sync('pilot', { eager: true });
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

  const idOf = async (instance: string): Promise<string> => (await householdOf(importer, instance))?.id ?? '';
  const idOfProgramme = async (code: string): Promise<string> =>
    (await importer.programmes.find([code])).get(code)?.id ?? '';
  const statesOf = async (id: string): Promise<Record<string, string>> => {
    const codes = ['cash', 'food', 'school'];
    const known = await importer.programmes.find(codes);
    const byId = new Map([...known.values()].map((one) => [one.id, one.identifier]));
    const enrolments = await importer.programmes.enrolmentsOf([id]);
    return Object.fromEntries(enrolments.map(({ programmeId, status }) => [byId.get(programmeId), status]));
  };
  const eventsOf = async (id: string) =>
    (await database().read((reader) => readFeed(reader, 0, 100_000)))
      .filter(({ subject, type }) => subject === id && type.startsWith('enrolment'))
      .map(({ type, source, detail }) => [type, source, detail['programme'], detail['status']]);
  const byHand = async (registrantId: string, code: string, status: 'enrolled' | 'exited') => {
    const request = { registrantId, programmeId: await idOfProgramme(code), status };
    await database().write((tx) => importer.programmes.enrol(tx, [request], 'user:1'));
  };

  it('are enrolled in: the household in its own, each person in theirs, told once and unchanged when read again', async () => {
    const { id } = field.form.submit(household('cash food'));
    await sync();
    const group = await idOf(id);
    assert.deepEqual(await statesOf(group), { cash: 'enrolled', food: 'enrolled' });
    const [member] = await membersOf(importer, await householdOf(importer, id));
    assert.deepEqual(await statesOf(member?.other.id ?? ''), { school: 'enrolled' });
    const { name, active } = (await importer.programmes.find(['food'])).get('food') ?? {};
    assert.deepEqual([name, active], ['food', true]);
    const told = await eventsOf(group);
    assert.deepEqual(told.sort(), [
      ['enrolment.added', 'odk:pilot', 'cash', 'enrolled'],
      ['enrolment.added', 'odk:pilot', 'food', 'enrolled'],
    ]);
    await importer.add(field, `${mapping}\n# mapped anew`);
    assert.equal((await sync()).updated, 0);
    assert.equal((await eventsOf(group)).length, 2);
  });

  it('are left when an edit names them no more, and entered again when it names them again', async () => {
    const { id } = field.form.submit(household('cash food'));
    await sync();
    const group = await idOf(id);
    const edit = async (programmes: string) => {
      field.form.edit(id, household(programmes));
      return await sync();
    };
    assert.equal((await edit('food')).updated, 1);
    assert.deepEqual(await statesOf(group), { cash: 'exited', food: 'enrolled' });
    assert.equal((await edit('food cash')).updated, 1, 'an edit of nothing but programmes is an update');
    assert.deepEqual(await statesOf(group), { cash: 'enrolled', food: 'enrolled' });
  });

  it('stay as somebody else made them: neither ended by an edit nor begun again', async () => {
    const { id } = field.form.submit(household('cash'));
    await sync();
    const group = await idOf(id);
    await database().write((tx) =>
      importer.programmes.save(tx, [{ identifier: 'food', name: 'Food', active: true, detail: {} }]),
    );
    await byHand(group, 'food', 'enrolled');
    await byHand(group, 'cash', 'exited');
    const edit = async (programmes: string) => {
      field.form.edit(id, household(programmes));
      await sync();
    };
    await edit('cash food');
    assert.deepEqual(await statesOf(group), { cash: 'exited', food: 'enrolled' });
    await edit('');
    assert.deepEqual(await statesOf(group), { cash: 'exited', food: 'enrolled' });
  });

  it('are shown by a preview, which enrols nobody', async () => {
    const { id } = field.form.submit(household('cash'));
    const { rows } = await importer.odk.preview('pilot', { ids: [id] });
    assert.equal(rows[0]?.outcome, 'create');
    const shown = rows[0]?.fields.filter(({ target }) => /^(group|members).*\.programmes$/.test(target));
    assert.deepEqual(
      shown?.map(({ target, value }) => [target, value]),
      [
        ['group.programmes', ['cash']],
        ['members[0].programmes', ['school']],
      ],
    );
    assert.equal(await idOf(id), '');
    await sync();
    const group = await idOf(id);
    field.form.edit(id, household(''));
    assert.equal((await importer.odk.preview('pilot', { ids: [id] })).rows[0]?.outcome, 'update');
    assert.deepEqual(await statesOf(group), { cash: 'enrolled' });
  });
});
