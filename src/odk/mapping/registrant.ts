import { isObject } from '../../core/json.ts';
import type { Kind } from '../../registry/index.ts';
import { readLeaf } from './leaf.ts';
import type { Leaf, ListItem, RegistrantMapping } from './model.ts';
import { fault, type Here, type Reading, readEach, readMap, readWord } from './reading.ts';
import { lists, sectionPlace, singles, type Target } from './targets.ts';

const any: Target = { type: 'any', list: true };
const codes: Target = { type: 'text', list: true };
const common = ['identifiers', 'telecom', 'address', 'photo', 'documents', 'attributes', 'events', 'programmes'];

// What Central's types are in the catalogue; the rest cannot be searched.
const attributeTypes: Readonly<Record<string, string>> = {
  int: 'integer',
  decimal: 'number',
  boolean: 'boolean',
  date: 'date',
  dateTime: 'timestamp',
  string: 'text',
  barcode: 'text',
};

const attributeType = (leaf: Leaf): string | undefined => {
  if (leaf.kind === 'choice' || leaf.kind === 'choices') return 'code';
  if (leaf.kind === 'value') {
    const { fieldType } = leaf.expression;
    return fieldType && Object.hasOwn(attributeTypes, fieldType) ? attributeTypes[fieldType] : undefined;
  }
  return undefined;
};

/** One item of a list: a map of leaves, repeated when it has `each`. */
const readItem = (
  reading: Reading,
  value: unknown,
  path: string,
  here: Here,
  known: Readonly<Record<string, Target>> | 'any',
  words: readonly string[] = [],
): ListItem | undefined => {
  const map = readMap(reading, value, path, known === 'any' ? 'any' : ['each', ...words, ...Object.keys(known)]);
  if (!map) return undefined;
  const inside = 'each' in map ? readEach(reading, map['each'], `${path}.each`, here) : here;
  if (!inside) return undefined;
  const leaves: ListItem['leaves'][number][] = [];
  for (const [name, written] of Object.entries(map)) {
    if (name === 'each') continue;
    const at = `${path}.${name}`;
    if (words.includes(name)) {
      // A type is a plain word; as a leaf it must be a map.
      const leaf =
        typeof written === 'string'
          ? constant(readWord(reading, written, at))
          : readLeaf(reading, written, { type: 'text' }, at, inside);
      if (leaf) leaves.push({ name, target: { type: 'text' }, leaf });
      continue;
    }
    const target = known === 'any' ? any : Object.hasOwn(known, name) ? known[name] : undefined;
    if (!target) continue;
    const isIdentifier = known === lists['identifiers'] && name === 'value';
    const leaf = readLeaf(reading, written, target, at, inside, { isIdentifier });
    if (leaf) leaves.push({ name, target, leaf });
  }
  return { each: inside === here ? undefined : inside.chain.at(-1), leaves };
};

const constant = (value: string | undefined): Leaf | undefined =>
  value === undefined ? undefined : { kind: 'const', value };

const readList = (
  reading: Reading,
  value: unknown,
  path: string,
  read: (item: unknown, path: string) => ListItem | undefined,
): ListItem[] => {
  if (value === undefined) return [];
  // A single thing may stand without its list.
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (items.length > 100) fault(reading, path, 'has more than 100 items');
  return items
    .slice(0, 100)
    .flatMap((item, index) => read(item, Array.isArray(value) ? `${path}[${index}]` : path) ?? []);
};

const readDocument = (reading: Reading, value: unknown, path: string, here: Here): ListItem | undefined => {
  const map = readMap(reading, value, path, ['each', 'attachment']);
  if (!map) return undefined;
  const inside = 'each' in map ? readEach(reading, map['each'], `${path}.each`, here) : here;
  if (!inside) return undefined;
  const leaf = readLeaf(reading, { attachment: map['attachment'] }, 'file', path, inside);
  return (
    leaf && { each: inside === here ? undefined : inside.chain.at(-1), leaves: [{ name: 'file', target: any, leaf }] }
  );
};

const require = (
  reading: Reading,
  item: ListItem | undefined,
  path: string,
  names: readonly string[],
): ListItem | undefined => {
  const missing = item && names.filter((name) => !item.leaves.some((leaf) => leaf.name === name));
  // A leaf that was refused has said so already.
  if (missing && missing.length > 0 && reading.faults.every((one) => !one.path.startsWith(path))) {
    fault(reading, path, `needs ${missing.join(' and ')}`);
  }
  return item;
};

/** Reads the leaves of a group or an individual. */
export const readRegistrant = (
  reading: Reading,
  value: unknown,
  kind: Kind,
  path: string,
  here: Here,
  extra: readonly string[] = [],
): RegistrantMapping | undefined => {
  const map = readMap(reading, value, path, 'any');
  if (!map) return undefined;
  const own = singles[kind];
  const result = {
    singles: [] as { name: string; target: Target; leaf: Leaf }[],
    sections: [] as { place: NonNullable<ReturnType<typeof sectionPlace>>; leaf: Leaf }[],
    attributes: [] as { name: string; leaf: Leaf; type: string | undefined }[],
  };
  for (const [name, written] of Object.entries(map)) {
    const at = `${path}.${name}`;
    if (extra.includes(name) || common.includes(name) || (name === 'type' && kind === 'group')) continue;
    if (name === 'disability' && kind === 'individual') continue;
    const target = Object.hasOwn(own, name) ? own[name] : undefined;
    const place = sectionPlace(kind, name);
    if (target) {
      const leaf = readLeaf(reading, written, target, at, here);
      if (leaf) result.singles.push({ name, target, leaf });
    } else if (place) {
      const leaf = readLeaf(reading, written, any, at, here);
      if (leaf) result.sections.push({ place, leaf });
    } else fault(reading, at, `is no target of ${kind === 'group' ? 'a group' : 'an individual'}`);
  }
  const attributes =
    map['attributes'] === undefined ? {} : readMap(reading, map['attributes'], `${path}.attributes`, 'any');
  for (const [name, written] of Object.entries(attributes ?? {})) {
    const leaf = readLeaf(reading, written, any, `${path}.attributes.${name}`, here);
    if (leaf) result.attributes.push({ name, leaf, type: attributeType(leaf) });
  }
  const disability = kind === 'individual' ? map['disability'] : undefined;
  if (isObject(disability) && !('choice' in disability || 'choices' in disability || 'const' in disability)) {
    for (const [name, written] of Object.entries(disability)) {
      const place = sectionPlace(kind, name);
      const leaf = readLeaf(reading, written, any, `${path}.disability.${name}`, here);
      if (!place) fault(reading, `${path}.disability.${name}`, 'is no attribute of disability (dci.md §9.4)');
      else if (leaf) result.sections.push({ place, leaf });
    }
  }
  const list = (name: 'telecom' | 'address', words: readonly string[] = []): ListItem[] =>
    readList(reading, map[name], `${path}.${name}`, (item, at) =>
      readItem(reading, item, at, here, lists[name] as Readonly<Record<string, Target>>, words),
    );
  const leafOf = (name: string, target: Target | 'file'): Leaf | undefined =>
    map[name] === undefined ? undefined : readLeaf(reading, map[name], target, `${path}.${name}`, here);
  const isDisabilityLeaf =
    typeof disability === 'string' ||
    (isObject(disability) && ('choice' in disability || 'choices' in disability || 'const' in disability));
  return {
    kind,
    ...result,
    groupType:
      kind === 'group' && map['type'] !== undefined ? readWord(reading, map['type'], `${path}.type`) : undefined,
    identifiers: readList(reading, map['identifiers'], `${path}.identifiers`, (item, at) =>
      require(reading, readItem(reading, item, at, here, lists['identifiers'] ?? {}, ['type']), at, ['type', 'value']),
    ),
    telecom: list('telecom'),
    address: list('address'),
    documents: readList(reading, map['documents'], `${path}.documents`, (item, at) =>
      readDocument(reading, item, at, here),
    ),
    events: readList(reading, map['events'], `${path}.events`, (item, at) =>
      readItem(reading, item, at, here, 'any', ['type']),
    ),
    photo: leafOf('photo', 'file'),
    programmes: leafOf('programmes', codes),
    disability: isDisabilityLeaf ? leafOf('disability', codes) : undefined,
  };
};
