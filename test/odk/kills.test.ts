import assert from 'node:assert/strict';
import { createFakeCentral, type ServedCentral, serveFakeCentral } from '../../src/demo/fake-central/index.ts';
import { householdRegistrationXml } from '../../src/demo/household-registration/form.ts';
import { householdRegistrationMapping } from '../../src/demo/household-registration/mapping.ts';
import { readFeed } from '../../src/registry/index.ts';
import { knexOf } from '../../src/storage/index.ts';
import { describeStore } from '../support/stores.ts';
import { householdsOfSeed } from './interleavings.ts';
import { Crash, mortal } from './mortal.ts';
import { LOGIN, openImporter } from './support.ts';

const GOOD = 7;

// Row 15 of odk.md §19: no overlap, so that what a kill has lost is not read again by chance.
describeStore('an importer that is killed at each of its writes', ({ database }) => {
  let now = Date.parse('2026-11-01T08:00:00.000Z');
  const clock = (): number => now;
  const central = createFakeCentral({ clock });
  central.addUser(LOGIN.email, LOGIN.password);
  let served: ServedCentral;
  before(async () => {
    served = await serveFakeCentral(central);
  });
  after(() => served.close());

  /** Answers whether the kill came before the import was over. */
  const run = async (at: number, afterCommit: boolean): Promise<boolean> => {
    const name = `form_${at}_${afterCommit}`;
    now += 3600_000;
    const form = central.createForm(householdRegistrationXml.replaceAll('id="household_registration"', `id="${name}"`));
    const made = householdsOfSeed(1000 + at * 2 + Number(afterCommit));
    for (let n = 0; n <= GOOD; n += 1) {
      const { id, answers } = made.next().value as { id: string; answers: Record<string, never> };
      now += 1000;
      form.submit(n === 3 ? { ...answers, district: 'd99' } : answers, { id });
    }
    const importer = openImporter(database(), { clock });
    const mapping = householdRegistrationMapping.replace('form: household_registration', `form: ${name}`);
    try {
      await importer.odk.add({
        name,
        given: { url: served.url, project: form.project, form: name, email: LOGIN.email },
        credentials: LOGIN,
        mapping: `${mapping}source: { poll: { overlap: 0s, pageSize: 3 } }\n`,
      });
      const doomed = openImporter(mortal(database(), at, afterCommit), { clock, secrets: importer.secrets });
      const died = await doomed.odk.sync(name, { eager: true }).then(
        () => false,
        (error: unknown) => {
          if (!(error instanceof Crash)) throw error;
          return true;
        },
      );
      await doomed.close();
      await database().write(async (tx) => void (await knexOf(tx)('leases').delete()));

      await importer.odk.sync(name, { eager: true });
      const again = await importer.odk.sync(name, { eager: true, reconcile: true });
      assert.deepEqual([again.created, again.updated, again.reconciled?.difference], [0, 0, 0]);
      const [source] = (await importer.odk.status(name)).sources;
      assert.deepEqual(
        [source?.counts['submissions'], source?.counts['waiting'], source?.deadLetters.length],
        [GOOD + 1, 0, 1],
      );
      const ids = form.submissions.map(({ id }) => id);
      const told = await database().read((reader) => readFeed(reader, 0, 1_000_000));
      const imported = told.filter(
        ({ type, subject }) => type === 'submission.imported' && subject.startsWith(`odk:${name}/`),
      );
      assert.equal(imported.length, GOOD, 'each is imported once');
      const holders = await importer.registry.holders(ids.map((value) => ({ type: 'odk_submission', value })));
      assert.equal(new Set(holders.flatMap((holder) => holder?.id ?? [])).size, GOOD);
      return died;
    } finally {
      await importer.odk.remove(name);
      await importer.close();
      central.deleteForm(form);
    }
  };

  for (const afterCommit of [false, true]) {
    it(`right ${afterCommit ? 'after' : 'before'} the commit ends as an undisturbed one`, async function () {
      this.timeout(120_000);
      let at = 1;
      while (await run(at, afterCommit)) at += 1;
      assert.ok(at > 8, `an import of three pages writes more than ${at} times`);
    });
  }
});
