import assert from 'node:assert/strict';
import {
  createFakeCentral,
  type FakeForm,
  type ServedCentral,
  serveFakeCentral,
} from '../../src/demo/fake-central/index.ts';
import { householdRegistrationXml } from '../../src/demo/household-registration/form.ts';
import { householdRegistrationMapping } from '../../src/demo/household-registration/mapping.ts';
import { type Database, knexOf } from '../../src/storage/index.ts';
import { backends, type TestDatabase } from '../support/stores.ts';
import { changeSomething, householdsOfSeed, portraitOf, type Random, seeded } from './interleavings.ts';
import { Crash, mortal } from './mortal.ts';
import { type Importer, LOGIN, openImporter } from './support.ts';

const OVERLAP = '120s';

for (const backend of backends) {
  const runs = backend.name === 'SQLite' ? 200 : 12;
  describe(`random interleavings of what people do and what an importer does (${backend.name})`, () => {
    if (backend.skip) {
      it('run when TEST_DATABASE_URL is set');
      return;
    }
    let now = Date.parse('2026-11-01T08:00:00.000Z');
    const clock = (): number => now;
    const central = createFakeCentral({ clock });
    central.addUser(LOGIN.email, LOGIN.password);
    let served: ServedCentral;
    const tests: TestDatabase[] = [];
    const open: Database[] = [];
    let followed: Database;
    let fresh: Importer;
    before(async () => {
      served = await serveFakeCentral(central);
      for (let i = 0; i < 2; i += 1) {
        const test = await backend.fresh();
        tests.push(test);
        const db = await test.open();
        await db.migrate();
        open.push(db);
      }
      followed = open[0] as Database;
      fresh = openImporter(open[1] as Database, { clock });
    });
    after(async () => {
      await fresh.close();
      for (const db of open) await db.close();
      for (const test of tests) await test.drop();
      await served.close();
    });

    const addTo = (importer: Importer, form: FakeForm) =>
      importer.odk.add({
        name: form.xmlFormId,
        given: { url: served.url, project: form.project, form: form.xmlFormId, email: LOGIN.email },
        credentials: LOGIN,
        mapping: `${householdRegistrationMapping.replace('form: household_registration', `form: ${form.xmlFormId}`)}
source: { onDelete: retire, poll: { overlap: ${OVERLAP}, pageSize: 3 } }
`,
      });

    /** A poll that may be killed; then what is left of the process is gone, and another one takes over. */
    const poll = async (random: Random, importer: Importer, name: string): Promise<void> => {
      const { read, ...rest } = await importer.odk.sync(name, { eager: true, reconcile: random() < 0.1 });
      const sum = Object.values(rest).reduce<number>((total, one) => total + (typeof one === 'number' ? one : 0), 0);
      assert.equal(sum, read);
    };
    const pollMaybeKilled = async (random: Random, importer: Importer, name: string): Promise<void> => {
      if (random() < 0.6) return await poll(random, importer, name);
      const secrets = importer.secrets;
      const doomed = openImporter(mortal(followed, 1 + Math.floor(random() * 12), random() < 0.5), { clock, secrets });
      await poll(random, doomed, name).catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error;
      });
      await doomed.close();
      await followed.write(async (tx) => void (await knexOf(tx)('leases').delete()));
    };

    const run = async (seed: number): Promise<void> => {
      const random = seeded(seed);
      const xml = householdRegistrationXml.replaceAll('id="household_registration"', `id="form_${seed}"`);
      const form = central.createForm(xml);
      const importer = openImporter(followed, { clock });
      const made = householdsOfSeed(seed);
      const held = new Set<string>();
      try {
        await addTo(importer, form);
        const steps = 8 + Math.floor(random() * 14);
        for (let step = 0; step < steps; step += 1) {
          now += Math.floor(random() * 4) * 700;
          const [waiting] = held;
          const dice = random();
          if (dice < 0.3) await pollMaybeKilled(random, importer, form.xmlFormId);
          else if (dice < 0.5 && waiting !== undefined) {
            form.release(waiting);
            held.delete(waiting);
          } else changeSomething(random, form, made, held);
        }
        for (const id of held) form.release(id);
        now += 1000;
        await poll(random, importer, form.xmlFormId);
        await addTo(fresh, form);
        await poll(random, fresh, form.xmlFormId);

        const ids = new Map(form.submissions.map((row) => [row.id, row]));
        const holdersOf = async (one: Importer) => {
          const found = await one.registry.holders([...ids.keys()].map((value) => ({ type: 'odk_submission', value })));
          const loaded = await one.registry.load(found.flatMap((holder) => holder?.id ?? []));
          return [...ids.values()].map((row, at) => ({ row, household: loaded.get(found[at]?.id ?? '') }));
        };
        const [followedOnes, freshOnes] = [await holdersOf(importer), await holdersOf(fresh)];
        for (const [at, { row, household }] of followedOnes.entries()) {
          const wanted = freshOnes[at]?.household;
          const isHeld = row.reviewState === 'hasIssues';
          const isOut = row.deletedAt !== null || row.reviewState === 'rejected';
          if (isOut) assert.ok(!household?.active, `${row.id} is out and still active`);
          else if (!isHeld) {
            assert.ok(household && wanted, `${row.id} is missing`);
            assert.deepEqual(await portraitOf(importer, household), await portraitOf(fresh, wanted));
          }
        }
      } finally {
        await importer.close();
        central.deleteForm(form);
      }
    };

    it('leave the registry as a fresh import of the final state does', async function test() {
      this.timeout(900_000);
      const freshSeed = Number(process.env['ODK_SEED'] ?? Math.floor(Math.random() * 1e6) + 1000);
      const seeds = [...Array.from({ length: runs }, (_, at) => at + 1), freshSeed];
      for (const seed of seeds) {
        try {
          await run(seed);
        } catch (error) {
          throw new Error(`seed ${seed} (replay with ODK_SEED=${seed}): ${(error as Error).message}`, { cause: error });
        }
      }
      console.log(`      ${seeds.length} interleavings; the fresh seed was ${freshSeed}`);
    });
  });
}
