import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../../src/core/async.ts';
import { type Database, rowsOf } from '../../src/storage/index.ts';
import { type ChangingField, openChangingField, wholeMapping } from '../odk/changing-field.ts';
import { type EndState, endState } from '../odk/end-state.ts';
import { seeded } from '../odk/interleavings.ts';
import { LOGIN, openImporter } from '../odk/support.ts';
import { jsonOf, type ServedCrosswalk, serveCrosswalk, temporaryFolder } from '../support/crosswalk.ts';
import { backends, freshSqlite, type TestDatabase } from '../support/stores.ts';

const KILLS = 20;
// One process alone is met at its work rather than waiting for Central. Where another goes on while the killed one
// needs seconds to come back, Central is slow enough for it to be still at work when the next kill comes.
const PACE = { alone: { perRequest: 25, perRow: 2 }, beside: { perRequest: 60, perRow: 4 } };

/** What the ledger of the source says of how far the import is. */
interface Progress {
  /** Everything that Central shows is in, and settled. */
  readonly complete: boolean;
  /** Submissions that were read and not taken in yet. */
  readonly waiting: number;
  /** Process that polls at this moment. */
  readonly holder: number | undefined;
}

const progressOf = async (db: Database, { form }: ChangingField): Promise<Progress> =>
  await db.read(async (reader) => {
    const rows = await rowsOf<{ instance_id: string; version_id: string; deleted_at: string | null; queued: number }>(
      reader,
      'select instance_id, version_id, deleted_at, queued from odk_submissions',
    );
    const [lease] = await rowsOf<{ holder: string }>(reader, "select holder from leases where name = 'odk:pilot'");
    const known = new Map(rows.map((row) => [row.instance_id, row]));
    const complete = form.submissions.every(({ id, current, deletedAt }) => {
      const row = known.get(id);
      return row?.queued === 0 && row.version_id === current.at(-1)?.instanceId && row.deleted_at === deletedAt;
    });
    const pid = Number(lease?.holder.split('/')[1]);
    return { complete, waiting: rows.filter(({ queued }) => queued > 0).length, holder: pid || undefined };
  });

/** The same steps, each imported in peace. */
const undisturbed = async (steps: number): Promise<EndState> => {
  const test = await freshSqlite();
  const db = await test.open();
  await db.migrate();
  const field = await openChangingField();
  const importer = openImporter(db);
  try {
    field.begin();
    await importer.add(field, wholeMapping);
    await importer.odk.sync('pilot', { eager: true });
    for (let step = 0; step < steps; step += 1) {
      field.goOn();
      await importer.odk.sync('pilot', { eager: true });
    }
    return await endState(db);
  } finally {
    await importer.close();
    await field.served.close();
    await db.close();
    await test.drop();
  }
};

for (const backend of backends) {
  const processes = backend.name === 'SQLite' ? 1 : 2;
  describe(`an import whose processes are killed (${backend.name})`, function suite() {
    this.timeout(300_000);
    if (backend.skip) {
      it('runs when TEST_DATABASE_URL is set');
      return;
    }
    const folder = temporaryFolder();
    const servers = new Map<number, ServedCrosswalk>();
    let field: ChangingField;
    let test: TestDatabase;
    let db: Database;
    let env: Record<string, string>;
    before(async () => {
      field = await openChangingField();
      field.central.pace = processes === 1 ? PACE.alone : PACE.beside;
      field.begin();
      test = await backend.fresh();
      db = await test.open();
      env = { DATA_DIR: folder.path, DATABASE_URL: test.url };
      const mapping = join(folder.path, 'mapping.yaml');
      writeFileSync(mapping, wholeMapping);
      const where = ['--url', field.served.url, '--project', '1', '--form', field.form.xmlFormId];
      const login = ['--email', LOGIN.email, '--password', LOGIN.password];
      await jsonOf(['odk', 'add', '--name', 'pilot', ...where, ...login, '--mapping', mapping], env);
    });
    after(async () => {
      await Promise.all([...servers.values()].map((server) => server.end('SIGKILL')));
      await db.close();
      await test.drop();
      await field.served.close();
      folder.drop();
    });
    const start = async (): Promise<void> => {
      const server = await serveCrosswalk(env);
      servers.set(server.pid, server);
    };

    /** Waits, not for ever, for somebody to import; gives them something to do where there is nothing left. */
    const untilUnderWay = async (): Promise<void> => {
      if ((await progressOf(db, field)).complete) field.goOn();
      for (const since = Date.now(); Date.now() - since < 5000; await sleep(10)) {
        const { complete, holder } = await progressOf(db, field);
        if (!complete && holder !== undefined) return;
      }
    };

    it(`ends as an undisturbed one, after ${KILLS} kills of ${processes === 1 ? 'it' : 'one of two'}`, async () => {
      const seed = Number(process.env['ODK_SEED'] ?? Math.floor(Math.random() * 1e6));
      const random = seeded(seed);
      const met = { importing: 0, staged: 0, beside: 0 };
      for (let at = 0; at < processes; at += 1) await start();
      for (let kill = 0; kill < KILLS; kill += 1) {
        await untilUnderWay();
        await sleep(random() * 1000);
        const victim = [...servers.keys()][Math.floor(random() * servers.size)] as number;
        const { complete, waiting, holder } = await progressOf(db, field);
        await servers.get(victim)?.end('SIGKILL');
        servers.delete(victim);
        if (!complete && holder === victim) met.importing += 1;
        if (!complete && holder === victim && waiting > 0) met.staged += 1;
        if (!complete && holder !== undefined && servers.has(holder)) met.beside += 1;
        await start();
      }
      field.central.pace = { perRequest: 0, perRow: 0 };
      for (const since = Date.now(); !(await progressOf(db, field)).complete; await sleep(100)) {
        assert.ok(Date.now() - since < 60_000, `seed ${seed}: the import does not end`);
      }
      for (const server of servers.values()) assert.equal((await server.end('SIGTERM')).status, 0);
      console.log(
        `      seed ${seed}: of ${KILLS} kills ${met.importing} hit the process that imported, ${met.staged} of them with ` +
          `rows read and not taken in; ${met.beside} hit the other one; ${field.form.submissions.length} submissions`,
      );
      const note = `seed ${seed} (ODK_SEED=${seed})`;
      const { reconciled } = await jsonOf<{ reconciled: unknown }>(
        ['odk', 'sync', 'pilot', '--once', '--reconcile'],
        env,
      );
      assert.deepEqual(reconciled, { difference: 0, vanished: 0 }, note);
      assert.ok(
        met.importing + met.beside >= KILLS / 2,
        `${note}: hardly any kill met an import: ${JSON.stringify(met)}`,
      );
      assert.deepEqual(await endState(db), await undisturbed(field.steps()), note);
    });
  });
}
