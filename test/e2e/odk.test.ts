import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '../../src/core/log.ts';
import { generateSubmissions } from '../../src/demo/household-registration/generate.ts';
import { householdRegistrationMapping } from '../../src/demo/household-registration/mapping.ts';
import { createRegistry, type Registrant } from '../../src/registry/index.ts';
import { type Database, openDatabase } from '../../src/storage/index.ts';
import { type Field, LOGIN, openField, openImporter } from '../odk/support.ts';
import { jsonOf, runCrosswalk, serveCrosswalk, temporaryFolder } from '../support/crosswalk.ts';
import { backends, type TestDatabase } from '../support/stores.ts';

interface Report {
  readonly read: number;
  readonly unchanged: number;
  readonly created: number;
  readonly updated: number;
  readonly parked: number;
}

const ROWS = 500;

/** Every person and household with its members, by names alone: what the submissions describe, and nothing else. */
const picture = async (db: Database): Promise<readonly string[]> => {
  const registry = createRegistry({ db, clock: Date.now, log: silentLogger });
  const nameOf = (one: Registrant): string =>
    one.kind === 'group' ? String(one.name) : `${one.name?.given} ${one.name?.family ?? ''}`.trim();
  const lines: string[] = [];
  for await (const page of registry.walk('group')) {
    const kin = await registry.kinships(page.map(({ id }) => id));
    for (const group of page) {
      const members = (kin.get(group.id) ?? []).map(({ other, membership }) => `${nameOf(other)} ${membership.roles}`);
      lines.push([nameOf(group), ...members].join(' | '));
    }
  }
  let people = 0;
  for await (const page of registry.walk('individual')) people += page.length;
  return [...lines.sort(), `${people} people`];
};

const expected = (count: number): readonly string[] => {
  let people = 0;
  const lines = [...generateSubmissions(count)].map(({ answers }) => {
    const { member } = answers['members'] as unknown as {
      member: { name: { given_name: string; family_name: string }; relation: string }[];
    };
    people += member.length;
    const relations: Record<string, string> = { parent: 'other' };
    return [
      String(answers['hh-name']),
      ...member.map(
        ({ name, relation }) => `${`${name.given_name} ${name.family_name}`.trim()} ${relations[relation] ?? relation}`,
      ),
    ].join(' | ');
  });
  return [...lines.sort(), `${people} people`];
};

for (const backend of backends) {
  describe(`the ODK commands (${backend.name})`, function suite() {
    this.timeout(180_000);
    if (backend.skip) {
      it('run when TEST_DATABASE_URL is set');
      return;
    }
    const folder = temporaryFolder();
    let field: Field;
    let test: TestDatabase;
    let db: Database;
    let env: Record<string, string>;
    const mapping = join(folder.path, 'mapping.yaml');
    before(async () => {
      field = await openField();
      for (const { id, answers } of generateSubmissions(ROWS)) field.form.submit(answers, { id });
      test = await backend.fresh();
      db = await test.open();
      env = { DATA_DIR: folder.path, DATABASE_URL: test.url };
      writeFileSync(mapping, householdRegistrationMapping);
    });
    after(async () => {
      await db.close();
      await test.drop();
      await field.served.close();
      folder.drop();
    });
    const addArgs = (name = 'pilot') => [
      'odk', 'add', '--name', name, '--url', field.served.url, '--project', '1', '--form', 'household_registration',
      '--email', LOGIN.email, '--password', LOGIN.password, '--mapping', mapping,
    ]; // biome-ignore format: one command line
    const sync = (...more: string[]): Promise<Report> =>
      jsonOf<Report>(['odk', 'sync', 'pilot', '--once', ...more], env);

    it('add a source, and say what the mapping leaves out', async () => {
      const added = await jsonOf<{ name: string; warnings: string[] }>(addArgs(), env);
      assert.equal(added.name, 'pilot');
      assert.ok(added.warnings.some((warning) => warning.includes('visit_time')));
    });

    it('refuse a mapping that does not fit, naming the fault, and an unknown source', async () => {
      writeFileSync(mapping, householdRegistrationMapping.replace('name: hh_name', 'name: hh_nam'));
      const { status, stderr } = await runCrosswalk(addArgs('other'), env);
      assert.equal(status, 1);
      assert.match(stderr, /group\.name: unknown path "hh_nam"/);
      writeFileSync(mapping, householdRegistrationMapping);
      assert.equal((await runCrosswalk(['odk', 'sync', 'other', '--once'], env)).status, 1);
    });

    it('import exactly what was submitted', async () => {
      const report = await sync();
      assert.deepEqual([report.created, report.parked], [ROWS, 0]);
      assert.deepEqual(await picture(db), expected(ROWS));
      const { sources } = await jsonOf<{ sources: { counts: Record<string, number> }[] }>(['odk', 'status'], env);
      assert.deepEqual([sources[0]?.counts['submissions'], sources[0]?.counts['waiting']], [ROWS, 0]);
    });

    it('change nothing at the next time, and find nothing missed', async () => {
      const report = (await sync('--reconcile')) as Report & { reconciled: unknown };
      assert.deepEqual([report.created, report.updated, report.unchanged], [0, 0, report.read]);
      assert.deepEqual(report.reconciled, { difference: 0, vanished: 0 });
      assert.deepEqual(await picture(db), expected(ROWS));
    });

    it('name what cannot be mapped, try it again, and preview without changing anything', async () => {
      const [one] = generateSubmissions(1, 9);
      field.form.submit({ ...one?.answers, rooms: '3', district: 'd99' }, { id: 'uuid:bad' });
      const before = await picture(db);
      const preview = await jsonOf<{ rows: Record<string, unknown>[] }>(
        ['odk', 'preview', 'pilot', '--limit', '1'],
        env,
      );
      assert.deepEqual(
        [
          preview.rows[0]?.['instanceId'],
          preview.rows[0]?.['outcome'],
          preview.rows[0]?.['reason'],
          preview.rows[0]?.['path'],
        ],
        ['uuid:bad', 'dead-letter', 'unknown-choice', 'district'],
      );
      assert.deepEqual(await picture(db), before);
      assert.equal((await sync()).parked, 1);
      const { sources } = await jsonOf<{ sources: { deadLetters: Record<string, unknown>[] }[] }>(
        ['odk', 'status', 'pilot'],
        env,
      );
      const [letter] = sources[0]?.deadLetters ?? [];
      assert.deepEqual(
        [letter?.['instanceId'], letter?.['reason'], letter?.['path'], letter?.['value'], letter?.['tries']],
        ['uuid:bad', 'unknown-choice', 'district', 'd99', 1],
      );
      assert.deepEqual(await jsonOf(['odk', 'retry', 'pilot', '--reason', 'unknown-choice'], env), {
        retried: 1,
        cleared: 0,
        parked: 1,
      });
      writeFileSync(mapping, householdRegistrationMapping.replace('d03: Port City', 'd03: Port City, d99: Far Away'));
      await jsonOf(addArgs(), env);
      assert.deepEqual(await jsonOf(['odk', 'retry', 'pilot'], env), { retried: 1, cleared: 1, parked: 0 });
    });

    it('go on beside a server that polls by itself', async () => {
      writeFileSync(mapping, `${householdRegistrationMapping}source: { poll: { every: 1s } }\n`);
      await jsonOf(addArgs(), env);
      const server = await serveCrosswalk(env);
      const [one] = generateSubmissions(1, 10);
      field.form.submit(one?.answers ?? {}, { id: 'uuid:polled' });
      const registry = createRegistry({ db, clock: Date.now, log: silentLogger });
      for (let waited = 0; waited < 100; waited += 1) {
        const [holder] = await registry.holders([{ type: 'odk_submission', value: 'uuid:polled' }]);
        if (holder) break;
        assert.ok(waited < 99, 'the server did not poll');
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      assert.equal((await server.end('SIGTERM')).status, 0);
    });

    it('forget a source and leave what it imported', async () => {
      await jsonOf(['odk', 'remove', 'pilot'], env);
      assert.deepEqual(await jsonOf(['odk', 'status'], env), { sources: [] });
      const registry = createRegistry({ db, clock: Date.now, log: silentLogger });
      const [holder] = await registry.holders([{ type: 'odk_submission', value: 'uuid:polled' }]);
      assert.ok(holder);
    });
  });
}

describe('ten thousand submissions', function suite() {
  this.timeout(300_000);
  const [sqlite] = backends;

  it('arrive as exactly the households and members they describe, and a second time changes nothing', async () => {
    const test = await sqlite.fresh();
    const db = await openDatabase({ url: test.url, log: silentLogger });
    await db.migrate();
    const field = await openField();
    const importer = openImporter(db);
    try {
      for (const { id, answers } of generateSubmissions(10_000)) field.form.submit(answers, { id });
      await importer.add(field);
      const first = await importer.odk.sync('pilot', { eager: true });
      assert.deepEqual([first.read, first.created], [10_000, 10_000]);
      assert.deepEqual(await picture(db), expected(10_000));
      const second = await importer.odk.sync('pilot', { eager: true });
      assert.deepEqual([second.created, second.updated, second.parked], [0, 0, 0]);
      assert.deepEqual(await picture(db), expected(10_000));
    } finally {
      await importer.close();
      await field.served.close();
      await db.close();
      await test.drop();
    }
  });
});
