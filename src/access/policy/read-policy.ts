import { Fault } from '../../core/fault.ts';
import { isObject } from '../../core/json.ts';
import { domains, type PeerOperation, peerOperations } from '../peers/operations.ts';
import { toAttributeWord } from './asked.ts';
import { EVERYTHING, type PeerPolicy, type RegistryPolicy } from './policy.ts';

interface Problem {
  readonly path: string;
  readonly message: string;
}

type Members = Readonly<Record<string, unknown>>;

const FIELD = /^[a-z@][a-z0-9_]*(\.[A-Za-z0-9_@:-]+)*$/;

const rulesMembers = ['operations', 'attributes', 'fields', 'purposes', 'consent'];

/** `search` for `registry.search`: the first part is the same in all of them. */
const toOperation = (word: string): PeerOperation | undefined =>
  peerOperations.find((one) => one === word || one === `registry.${word}`);

const toField = (word: string): string | undefined => (FIELD.test(word) ? word : undefined);

const toPurpose = (word: string): string | undefined => (word.trim() === '' ? undefined : word.trim());

const readRules = (path: string, given: unknown, problems: Problem[]): RegistryPolicy | undefined => {
  if (!isObject(given)) {
    problems.push({ path, message: 'must be a map of operations, attributes and fields' });
    return undefined;
  }
  for (const name of Object.keys(given)) {
    if (!rulesMembers.includes(name)) {
      problems.push({ path: `${path}.${name}`, message: `is not known; there are ${rulesMembers.join(', ')}` });
    }
  }
  const list = <T extends string>(
    name: string,
    read: (word: string) => T | undefined,
    expected: string,
    everything = true,
  ): readonly (T | typeof EVERYTHING)[] =>
    readList(`${path}.${name}`, given[name], read, expected, everything, problems);

  const operations = list('operations', toOperation, `one of ${peerOperations.join(', ')}`);
  const attributes = list(
    'attributes',
    toAttributeWord,
    'an attribute, attributes.NAME, identifier or identifier.TYPE',
  );
  const fields = list('fields', toField, 'a member of a record, such as name.surname');
  const purposes = given['purposes'] === undefined ? undefined : list('purposes', toPurpose, 'a purpose code', false);
  const consent = readConsent(`${path}.consent`, given, problems);
  return {
    operations,
    attributes,
    fields,
    ...(purposes ? { purposes } : {}),
    ...(consent ? { consent } : {}),
  };
};

const readConsent = (path: string, given: Members, problems: Problem[]): 'required' | undefined => {
  const consent = given['consent'];
  if (consent === 'required') return consent;
  if (consent !== undefined && consent !== 'none') problems.push({ path, message: 'must be required or none' });
  return undefined;
};

const readList = <T extends string>(
  path: string,
  given: unknown,
  read: (word: string) => T | undefined,
  expected: string,
  everything: boolean,
  problems: Problem[],
): readonly (T | typeof EVERYTHING)[] => {
  if (!Array.isArray(given) || given.length === 0) {
    problems.push({ path, message: `must be a list${everything ? '; ["*"] stands for everything' : ''}` });
    return [];
  }
  return given.flatMap((word: unknown, i): (T | typeof EVERYTHING)[] => {
    if (everything && word === EVERYTHING) return [EVERYTHING];
    const known = typeof word === 'string' ? read(word) : undefined;
    if (known === undefined) problems.push({ path: `${path}[${i}]`, message: `must be ${expected}` });
    return known === undefined ? [] : [known];
  });
};

/** Reads a policy as an operator writes it; throws one `peer.invalid` that lists every fault with its place. */
export const readPolicy = (given: unknown): PeerPolicy => {
  const problems: Problem[] = [];
  const registries: Record<string, RegistryPolicy> = {};
  const named = isObject(given) ? given['registries'] : undefined;
  if (isObject(given)) {
    for (const name of Object.keys(given)) {
      if (name !== 'registries') problems.push({ path: name, message: 'is not known; there is registries' });
    }
  }
  if (!isObject(named) || Object.keys(named).length === 0) {
    problems.push({ path: 'registries', message: 'must be a map of registries' });
  } else {
    for (const [name, rules] of Object.entries(named)) {
      const path = `registries.${name}`;
      if (name !== EVERYTHING && !domains.some((one) => one === name)) {
        problems.push({ path, message: `is not a registry: one of ${domains.join(', ')}, or *` });
        continue;
      }
      const read = readRules(path, rules, problems);
      if (read) registries[name] = read;
    }
  }
  if (problems.length > 0) {
    const lines = problems.map(({ path, message }) => `  ${path}: ${message}`).join('\n');
    throw new Fault('peer.invalid', `the policy has ${problems.length} fault(s):\n${lines}`, { errors: problems });
  }
  return { registries };
};
