import assert from 'node:assert/strict';
import type { Answers } from '../../src/demo/fake-central/index.ts';
import { householdRegistrationXml } from '../../src/demo/household-registration/form.ts';
import { generateSubmissions } from '../../src/demo/household-registration/generate.ts';
import { householdRegistrationMapping } from '../../src/demo/household-registration/mapping.ts';
import { type Draft, toDraft } from '../../src/registry/index.ts';
import { describeStore } from '../support/stores.ts';
import { type Field, householdOf, type Importer, membersOf, openField, openImporter } from './support.ts';

/** A household of three with names that nobody else has. */
const threeOf = (serial: string): Answers => {
  const person = (name: string, relation: string) => ({
    name: { given_name: `${name} ${serial}`, family_name: 'Moyo' },
    relation,
    sex: 'f',
    dob: '1990-01-01',
    age_years: '36',
    disabilities: '',
    document: [],
  });
  const [one] = generateSubmissions(1, 77);
  return {
    ...one?.answers,
    card_no: `card-${serial}`,
    photo: '',
    members: { member: [person('Alpha', 'head'), person('Beta', 'spouse'), person('Gamma', 'child')] },
  };
};
const peopleOf = (answers: Answers): Answers[] => [...(answers['members'] as { member: readonly Answers[] }).member];
const withPeople = (answers: Answers, member: readonly Answers[]): Answers => ({ ...answers, members: { member } });

let serial = 0;
const fresh = (): { readonly id: string; readonly answers: Answers } => {
  serial += 1;
  return { id: `uuid:pitfall-${serial}`, answers: threeOf(String(serial)) };
};

describeStore('an importer that loses nothing and doubles nothing', ({ database }) => {
  let now = Date.parse('2026-11-20T08:00:00.000Z');
  let field: Field;
  let importer: Importer;
  const poll = () => importer.odk.sync('pilot', { eager: true });
  /** Later submissions move the watermark so far that no date filter shows the earlier ones any more. */
  const passOverlap = async (): Promise<void> => {
    now += 3600_000;
    const { id, answers } = fresh();
    field.form.submit(answers, { id });
    await poll();
    now += 60_000;
  };
  const live = async (id: string) =>
    (await membersOf(importer, await householdOf(importer, id))).filter(({ membership }) => membership.live);
  beforeEach(async () => {
    now += 60_000;
    field = await openField({ clock: () => now });
    importer = openImporter(database(), { clock: () => now });
    await importer.add(field);
  });
  afterEach(async () => {
    await importer.odk.remove('pilot');
    await importer.close();
    await field.served.close();
  });

  it('1: what was stamped earlier and seen later is imported', async () => {
    const [slow, quick] = [fresh(), fresh()];
    field.form.submit(slow.answers, { id: slow.id, held: true });
    now += 2000;
    field.form.submit(quick.answers, { id: quick.id });
    await poll();
    assert.equal(await householdOf(importer, slow.id), undefined);
    field.form.release(slow.id);
    now += 2000;
    assert.equal((await poll()).created, 1);
    assert.ok(await householdOf(importer, slow.id));
  });

  it('2: two of one millisecond are imported, none twice', async () => {
    await importer.add(field, `${householdRegistrationMapping}source: { poll: { overlap: 0s } }\n`);
    const [one, other] = [fresh(), fresh()];
    const submissionDate = new Date(now).toISOString();
    field.form.submit(one.answers, { id: one.id, submissionDate });
    await poll();
    field.form.submit(other.answers, { id: other.id, submissionDate });
    assert.deepEqual([(await poll()).created, (await poll()).created], [1, 0]);
  });

  it('3: an edit changes the household that is there', async () => {
    const { id, answers } = fresh();
    field.form.submit(answers, { id });
    await poll();
    const before = await householdOf(importer, id);
    now += 1000;
    field.form.edit(id, { ...answers, 'hh-name': 'Another name' });
    assert.equal((await poll()).updated, 1);
    const after = await householdOf(importer, id);
    assert.deepEqual([after?.id, after?.name], [before?.id, 'Another name']);
    assert.equal((await importer.odk.status('pilot')).sources[0]?.counts['submissions'], 1, 'and it is one submission');
  });

  it('4: when the first of three leaves, two are who they were and one is ended; who comes back is the same', async () => {
    const { id, answers } = fresh();
    field.form.submit(answers, { id });
    await poll();
    const [alpha, beta, gamma] = (await live(id)).map(({ other }) => other.id);
    now += 1000;
    const [, first, ...rest] = peopleOf(answers);
    field.form.edit(id, withPeople(answers, [{ ...first, relation: 'head' }, ...rest]));
    await poll();
    assert.deepEqual(
      (await live(id)).map(({ other }) => other.id),
      [beta, gamma],
    );
    const all = await membersOf(importer, await householdOf(importer, id));
    assert.deepEqual(
      all.filter(({ membership }) => !membership.live).map(({ other }) => other.id),
      [alpha],
    );
    now += 1000;
    field.form.edit(id, answers);
    await poll();
    assert.deepEqual(new Set((await live(id)).map(({ other }) => other.id)), new Set([alpha, beta, gamma]));
  });

  it('4: a name that was mistyped and a birth date put right stay the same person', async () => {
    const { id, answers } = fresh();
    field.form.submit(answers, { id });
    await poll();
    const before = (await live(id)).map(({ other }) => other.id);
    now += 1000;
    const people = peopleOf(answers).map((one, at) =>
      at === 1
        ? { ...one, name: { given_name: `Betta ${serial}`, family_name: 'Moyo' } }
        : { ...one, dob: '1991-02-02' },
    );
    field.form.edit(id, withPeople(answers, people));
    await poll();
    assert.deepEqual(
      (await live(id)).map(({ other }) => other.id),
      before,
    );
  });

  it('5: a deletion is met, a restore is found although no stamp tells of it', async () => {
    const { id, answers } = fresh();
    field.form.submit(answers, { id });
    await poll();
    now += 1000;
    field.form.remove(id);
    assert.equal((await poll()).retired, 1);
    assert.equal((await importer.odk.status('pilot')).sources[0]?.counts['deletedInCentral'], 1);
    await passOverlap();
    field.form.restore(id);
    assert.equal((await poll()).restored, 1);
    assert.equal((await importer.odk.status('pilot')).sources[0]?.counts['deletedInCentral'], 0);
  });

  it('5: with onDelete: retire the household and its people become inactive, and active again', async () => {
    await importer.add(field, `${householdRegistrationMapping}source: { onDelete: retire }\n`);
    const { id, answers } = fresh();
    field.form.submit(answers, { id });
    await poll();
    now += 1000;
    field.form.review(id, 'rejected');
    await poll();
    const everyone = async () => [await householdOf(importer, id), ...(await live(id)).map(({ other }) => other)];
    assert.deepEqual(
      (await everyone()).map((one) => one?.active),
      [false, false, false, false],
    );
    now += 1000;
    field.form.review(id, 'approved');
    assert.equal((await poll()).restored, 1);
    assert.deepEqual(
      (await everyone()).map((one) => one?.active),
      [true, true, true, true],
    );
  });

  it('7: a walk whose token row was purged is begun anew, and nothing is missing', async () => {
    await importer.add(field, `${householdRegistrationMapping}source: { poll: { pageSize: 2 } }\n`);
    const all = Array.from({ length: 6 }, fresh);
    for (const { id, answers } of all) {
      now += 10;
      field.form.submit(answers, { id });
    }
    // The last row of the first page is purged when the second page is asked for.
    field.central.trouble({ path: /skiptoken/, kind: { run: () => field.form.purge(all[4]?.id as string) } });
    await poll();
    for (const { id } of [...all.slice(0, 4), ...all.slice(5)]) assert.ok(await householdOf(importer, id), id);
  });

  it('7: where pages go by number, what comes and goes in the middle of a walk lets no row slip away', async () => {
    await importer.add(field, `${householdRegistrationMapping}source: { poll: { pageSize: 2 } }\n`);
    field.central.pagesBySkip = true;
    const all = Array.from({ length: 6 }, fresh);
    for (const { id, answers } of all) {
      now += 10;
      field.form.submit(answers, { id });
    }
    // Two come and go again: the second page shows the first once more, the third page is itself, and nobody saw the second.
    const passing = [fresh(), fresh()];
    const come = (): void => {
      for (const { id, answers } of passing) field.form.submit(answers, { id });
    };
    const go = (): void => {
      for (const { id } of passing) field.form.purge(id);
    };
    field.central.trouble({ path: /skip=2/, kind: { run: come } });
    field.central.trouble({ path: /skip=4/, kind: { run: go } });
    await poll();
    for (const { id } of all) assert.ok(await householdOf(importer, id), id);
  });

  it('8: the token is sent to the configured server only, wherever a nextLink points', async () => {
    await importer.add(field, `${householdRegistrationMapping}source: { poll: { pageSize: 2 } }\n`);
    for (const { id, answers } of Array.from({ length: 5 }, fresh)) field.form.submit(answers, { id });
    assert.equal((await poll()).created, 5); // the fake's nextLink names https://central.example.test
  });

  it('13: an id that no filter can spell is asked for by its moment of arrival', async () => {
    const { answers } = fresh();
    const id = `HH/2026 001'${serial}`;
    field.form.submit(answers, { id });
    await poll();
    now += 1000;
    field.form.remove(id);
    await poll();
    await passOverlap();
    field.form.restore(id);
    assert.equal((await poll()).restored, 1);
  });

  it('13: an id of any letters is fetched by its path', async () => {
    await importer.add(field, `${householdRegistrationMapping}source: { read: xml }\n`);
    const ids = ["HH/2026 001'a", 'HH_2026?b#c', 'HH%2F2026'].map((id) => `${id} ${serial}`);
    for (const id of ids) field.form.submit(fresh().answers, { id });
    assert.equal((await poll()).created, ids.length);
    const fetched = field.central.requests.filter(({ url, status }) => url.endsWith('.xml') && status === 200);
    for (const id of ids) {
      assert.ok(await householdOf(importer, id), id);
      assert.ok(
        fetched.some(({ url }) => url.endsWith(`/submissions/${encodeURIComponent(id)}.xml`)),
        id,
      );
    }
  });

  it('13: one id in two forms is two households; the id stays with the first as its identifier', async () => {
    const [one, other] = [fresh(), fresh()];
    const visits = householdRegistrationMapping.replace('form: household_registration', 'form: visits');
    now += 1000;
    const form = field.central.createForm(householdRegistrationXml.replaceAll('"household_registration"', '"visits"'));
    field.form.submit(one.answers, { id: one.id });
    form.submit(other.answers, { id: one.id });
    await poll();
    await importer.add({ ...field, form }, visits, 'visits');
    const pollVisits = () => importer.odk.sync('visits', { eager: true });
    try {
      const { created, parked } = await pollVisits();
      assert.deepEqual([created, parked], [1, 0]);
      const named = async (answers: Answers) =>
        (await importer.everybody('group')).filter(({ identifiers }) =>
          identifiers.some(({ value }) => value === answers['card_no']),
        );
      const [[first, ...more], [second]] = [await named(one.answers), await named(other.answers)];
      assert.ok(first && second && more.length === 0 && first.id !== second.id);
      const holds = (who: typeof first) => who.identifiers.some(({ value }) => value === one.id);
      assert.deepEqual([holds(first), holds(second)], [true, false]);
      now += 1000;
      form.edit(one.id, { ...other.answers, rooms: '8' });
      assert.equal((await pollVisits()).updated, 1);
      assert.deepEqual([(await pollVisits()).updated, (await poll()).updated], [0, 0]);
      assert.deepEqual((await named(one.answers))[0], first);
    } finally {
      await importer.odk.remove('visits');
    }
  });

  it('18: an early row edited and a late row edited later during one long walk both arrive', async () => {
    await importer.add(field, `${householdRegistrationMapping}source: { poll: { pageSize: 1, overlap: 3s } }\n`);
    const all = [fresh(), fresh(), fresh(), fresh()];
    for (const { id, answers } of all) {
      now += 1000;
      field.form.submit(answers, { id });
    }
    const [last, , , early] = all; // newest first: what arrived last is read first
    const rename = (one: (typeof all)[number] | undefined, name: string) => () => {
      now += 5000;
      field.form.edit(one?.id as string, { ...one?.answers, 'hh-name': name });
    };
    field.central.trouble({ path: /skiptoken/, kind: { run: rename(early, 'early') } });
    field.central.trouble({ path: /skiptoken/, after: 1, kind: { run: rename(last, 'late') } });
    await poll();
    now += 1000;
    await poll();
    assert.equal((await householdOf(importer, early?.id as string))?.name, 'early');
    assert.equal((await householdOf(importer, last?.id as string))?.name, 'late');
  });

  it('a hand edit stands against ODK; what ODK would have written is a proposal', async () => {
    const { id, answers } = fresh();
    field.form.submit(answers, { id });
    await poll();
    const household = await householdOf(importer, id);
    assert.ok(household);
    const draft = { ...toDraft(household), name: 'By hand' } as Draft;
    await database().write((tx) => importer.registry.save(tx, [{ id: household.id, draft }], 'import'));
    now += 1000;
    field.form.edit(id, { ...answers, 'hh-name': 'From the field', rooms: '8' });
    await poll();
    const after = await householdOf(importer, id);
    assert.deepEqual([after?.name, after?.attributes?.['rooms']], ['By hand', 8]);
    const { proposals = [] } = (await importer.odk.status('pilot')).sources[0] ?? {};
    assert.deepEqual(
      proposals.map(({ path, writer }) => [path, writer]),
      [['name', 'import']],
    );
  });

  it('stops itself when more than half of the last hundred cannot be mapped, until the mapping is replaced', async () => {
    for (let at = 0; at < 120; at += 1) {
      const { id, answers } = fresh();
      field.form.submit({ ...answers, district: 'd99' }, { id });
    }
    await assert.rejects(poll, /more than half/);
    assert.equal((await importer.odk.status('pilot')).sources[0]?.state, 'paused');
    await assert.rejects(poll, /paused/);
    await importer.add(field, householdRegistrationMapping.replace('d03: Port City', 'd03: Port City, d99: Far Away'));
    assert.equal((await poll()).created, 120);
  });
});
