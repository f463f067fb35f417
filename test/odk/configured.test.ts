import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFault } from '../../src/core/fault.ts';
import { generateSubmissions } from '../../src/demo/household-registration/generate.ts';
import { householdRegistrationMapping } from '../../src/demo/household-registration/mapping.ts';
import { readConfiguredSources } from '../../src/odk/configured.ts';
import { describeStore } from '../support/stores.ts';
import { type Field, LOGIN, openField, openImporter } from './support.ts';

describeStore('sources of the configuration file', ({ database }) => {
  const folder = mkdtempSync(join(tmpdir(), 'crosswalk-configured-'));
  const configFile = join(folder, 'crosswalk.yaml');
  let field: Field;
  before(async () => {
    writeFileSync(join(folder, 'households.yaml'), householdRegistrationMapping);
    writeFileSync(join(folder, 'password'), `${LOGIN.password}\n`);
    field = await openField();
  });
  after(async () => {
    await field.served.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const listed = (more: Record<string, unknown> = {}) => [
    {
      id: 'pilot',
      baseUrl: field.served.url,
      auth: { email: LOGIN.email, passwordFile: 'password' },
      forms: [{ project: 1, form: 'household_registration', mapping: 'households.yaml', ...more }],
    },
  ];

  it('are added when they are first needed, and again when they change; the file wins over the mapping', async () => {
    const [one] = generateSubmissions(1);
    field.form.submit(one?.answers ?? {}, { id: 'uuid:one' });
    const first = openImporter(database(), { configured: readConfiguredSources(listed(), configFile) });
    assert.equal((await first.odk.sync('pilot', { eager: true })).created, 1);
    const { secrets } = first;
    const gated = readConfiguredSources(listed({ accept: { reviewStates: ['approved'] } }), configFile);
    const second = openImporter(database(), { configured: gated, secrets });
    assert.equal((await second.odk.sync('pilot', { eager: true })).held, 1);
    await second.close();
    await first.close();
  });

  it('are named by their form where several are listed', () => {
    const [source] = listed();
    const [form] = source?.forms ?? [];
    const names = readConfiguredSources([{ ...source, forms: [form, { ...form, form: 'other' }] }], configFile);
    assert.deepEqual(
      names.map(({ name }) => name),
      ['pilot/household_registration', 'pilot/other'],
    );
  });

  it('stop the start with every fault at once', () => {
    const faulty = [
      { id: 'a', baseUrl: field.served.url, auth: {}, forms: [] },
      ...listed({ onDelete: 'burn' }),
      { ...listed()[0], id: 'b', forms: [{ project: 1, form: 'f', mapping: 'absent.yaml' }] },
    ];
    try {
      readConfiguredSources(faulty, configFile);
      assert.fail('it was accepted');
    } catch (error) {
      assert.ok(isFault(error) && error.code === 'config.invalid', String(error));
      const paths = (error.details.errors ?? []).map(({ path }) => path);
      assert.deepEqual(paths, ['sources[0].auth', 'sources[1].forms[0]', 'sources[2].forms[0]']);
    }
  });
});
