import { isObject } from '../../core/json.ts';
import type { Form } from './form.ts';
import { readLeaf } from './leaf.ts';
import type {
  HeadMapping,
  Leaf,
  MappedExpression,
  Mapping,
  MembersMapping,
  Publish,
  RegistrantMapping,
} from './model.ts';
import { fieldTarget, shownExpression } from './published-targets.ts';
import {
  fault,
  type Here,
  type MappingFault,
  type Reading,
  readEach,
  readExpression,
  readMap,
  readOneOf,
  readWord,
} from './reading.ts';
import { readRegistrant } from './registrant.ts';

/** What reading a mapping came to: a mapping only when there is no fault. */
export interface ReadMapping {
  readonly mapping: Mapping | undefined;
  readonly faults: readonly MappingFault[];
  readonly reading: Reading;
}

const parts = [
  'mapping',
  'form',
  'language',
  'source',
  'require',
  'group',
  'individual',
  'members',
  'head',
  'vocabularies',
  'publish',
]; // prettier-ignore

const readKeys = (reading: Reading, value: unknown, path: string, here: Here): MappedExpression[] => {
  const map = readMap(reading, value, path, ['from']);
  const from = map?.['from'];
  if (!Array.isArray(from) || from.length === 0) {
    if (map) fault(reading, `${path}.from`, 'must be a list of expressions');
    return [];
  }
  return from.flatMap((one, index) => readExpression(reading, one, `${path}.from[${index}]`, here) ?? []);
};

const readMembers = (reading: Reading, value: unknown, top: Here): MembersMapping | undefined => {
  const map = readMap(reading, value, 'members', ['each', 'allowEmpty', 'key', 'individual', 'relationship', 'isHead']);
  if (!map) return undefined;
  const here = readEach(reading, map['each'], 'members.each', top);
  if (!here) return undefined;
  const leaf = (name: 'relationship' | 'isHead', type: 'text' | 'boolean'): Leaf | undefined =>
    map[name] === undefined ? undefined : readLeaf(reading, map[name], { type }, `members.${name}`, here);
  if (map['allowEmpty'] !== undefined && typeof map['allowEmpty'] !== 'boolean') {
    fault(reading, 'members.allowEmpty', 'must be true or false');
  }
  const individual = readRegistrant(reading, map['individual'], 'individual', 'members.individual', here);
  if (!individual) return undefined;
  return {
    each: here.chain[0] ?? [],
    allowEmpty: map['allowEmpty'] === true,
    keys: map['key'] === undefined ? [] : readKeys(reading, map['key'], 'members.key', here),
    individual,
    relationship: leaf('relationship', 'text'),
    isHead: leaf('isHead', 'boolean'),
  };
};

const readHead = (reading: Reading, value: unknown, top: Here): HeadMapping => {
  const map = value === undefined ? {} : readMap(reading, value, 'head', ['mode', 'missing', 'ambiguous', 'person']);
  const mode = readOneOf(reading, map?.['mode'], 'head.mode', ['member', 'group', 'first'], 'member');
  const written = map?.['person'];
  if (mode === 'group' && written === undefined) fault(reading, 'head.person', 'is needed with mode: group');
  if (mode !== 'group' && written !== undefined) fault(reading, 'head.person', 'belongs to mode: group');
  const person =
    written === undefined ? undefined : readRegistrant(reading, written, 'individual', 'head.person', top, ['key']);
  const key = isObject(written) ? written['key'] : undefined;
  return {
    mode,
    missing: readOneOf(reading, map?.['missing'], 'head.missing', ['fail', 'noHead'], 'fail'),
    ambiguous: readOneOf(reading, map?.['ambiguous'], 'head.ambiguous', ['fail', 'first', 'noHead'], 'fail'),
    person,
    personKeys: key === undefined ? [] : readKeys(reading, key, 'head.person.key', top),
  };
};

const readVocabularies = (
  document: Record<string, unknown>,
  faults: MappingFault[],
): Map<string, Map<string, unknown>> => {
  const tables = new Map<string, Map<string, unknown>>();
  const written = document['vocabularies'] ?? {};
  if (!isObject(written)) {
    faults.push({ path: 'vocabularies', message: 'must be a map of tables' });
    return tables;
  }
  for (const [name, table] of Object.entries(written)) {
    if (!isObject(table)) {
      faults.push({ path: `vocabularies.${name}`, message: 'must be a map of choice names to codes' });
      continue;
    }
    for (const [choice, code] of Object.entries(table)) {
      if (!['string', 'number', 'boolean'].includes(typeof code)) {
        faults.push({ path: `vocabularies.${name}.${choice}`, message: 'must be a code' });
      }
    }
    tables.set(name, new Map(Object.entries(table)));
  }
  return tables;
};

const PROPERTY = /^(?!__)[\p{L}_][\p{L}\p{N}_.-]*$/u;

const readPublish = (reading: Reading, value: unknown): Publish | undefined => {
  const map = readMap(reading, value, 'publish', ['dataset', 'each', 'label', 'properties']);
  if (!map) return undefined;
  const properties = readMap(reading, map['properties'] ?? {}, 'publish.properties', 'any') ?? {};
  return {
    dataset: readWord(reading, map['dataset'], 'publish.dataset') ?? '',
    each: readOneOf(reading, map['each'], 'publish.each', ['group', 'individual'], 'group'),
    label: readPublished(reading, map['label'], 'publish.label') ?? '',
    properties: Object.entries(properties).map(([name, written]) => {
      const path = `publish.properties.${name}`;
      if (!PROPERTY.test(name) || ['name', 'label'].includes(name.toLowerCase())) {
        fault(reading, path, 'is no name that an entity list allows');
      }
      const owned = isObject(written)
        ? readMap(reading, written, path, ['value', 'owner', 'target'])
        : { value: written };
      const owner = readOneOf(reading, owned?.['owner'], `${path}.owner`, ['registry', 'field'], 'registry');
      const target = owned?.['target'] === undefined ? undefined : readWord(reading, owned['target'], `${path}.target`);
      if (owner === 'field' && target === undefined) fault(reading, `${path}.target`, 'is needed with owner: field');
      if (target !== undefined && !fieldTarget(target)) {
        fault(reading, `${path}.target`, 'must be attributes.NAME, telecom.SYSTEM, name, or name.given|family|middle');
      }
      // What the field owns shows what the registry holds of it, unless said otherwise.
      const source = owned?.['value'] ?? (target === undefined ? undefined : shownExpression(target, reading.language));
      return { name, value: readPublished(reading, source, `${path}.value`) ?? '', owner, target };
    }),
  };
};

/** Leaves of `publish` see a registrant and no form: only whether they compile can be said. */
const readPublished = (reading: Reading, value: unknown, path: string): string | undefined =>
  readExpression({ ...reading, form: undefined, remote: [] }, value, path, {
    chain: [],
    row: undefined,
    parent: undefined,
  })?.source;

/** Sex codes and codes of closed lists are known here; whatever else a vocabulary says is the deployment's. */
const checkSexCodes = (reading: Reading, mapping: Mapping): void => {
  const registrants: [string, RegistrantMapping | undefined][] = [
    ['individual', mapping.subject],
    ['members.individual', mapping.members?.individual],
    ['head.person', mapping.head.person],
  ];
  for (const [path, registrant] of registrants) {
    for (const { name, leaf } of registrant?.singles ?? []) {
      if (name !== 'sex' || leaf.kind !== 'choice') continue;
      for (const [choice, code] of mapping.vocabularies.get(leaf.vocabulary) ?? []) {
        if (!['0', '1', '2', '9'].includes(String(code))) {
          fault(
            reading,
            `vocabularies.${leaf.vocabulary}.${choice}`,
            `${path}.sex takes the codes 0, 1, 2 and 9 (ISO 5218)`,
          ); // prettier-ignore
        }
      }
    }
  }
};

/**
 * Reads a mapping file that was parsed from YAML or JSON, against `form` when it is at hand. All faults are found at
 * once, each with its path.
 */
export const readMapping = (document: unknown, form?: Form): ReadMapping => {
  const faults: MappingFault[] = [];
  const base = isObject(document) ? document : {};
  const vocabularies = readVocabularies(base, faults);
  const language = base['language'] === 'jq' ? 'jq' : 'jsonata';
  const reading: Reading = {
    form,
    language,
    vocabularies: new Set(vocabularies.keys()),
    faults,
    remote: [],
    jq: [],
    used: new Map(),
    choices: [],
  }; // prettier-ignore
  const map = readMap(reading, document, 'mapping', parts);
  if (!map) return { mapping: undefined, faults, reading };
  if (map['mapping'] !== 1) fault(reading, 'mapping', 'must be 1, the version of this grammar');
  readOneOf(reading, map['language'], 'language', ['jsonata', 'jq'], 'jsonata');
  const formName = readWord(reading, map['form'], 'form') ?? '';
  if (form && formName !== '' && formName !== form.xmlFormId) {
    fault(reading, 'form', `is "${formName}", and the form of the source is "${form.xmlFormId}"`);
  }
  for (const path of form?.collisions ?? []) {
    fault(reading, 'form', `two fields collapse to the one name ${path} in OData: such a form cannot be mapped`);
  }
  const top: Here = { chain: [], row: form?.root, parent: undefined };
  const require = Object.entries(
    (map['require'] === undefined ? {} : readMap(reading, map['require'], 'require', 'any')) ?? {},
  ).flatMap(([path, written]) => {
    const condition = readExpression(reading, written, `require.${path}`, top);
    if (form && !form.byPath.has(path)) fault(reading, `require.${path}`, `unknown path "${path}"`, path);
    return condition ? [{ path, condition }] : [];
  });
  const kind = 'individual' in map ? 'individual' : 'group';
  if ('individual' in map === 'group' in map) fault(reading, 'group', 'there must be either group or individual');
  if (kind === 'individual') {
    for (const part of ['members', 'head']) if (part in map) fault(reading, part, 'belongs to a group');
  }
  const subject = readRegistrant(reading, map[kind] ?? {}, kind, kind, top, ['key']);
  const key = isObject(map[kind]) ? map[kind]['key'] : undefined;
  const keys = readKeys(reading, key ?? { from: [language === 'jq' ? '.__id' : '__id'] }, `${kind}.key`, top);
  const members = map['members'] === undefined ? undefined : readMembers(reading, map['members'], top);
  const head = readHead(reading, map['head'], top);
  const publish = map['publish'] === undefined ? undefined : readPublish(reading, map['publish']);
  const source = map['source'] === undefined ? {} : (readMap(reading, map['source'], 'source', 'any') ?? {});
  if (!subject) return { mapping: undefined, faults, reading };
  const mapping: Mapping = {
    form: formName,
    language,
    require,
    keys,
    subject,
    members,
    head,
    vocabularies,
    publish,
    remote: reading.remote,
    fields: reading.used,
    source,
  }; // prettier-ignore
  checkSexCodes(reading, mapping);
  return { mapping: faults.length === 0 ? mapping : undefined, faults, reading };
};
