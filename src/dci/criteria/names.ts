import type { Attribute, Catalogue } from '../../registry/attributes.ts';
import type { Kind } from '../../registry/model.ts';

/** From which registrant a question steps to another: a group's member, its head, or a person's group. */
export type Step = 'member' | 'head' | 'group';

/** What a name of the wire means in our registry. */
export type Target = { readonly steps: readonly Step[]; readonly kind: Kind } & (
  | { readonly is: 'attribute'; readonly attribute: Attribute }
  /** An identifier, its value; or its type, to be read together with a value beside it. */
  | { readonly is: 'identifier'; readonly part: 'value' | 'type' }
  /** An identifier whose type is the name itself: `UIN`. */
  | { readonly is: 'identifier'; readonly part: 'typed'; readonly type: string }
);

export interface NameContext {
  readonly catalogue: Catalogue;
  readonly kind: Kind;
  /** Names of one registry for attributes of the catalogue. */
  readonly aliases: { readonly [name: string]: string };
  /** Whether a word names a known type of identifiers. */
  readonly isIdentifierType: (word: string) => boolean;
}

// Members of DCI records that only wrap what we keep in one document; older layouts included.
const wrappers = new Set([
  'record',
  'beneficiary',
  'member',
  'demographic_info',
  'personal_details',
  'farmer_personal_details',
  'famer_personal_details',
]);
// Levels of older layouts that the current one no longer has.
const dropped = new Set(['person', 'program', 'programme', 'household_member']);

const steps: { readonly [kind in Kind]: ReadonlyMap<string, Step | undefined> } = {
  group: new Map([
    ['group_head_info', 'head'],
    ['member_list', 'member'],
    ['members', 'member'],
    ['group', undefined],
    ['household', undefined],
    ['family_details', undefined],
  ]),
  individual: new Map([
    ['group', 'group'],
    ['household', 'group'],
    ['family_details', 'group'],
  ]),
};

/** Where the common parts of a registrant stand in DCI records (dci.md §9.3). */
const wirePaths: { readonly [attribute: string]: readonly string[] } = {
  given_name: ['name.given_name'],
  surname: ['name.surname'],
  second_name: ['name.second_name'],
  maiden_name: ['name.maiden_name'],
  prefix: ['name.prefix'],
  suffix: ['name.suffix'],
  address: ['address.address_line_1', 'address.address_line_2'],
  locality: ['address.locality'],
  region_code: ['address.region_code'],
  sub_region_code: ['address.sub_region_code'],
  postal_code: ['address.postal_code'],
  country_code: ['address.country_code'],
  location_name: ['geographical_location.name', 'location.name'],
  latitude: ['geographical_location.geo.latitude', 'location.geo.latitude'],
  longitude: ['geographical_location.geo.longitude', 'location.geo.longitude'],
};

/** What peers call the leaves and levels of records that the standard calls otherwise. */
const commonAliases: { readonly [name: string]: string } = {
  sur_name: 'surname',
  last_name: 'surname',
  family_name: 'surname',
  first_name: 'given_name',
  middle_name: 'second_name',
  gender: 'sex',
  date_of_birth: 'birth_date',
  birthdate: 'birth_date',
  dob: 'birth_date',
  date_of_death: 'death_date',
  deathdate: 'death_date',
  place_of_birth: 'birth_place',
  place_of_death: 'death_place',
  marriagedate: 'marriage_date',
  divorcedate: 'divorce_date',
  phone: 'phone_number',
  mobile: 'phone_number',
  email_address: 'email',
  city: 'locality',
  country: 'country_code',
  address_line1: 'address_line_1',
  address_line2: 'address_line_2',
  place: 'geographical_location',
  location: 'location_name',
  household_size: 'group_size',
  last_update: 'last_updated',
  education: 'education_level',
};

const identifierLeaves = new Map<string, 'value' | 'type'>([
  ['identifier', 'value'],
  ['identifier_value', 'value'],
  ['id_value', 'value'],
  ['member_identifier', 'value'],
  ['person_identifier', 'value'],
  ['group_identifier', 'value'],
  ['household_identifier', 'value'],
  ['identifier_type', 'type'],
  ['id_type', 'type'],
]);
const identifierLists = new Set(['identifier', 'member_identifier', 'person_identifier']);
const groupIdentifierLists = new Set(['group_identifier', 'household_identifier']);

/** Paths below the outermost level of a record → attribute; every ending of two and more levels counts. */
const indexOf = (attributes: readonly Attribute[]): ReadonlyMap<string, Attribute> => {
  const index = new Map<string, Attribute>();
  const add = (path: readonly string[], attribute: Attribute): void => {
    for (let from = 0; from < path.length - 1; from += 1) {
      const ending = path.slice(from).join('.');
      if (!index.has(ending)) index.set(ending, attribute);
    }
  };
  for (const attribute of attributes) {
    for (const path of wirePaths[attribute.name] ?? []) add(path.split('.'), attribute);
    for (const path of [attribute.path, ...(attribute.alsoAt ?? [])]) {
      if (path[0] === 'sections') add(path.slice(2), attribute);
      if (path[0] === 'attributes') add(['additional_attributes', ...path.slice(1)], attribute);
    }
  }
  return index;
};

const indexes = new WeakMap<readonly Attribute[], ReadonlyMap<string, Attribute>>();

const indexFor = (catalogue: Catalogue, kind: Kind): ReadonlyMap<string, Attribute> => {
  const attributes = catalogue.list(kind);
  let index = indexes.get(attributes);
  if (!index) {
    index = indexOf(attributes);
    indexes.set(attributes, index);
  }
  return index;
};

const findAttribute = (path: readonly string[], kind: Kind, context: NameContext): Attribute | undefined => {
  const { catalogue, aliases } = context;
  const alias = (name: string): string => {
    if (Object.hasOwn(aliases, name)) return aliases[name] as string;
    return Object.hasOwn(commonAliases, name) ? (commonAliases[name] as string) : name;
  };
  const leaf = path.at(-1) as string;
  if (path.length === 1) return catalogue.find(kind, leaf) ?? catalogue.find(kind, alias(leaf));
  const index = indexFor(catalogue, kind);
  return (
    index.get(path.join('.')) ??
    index.get(path.map((part, i) => (i > 0 && part === 'location' ? part : alias(part))).join('.')) ??
    index.get([...path.slice(0, -1), alias(leaf)].join('.'))
  );
};

const findIdentifier = (path: readonly string[]): 'value' | 'type' | undefined => {
  const [first = '', second, ...more] = path;
  if (more.length > 0) return undefined;
  if (second === undefined) return identifierLeaves.get(first);
  if (!identifierLists.has(first) && !groupIdentifierLists.has(first)) return undefined;
  if (second === 'value' || second === 'type') return second;
  return second.startsWith('identifier_') ? identifierLeaves.get(second) : undefined;
};

/** `spdci:memberList[0].birthDate` → `member_list`, `birth_date`. */
const toSegments = (name: string): readonly string[] =>
  name
    .split('.')
    .map((part) =>
      part
        .trim()
        .replace(/^.*:/, '')
        .replace(/\[\d*\]$/, '')
        .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
        .toLowerCase(),
    )
    .filter((part) => part !== '' && part !== '*' && !dropped.has(part) && !/^\d+$/.test(part));

const otherKind: { readonly [kind in Kind]: Kind } = { individual: 'group', group: 'individual' };

/** What a path means once the levels that only wrap are taken off. */
const resolvePath = (
  path: readonly string[],
  kind: Kind,
  taken: readonly Step[],
  context: NameContext,
): Target | undefined => {
  const attribute = findAttribute(path, kind, context);
  if (attribute) return { is: 'attribute', steps: taken, kind, attribute };

  const part = findIdentifier(path);
  if (part) {
    const ofGroup = groupIdentifierLists.has(path[0] as string);
    const ofPerson = path[0] === 'member_identifier' || path[0] === 'person_identifier';
    if (kind === 'individual' && ofGroup) return { is: 'identifier', part, steps: [...taken, 'group'], kind: 'group' };
    if (kind === 'group' && ofPerson)
      return { is: 'identifier', part, steps: [...taken, 'member'], kind: 'individual' };
    return { is: 'identifier', part, steps: taken, kind };
  }

  const [first = '', ...rest] = path;
  if (rest.length === 0 || taken.length > 3) return undefined;
  if (steps[kind].has(first)) {
    const step = steps[kind].get(first);
    return step
      ? resolvePath(rest, otherKind[kind], [...taken, step], context)
      : resolvePath(rest, kind, taken, context);
  }
  if (!wrappers.has(first)) return undefined;
  // In a question about groups, the wrapper of a person leads to the members.
  if (kind === 'group') return resolvePath(rest, 'individual', [...taken, 'member'], context);
  return resolvePath(rest, kind, taken, context);
};

/**
 * What a name of a question means: the leaf of a record (`surname`), a path in the record as sent
 * (`demographic_info.name.surname`), or a type of identifiers (`UIN`). An attribute that only the other kind of
 * registrant has is asked of the members of the group, or of the groups of the person.
 */
export const resolveName = (name: string, context: NameContext): Target | undefined => {
  const { catalogue, kind } = context;
  const exact = catalogue.find(kind, name) ?? catalogue.find(kind, `attributes.${name}`);
  if (exact) return { is: 'attribute', steps: [], kind, attribute: exact };
  const path = toSegments(name);
  if (path.length === 0) return undefined;
  const found = resolvePath(path, kind, [], context);
  if (found) return found;
  if (path.length === 1 && context.isIdentifierType(name)) {
    return { is: 'identifier', part: 'typed', type: name, steps: [], kind };
  }
  const elsewhere = findAttribute(path, otherKind[kind], context);
  if (!elsewhere) return undefined;
  const step = kind === 'group' ? 'member' : 'group';
  return { is: 'attribute', steps: [step], kind: otherKind[kind], attribute: elsewhere };
};
