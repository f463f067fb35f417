import { Fault } from '../core/fault.ts';
import type { CentralForm, FormInfo } from './central/api.ts';
import { type FieldRow, toForm } from './mapping/form.ts';
import type { SourceSettings } from './source.ts';
import type { FormVersion, KnownForm } from './sources.store.ts';

/** Fields that a mapping reads and a version lacks, or has with another type. */
const lackingOf = (
  mapped: KnownForm['mapped'],
  settings: SourceSettings,
  version: string,
  fields: readonly FieldRow[],
) => {
  const { byPath } = toForm(settings.form, version, fields);
  return Object.entries(mapped)
    .filter(([path, type]) => byPath.get(path)?.type !== type)
    .map(([path]) => path);
};

const readVersions = async (
  central: CentralForm,
  settings: SourceSettings,
  mapped: KnownForm['mapped'],
): Promise<Record<string, FormVersion>> => {
  const versions: Record<string, FormVersion> = {};
  if (settings.read !== 'xml') return versions;
  for (const name of await central.versions()) {
    const fields = await central.fields(name);
    versions[name] = { fields, lacking: lackingOf(mapped, settings, name, fields) };
  }
  return versions;
};

/** The form as Central has it now; refuses one that is gone or encrypted against the operator's word. */
export const readInfo = async (central: CentralForm, settings: SourceSettings): Promise<FormInfo> => {
  const info = await central.info();
  if (!info)
    throw new Fault(
      'odk.form-gone',
      `ODK Central has no published form "${settings.form}" in project ${settings.project}`,
    );
  if (info.keyId !== null && settings.encrypted === 'refuse') {
    throw new Fault(
      'odk.form-encrypted',
      `the form "${settings.form}" is encrypted: Central cannot show its answers (encrypted: park imports what is clear)`,
    );
  }
  return info;
};

/** Everything to be known of a form before rows of it are read. */
export const readKnownForm = async (
  central: CentralForm,
  settings: SourceSettings,
  info: FormInfo,
  mapped: KnownForm['mapped'],
  earlier: readonly string[],
): Promise<KnownForm> => {
  const fields = await central.fields();
  return {
    key: info.createdAt,
    version: info.version,
    hash: info.hash,
    fields,
    mapped,
    vanished: lackingOf(mapped, settings, info.version, fields),
    versions: await readVersions(central, settings, mapped),
    earlier,
  };
};
