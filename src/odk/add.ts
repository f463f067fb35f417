import type { Clock } from '../core/clock.ts';
import { Fault } from '../core/fault.ts';
import type { Registry } from '../registry/index.ts';
import type { Database } from '../storage/index.ts';
import type { SecretBox } from '../trust/index.ts';
import type { CentralForm } from './central/api.ts';
import type { Credentials } from './central/session.ts';
import { type Centrals, explain, sealCredentials } from './centrals.ts';
import { readInfo, readKnownForm } from './check-form.ts';
import { holdSource } from './hold-source.ts';
import { findWarnings } from './mapping/check.ts';
import { findJqFaults } from './mapping/check-jq.ts';
import { readChoices } from './mapping/choices.ts';
import type { Engine } from './mapping/expressions/engine.ts';
import { type FieldRow, toForm } from './mapping/form.ts';
import type { Mapping, RegistrantMapping } from './mapping/model.ts';
import { parseMappingText } from './mapping/parse.ts';
import { type ReadMapping, readMapping } from './mapping/read.ts';
import { mappingVersionOf } from './mappings.ts';
import { type GivenSource, type SourceSettings, toSettings } from './source.ts';
import { type KnownForm, putSource, readSource } from './sources.store.ts';
import { requeueForMapping } from './submissions.store.ts';

export interface AddDeps {
  readonly db: Database;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly centrals: Centrals;
  readonly secrets: SecretBox;
  readonly engine: Engine;
}

export interface AddRequest {
  readonly name: string;
  readonly given: GivenSource;
  readonly credentials: Credentials;
  /** The mapping file, YAML or JSON. */
  readonly mapping: string;
  /** Settings that win over those under `source:` in the mapping file. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Where it stands in the configuration file: a digest of what stands there. */
  readonly configured?: string;
}

export interface Added {
  readonly name: string;
  readonly warnings: readonly string[];
}

const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._/ -]{0,98}$/u;
const NIGHT_MS = 24 * 3600_000;

const sourcePart = (document: unknown): Readonly<Record<string, unknown>> => {
  const part = typeof document === 'object' && document !== null && 'source' in document ? document.source : undefined;
  return typeof part === 'object' && part !== null ? (part as Record<string, unknown>) : {};
};

/** The fields to write a mapping for: of the current version, and in XML mode also what older ones had. */
const readFields = async (central: CentralForm, settings: SourceSettings): Promise<readonly FieldRow[]> => {
  const fields = [...(await central.fields())];
  if (settings.read !== 'xml') return fields;
  const known = new Set(fields.map(({ path }) => path));
  for (const version of await central.versions()) {
    for (const field of await central.fields(version)) {
      if (known.has(field.path)) continue;
      known.add(field.path);
      fields.push(field);
    }
  }
  return fields;
};

/** The mapping against the form; all its faults at once. */
const readAgainst = async (
  engine: Engine,
  document: unknown,
  central: CentralForm,
  settings: SourceSettings,
): Promise<{ readonly read: ReadMapping; readonly mapping: Mapping; readonly warnings: readonly string[] }> => {
  const info = await readInfo(central, settings);
  const form = toForm(settings.form, info.version, await readFields(central, settings));
  const read = readMapping(document, form);
  const faults = [...read.faults, ...(await findJqFaults(engine, read.reading))];
  if (!read.mapping || faults.length > 0) {
    const errors = faults.map(({ path, message }) => ({ path, message }));
    const lines = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
    throw new Fault('mapping.invalid', `the mapping has ${errors.length} fault(s): ${lines}`, { errors });
  }
  const warnings = findWarnings(read.mapping, read.reading, form, readChoices(await central.xml()));
  return { read, mapping: read.mapping, warnings };
};

/** Open attributes that a mapping brings, so that they can be searched from the first import on. */
const attributesOf = (mapping: Mapping) =>
  [mapping.subject, mapping.members?.individual, mapping.head.person]
    .filter((part): part is RegistrantMapping => part !== undefined)
    .flatMap(({ kind, attributes }) =>
      attributes.flatMap(({ name, type }) => (type === undefined ? [] : [{ kind, name, type }])),
    );

/**
 * Adds a source, or replaces mapping and settings of one, which keeps ledger and watermark. The mapping is held
 * against the form as Central has it now; nothing is stored unless it fits.
 */
export const createAdd =
  ({ db, registry, clock, centrals, secrets, engine }: AddDeps) =>
  async ({ name, given, credentials, mapping: text, settings: own, configured }: AddRequest): Promise<Added> => {
    if (!NAME.test(name)) throw new Fault('odk.source-invalid', '--name must be a word of at most 99 characters');
    const document = parseMappingText(text);
    const read = toSettings(given, { ...sourcePart(document), ...own });
    const settings: SourceSettings = { ...read, ...(configured === undefined ? {} : { configured }) };
    const { client, form: central } = centrals.connect(settings, credentials);
    try {
      const { mapping, warnings } = await readAgainst(engine, document, central, settings);
      const mapped = Object.fromEntries(mapping.fields);
      const form: KnownForm = await readKnownForm(central, settings, await readInfo(central, settings), mapped, []);
      const held = await holdSource(db, name);
      try {
        await held.write(async (tx) => {
          const before = await readSource(tx, name);
          const anew = before?.form !== undefined && before.form.key !== form.key;
          const earlier = [...(before?.form?.earlier ?? []), ...(anew ? [before?.form?.key ?? ''] : [])];
          const mappingVersion = mappingVersionOf(text, settings);
          await putSource(tx, {
            name,
            settings,
            secret: sealCredentials(secrets, name, credentials),
            mapping: text,
            mappingVersion,
            form: { ...form, earlier },
            // By its schedule; what the configuration file lists nobody polls by hand, so that is polled at once.
            nextAt: configured === undefined ? clock() + settings.everyMs : 0,
            reconcileAt: clock() + NIGHT_MS,
            anew,
          });
          await registry.registerAttributes(tx, attributesOf(mapping));
          await requeueForMapping(tx, { source: name, formKey: form.key }, mappingVersion);
        });
      } finally {
        await held.release();
      }
      return { name, warnings };
    } catch (error) {
      throw explain(error);
    } finally {
      await client.close();
    }
  };
