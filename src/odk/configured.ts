import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Fault, isFault } from '../core/fault.ts';
import { isObject } from '../core/json.ts';
import type { AddRequest } from './add.ts';
import type { Credentials } from './central/session.ts';
import { parseMappingText } from './mapping/parse.ts';
import { toSettings } from './source.ts';

/** A source of the configuration file, ready to be added. */
export type ConfiguredSource = AddRequest & { readonly configured: string };

interface Problem {
  readonly path: string;
  readonly message: string;
}

const sourceKeys = ['id', 'baseUrl', 'auth', 'forms'];

const readAuth = (auth: unknown, path: string, folder: string, problems: Problem[]): Credentials | undefined => {
  const given = isObject(auth) ? auth : {};
  const secret = (name: string): string | undefined => {
    const file = given[`${name}File`];
    if (typeof file !== 'string') return typeof given[name] === 'string' ? given[name] : undefined;
    try {
      return readFileSync(resolve(folder, file), 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      problems.push({ path: `${path}.${name}File`, message: `cannot be read: ${(error as Error).message}` });
      return undefined;
    }
  };
  const accessToken = secret('accessToken');
  if (accessToken !== undefined) return { accessToken };
  const password = secret('password');
  const { email } = given;
  if (typeof email === 'string' && password !== undefined) return { email, password };
  if (problems.every((one) => !one.path.startsWith(path))) {
    problems.push({ path, message: 'needs email with passwordFile (or password), or accessTokenFile' });
  }
  return undefined;
};

const readForm = (
  form: unknown,
  name: string,
  common: { readonly url: string; readonly credentials: Credentials | undefined; readonly folder: string },
  path: string,
  problems: Problem[],
): ConfiguredSource | undefined => {
  if (!isObject(form)) {
    problems.push({ path, message: 'must be a map' });
    return undefined;
  }
  const { project, form: xmlFormId, mapping: file, ...settings } = form;
  if (typeof xmlFormId !== 'string') problems.push({ path: `${path}.form`, message: 'must be the id of a form' });
  if (typeof file !== 'string') {
    problems.push({ path: `${path}.mapping`, message: 'must be the path of a mapping file' });
    return undefined;
  }
  const { credentials, url, folder } = common;
  if (!credentials) return undefined;
  const email = 'email' in credentials ? credentials.email : '';
  const given = { url, project: Number(project), form: String(xmlFormId), email };
  try {
    const mapping = readFileSync(resolve(folder, file), 'utf8');
    parseMappingText(mapping);
    toSettings(given, settings);
    const configured = createHash('sha256')
      .update(JSON.stringify([given, credentials, mapping, settings]))
      .digest('hex');
    return { name, given, credentials, mapping, settings, configured };
  } catch (error) {
    const message = isFault(error) ? error.message : `cannot read ${file}: ${(error as Error).message}`;
    problems.push({ path, message });
    return undefined;
  }
};

/**
 * Reads `sources` of the configuration file (odk.md §18.1): one source per form, named `id`, or `id/form` where several
 * forms are listed. Paths are relative to the file. All faults are told at once; none of it asks a Central.
 */
export const readConfiguredSources = (
  sources: readonly unknown[] | undefined,
  configFile: string | undefined,
): readonly ConfiguredSource[] => {
  const problems: Problem[] = [];
  const folder = configFile === undefined ? '.' : dirname(resolve(configFile));
  const found = (sources ?? []).flatMap((source, index) => {
    const path = `sources[${index}]`;
    if (!isObject(source) || typeof source['id'] !== 'string' || !Array.isArray(source['forms'])) {
      problems.push({ path, message: 'must be a map of id, baseUrl, auth and forms (a list)' });
      return [];
    }
    for (const key of Object.keys(source)) {
      if (!sourceKeys.includes(key)) problems.push({ path: `${path}.${key}`, message: 'is not known' });
    }
    const { id, forms } = source as { id: string; forms: unknown[] };
    const credentials = readAuth(source['auth'], `${path}.auth`, folder, problems);
    const common = { url: String(source['baseUrl'] ?? ''), credentials, folder };
    return forms.flatMap((form, at) => {
      const name = forms.length > 1 && isObject(form) ? `${id}/${String(form['form'])}` : id;
      return readForm(form, name, common, `${path}.forms[${at}]`, problems) ?? [];
    });
  });
  const names = found.map(({ name }) => name);
  for (const name of new Set(names)) {
    if (names.indexOf(name) !== names.lastIndexOf(name)) {
      problems.push({ path: 'sources', message: `${name} is listed twice` });
    }
  }
  if (problems.length > 0) {
    const lines = problems.map(({ path, message }) => `  ${path}: ${message}`).join('\n');
    throw new Fault('config.invalid', `the configuration has ${problems.length} fault(s):\n${lines}`, {
      errors: problems,
    });
  }
  return found;
};
