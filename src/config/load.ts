import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { parse as parseYaml } from 'yaml';
import { Fault } from '../core/fault.ts';
import { isObject } from '../core/json.ts';
import { abouts, type Config, Settings } from './schema.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const MAX_BODY = 1024 * 1024;

interface Problem {
  readonly path: string;
  readonly message: string;
}

/** The keys of the file may be spelled as in the environment or as in the code. */
const fileKeys = new Map([...abouts].flatMap(([name, { env }]) => [[env, name] as const, [name, name] as const]));

const readConfigFile = (path: string, problems: Problem[]): Record<string, unknown> => {
  let document: unknown;
  try {
    document = parseYaml(readFileSync(path, 'utf8'), { maxAliasCount: 0 }); // YAML 1.2 is a superset of JSON
  } catch (error) {
    problems.push({ path: 'CROSSWALK_CONFIG', message: `cannot read ${path}: ${(error as Error).message}` });
    return {};
  }
  if (!isObject(document)) {
    problems.push({ path: 'CROSSWALK_CONFIG', message: `${path} must hold a map of settings` });
    return {};
  }
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(document)) {
    const isFile = key.endsWith('_FILE') && fileKeys.has(key.slice(0, -5));
    const name = key === 'sources' ? 'sources' : fileKeys.get(isFile ? key.slice(0, -5) : key);
    if (!name) problems.push({ path: key, message: `${path} names a setting that does not exist` });
    else values[name] = isFile ? readSecret(key, String(value), problems) : value;
  }
  return values;
};

const readSecret = (name: string, path: string, problems: Problem[]): string | undefined => {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    problems.push({ path: name, message: `cannot read ${path}: ${(error as Error).message}` });
    return undefined;
  }
};

const readEnvironment = (environment: Environment, problems: Problem[]): Record<string, unknown> => {
  const values: Record<string, unknown> = {};
  for (const [name, { env }] of abouts) {
    const direct = environment[env];
    const file = environment[`${env}_FILE`];
    if (direct !== undefined && direct !== '' && file) {
      problems.push({ path: env, message: `give ${env} or ${env}_FILE, not both` });
    } else if (file) values[name] = readSecret(`${env}_FILE`, file, problems);
    else if (direct !== undefined && direct !== '') values[name] = direct;
  }
  return values;
};

const validate = new Ajv2020({ allErrors: true, useDefaults: true, coerceTypes: true, strict: false }).compile(
  Settings,
);

const explain = (error: ErrorObject, values: Record<string, unknown>): Problem => {
  const name = error.instancePath.split('/')[1] ?? '';
  const about = abouts.get(name as keyof Settings);
  if (!about) return { path: name || 'configuration', message: error.message ?? 'is not usable' };
  const given = about.secret ? 'the given value' : JSON.stringify(values[name]);
  return { path: about.env, message: `${given} is not usable: expected ${about.expects}` };
};

/** Bits per character of the text taken by itself (Shannon). */
const entropy = (text: string): number => {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
};

/** Rules that a schema cannot say. */
const checkMeaning = (settings: Settings, problems: Problem[]): void => {
  if (settings.databaseUrl && !/^(sqlite:.+|postgres(ql)?:\/\/.+)/.test(settings.databaseUrl)) {
    problems.push({
      path: 'DATABASE_URL',
      message: 'the given value is not usable: expected sqlite:PATH or postgres://…',
    });
  }
  if (settings.publicUrl && !/^https?:\/\/[^\s?#]+$/.test(settings.publicUrl)) {
    problems.push({
      path: 'PUBLIC_URL',
      message: `"${settings.publicUrl}" is not usable: expected an http or https URL without query`,
    });
  }
  if (!/^[^\s|"]{1,99}$/.test(settings.dciSenderId)) {
    problems.push({
      path: 'DCI_SENDER_ID',
      message: `"${settings.dciSenderId}" is not usable: expected an id of at most 99 characters without blanks, quotes or |`,
    });
  }
  const secret = settings.apiTokenSecret;
  if (secret !== undefined && (secret.length < 32 || entropy(secret) < 3)) {
    problems.push({
      path: 'API_TOKEN_SECRET',
      message: 'the given value is too weak: expected at least 32 characters that are hard to guess',
    });
  }
};

/**
 * Builds the one configuration object: defaults, then the file of `CROSSWALK_CONFIG`, then the environment, then
 * `flags`. Throws one `config.invalid` that lists every fault, each naming key, given value and expected form.
 */
export const loadConfig = (environment: Environment, flags: Readonly<Record<string, unknown>> = {}): Config => {
  const problems: Problem[] = [];
  const path = environment['CROSSWALK_CONFIG'];
  const values: Record<string, unknown> = {
    ...(path ? readConfigFile(path, problems) : {}),
    ...readEnvironment(environment, problems),
    ...flags,
  };
  for (const [name, value] of Object.entries(values)) if (value === undefined) delete values[name];
  const given = { ...values };
  if (!validate(values)) {
    const seen = new Set<string>();
    for (const error of validate.errors ?? []) {
      const problem = explain(error, given);
      if (!seen.has(problem.path)) problems.push(problem);
      seen.add(problem.path);
    }
  } else checkMeaning(values as Settings, problems);
  if (problems.length > 0) {
    const lines = problems.map(({ path: name, message }) => `  ${name}: ${message}`).join('\n');
    throw new Fault('config.invalid', `the configuration has ${problems.length} fault(s):\n${lines}`, {
      errors: problems,
    });
  }
  const settings = values as Settings;
  const dataDir = resolve(settings.dataDir);
  const host = settings.httpHost.includes(':') ? `[${settings.httpHost}]` : settings.httpHost;
  return Object.freeze({
    ...settings,
    dataDir,
    publicUrl: (settings.publicUrl ?? `http://${host}:${settings.httpPort}`).replace(/\/+$/, ''),
    publicUrlGiven: settings.publicUrl !== undefined,
    databaseUrl: settings.databaseUrl ?? `sqlite:${join(dataDir, 'crosswalk.db')}`,
    maxBody: MAX_BODY,
    ...(path ? { configFile: path } : {}),
  });
};

/** The configuration of this process. The only place that looks at `process.env`. */
export const configFromProcess = (flags?: Readonly<Record<string, unknown>>): Config => loadConfig(process.env, flags);

/** The configuration as the operator may see it: secrets masked. */
export const showConfig = (config: Config): Record<string, unknown> => {
  const shown: Record<string, unknown> = {};
  for (const [name, { env, secret }] of abouts) {
    const value = config[name as keyof Config];
    if (value === undefined) continue;
    shown[env] = secret ? maskSecret(String(value)) : value;
  }
  if (config.sources) shown['sources'] = `${config.sources.length} in the configuration file`;
  return shown;
};

/** A database URL without its password is worth reading; any other secret is not. */
const maskSecret = (value: string): string =>
  /^(sqlite:|postgres)/.test(value) ? value.replace(/(:\/\/[^:/@]+:)[^@]*@/, '$1***@') : '***';
