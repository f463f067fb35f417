import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/core/log.ts';
import {
  createFakeCentral,
  type FakeCentral,
  type FakeForm,
  type ServedCentral,
  serveFakeCentral,
} from '../../src/demo/fake-central/index.ts';
import { householdRegistrationXml } from '../../src/demo/household-registration/form.ts';
import { householdRegistrationMapping } from '../../src/demo/household-registration/mapping.ts';
import { createHttpClient } from '../../src/net/index.ts';
import { createOdk, type Odk, type OdkDeps } from '../../src/odk/odk.ts';
import { createProgrammes, type Programmes } from '../../src/programmes/index.ts';
import { createRegistry, type Group, type Kind, type Registrant, type Registry } from '../../src/registry/index.ts';
import { type Database, openFolderBlobs } from '../../src/storage/index.ts';
import { openSecretBox, type SecretBox } from '../../src/trust/index.ts';

export const LOGIN = { email: 'importer@example.test', password: 'secret' };

/** A fake Central with our form, served on loopback. */
export interface Field {
  readonly central: FakeCentral;
  readonly form: FakeForm;
  readonly served: ServedCentral;
}

export const openField = async (
  options: { clock?: () => number; keyId?: number; xml?: string } = {},
): Promise<Field> => {
  const central = createFakeCentral(options.clock ? { clock: options.clock } : {});
  central.addUser(LOGIN.email, LOGIN.password);
  const form = central.createForm(options.xml ?? householdRegistrationXml, {
    ...(options.keyId === undefined ? {} : { keyId: options.keyId }),
  });
  return { central, form, served: await serveFakeCentral(central) };
};

/** The importer on a database, with a Central that is asked without pauses between attempts. */
export interface Importer {
  readonly db: Database;
  readonly registry: Registry;
  readonly programmes: Programmes;
  readonly odk: Odk;
  /** For another importer on the same database. */
  readonly secrets: SecretBox;
  add(field: Field, mapping?: string, name?: string): Promise<readonly string[]>;
  everybody(kind: Kind): Promise<readonly Registrant[]>;
  close(): Promise<void>;
}

export const openImporter = (
  db: Database,
  options: Partial<OdkDeps> & { readonly clock?: () => number } = {},
): Importer => {
  const folder = mkdtempSync(join(tmpdir(), 'crosswalk-odk-'));
  const clock = options.clock ?? Date.now;
  const http = createHttpClient({ allowPrivate: true });
  const registry = createRegistry({ db, clock, log: silentLogger });
  const programmes = createProgrammes({ db, registry, clock });
  const secrets = options.secrets ?? openSecretBox(join(folder, 'odk-secrets.key'));
  const odk = createOdk({
    db,
    registry,
    programmes,
    blobs: openFolderBlobs(join(folder, 'blobs')),
    clock,
    log: silentLogger,
    http,
    secrets,
    configured: [],
    retry: { attempts: 3, baseMs: 1, pause: async () => {} },
    ...options,
  });
  return {
    db,
    registry,
    programmes,
    odk,
    secrets,
    async add({ form, served }, mapping = householdRegistrationMapping, name = 'pilot') {
      const given = { url: served.url, project: form.project, form: form.xmlFormId, email: LOGIN.email };
      return (await odk.add({ name, given, credentials: LOGIN, mapping })).warnings;
    },
    async everybody(kind) {
      const all: Registrant[] = [];
      for await (const page of registry.walk(kind)) all.push(...page);
      return all;
    },
    async close() {
      await odk.close();
      await http.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** The household a submission was made into. */
export const householdOf = async (importer: Importer, instanceId: string): Promise<Group | undefined> => {
  const groups = await importer.everybody('group');
  return groups.find(({ identifiers }) =>
    identifiers.some(({ type, value }) => type === 'odk_submission' && value === instanceId),
  ) as Group | undefined;
};

/** The people of a household, ended memberships too, in the order in which they came. */
export const membersOf = async (importer: Importer, group: Registrant | undefined) =>
  group ? ((await importer.registry.kinships([group.id], { ended: true })).get(group.id) ?? []) : [];
