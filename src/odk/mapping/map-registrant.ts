import { isObject, type Json } from '../../core/json.ts';
import { isStorableText } from '../../core/text.ts';
import type { Address, ContactPoint, Draft, Identifier } from '../../registry/index.ts';
import { type Evaluation, leafValue } from './evaluate.ts';
import { rowsOf, type Scope } from './expressions/scope.ts';
import type { Leaf, ListItem, RegistrantMapping } from './model.ts';
import type { Target } from './targets.ts';
import { isNothing, MapFault, toTarget } from './values.ts';

/** A file that a submission names: what it becomes, and where it was named. */
export interface FileReference {
  readonly target: 'photo' | 'document';
  readonly name: string;
  readonly path: string;
}

/** A registrant as one submission tells it; files and programmes apart, as they have ways of their own. */
export interface MappedRegistrant {
  readonly draft: Draft;
  readonly files: readonly FileReference[];
  readonly programmes: readonly string[];
}

type Fields = Record<string, unknown>;

const fields = (): Fields => Object.create(null);

/** Evaluates a leaf, brings it to its target and notes it for the preview. */
const take = (evaluation: Evaluation, leaf: Leaf, target: Target, scope: Scope, name: string): unknown => {
  const { value, path } = leafValue(evaluation, leaf, scope);
  const taken = toTarget(value, target, path);
  if (taken !== undefined) evaluation.trace?.push({ target: name, source: path, value: taken });
  return taken;
};

const takeItems = (
  evaluation: Evaluation,
  items: readonly ListItem[],
  scope: Scope,
  name: string,
  needed: readonly string[],
): Fields[] =>
  items.flatMap((item) =>
    (item.each ? rowsOf(scope, item.each) : [scope]).flatMap((row) => {
      const found = fields();
      for (const { name: part, target, leaf } of item.leaves) {
        const value = take(evaluation, leaf, target, row, `${name}.${part}`);
        if (value !== undefined) found[part] = value;
      }
      // A type without a value is no identifier, and a number without a system no contact.
      return Object.keys(found).length > 0 && needed.every((part) => found[part] !== undefined) ? [{ ...found }] : [];
    }),
  );

const takeFile = (
  evaluation: Evaluation,
  leaf: Leaf,
  target: FileReference['target'],
  scope: Scope,
  name: string,
): FileReference[] => {
  const { value, path } = leafValue(evaluation, leaf, scope);
  const names = (Array.isArray(value) ? value : [value]).filter((one: unknown) => !isNothing(one));
  if (target === 'photo' && names.length > 1) throw new MapFault('bad-type', path, value);
  return names.map((one: unknown) => {
    if (typeof one !== 'string' || !isStorableText(one)) throw new MapFault('bad-type', path, one);
    evaluation.trace?.push({ target: name, source: path, value: one });
    return { target, name: one, path };
  });
};

const unique = <T>(list: readonly T[], keyOf: (item: T) => string): T[] => [
  ...new Map(list.map((item) => [keyOf(item), item])).values(),
];

const toSections = (evaluation: Evaluation, mapping: RegistrantMapping, scope: Scope): Fields => {
  const sections: Record<string, Fields> = {};
  const into = (section: string): Fields => {
    sections[section] ??= fields();
    return sections[section];
  };
  for (const { place, leaf } of mapping.sections) {
    const value = take(evaluation, leaf, { type: 'any', list: true }, scope, place.name);
    if (value === undefined) continue;
    const section = into(place.section);
    if (place.list === undefined) section[place.name] = value;
    else {
      const [first] = (section[place.list] as readonly Fields[] | undefined) ?? [];
      section[place.list] = [{ ...first, [place.name]: value }];
    }
  }
  if (mapping.disability) {
    const codes = take(evaluation, mapping.disability, { type: 'text', list: true }, scope, 'disability');
    if (Array.isArray(codes)) {
      const member = into('member');
      member['is_disabled'] ??= true;
      member['disability_info'] ??= codes.map((code: unknown) => ({ disability_limitation_type: code }));
    }
  }
  return Object.fromEntries(Object.entries(sections).map(([name, section]) => [name, { ...section }]));
};

const toAttributes = (evaluation: Evaluation, mapping: RegistrantMapping, scope: Scope): Record<string, Json> => {
  const attributes = Object.create(null) as Record<string, Json>;
  for (const { name, leaf } of mapping.attributes) {
    const value = take(evaluation, leaf, { type: 'any', list: true }, scope, `attributes.${name}`);
    if (value !== undefined) attributes[name] = value as Json;
  }
  const events = takeItems(evaluation, mapping.events, scope, 'events', []);
  if (events.length > 0) attributes['events'] = events as unknown as Json;
  return { ...attributes };
};

/** Turns one row into a registrant. `name` says in previews which one it is. */
export const mapRegistrant = (
  evaluation: Evaluation,
  mapping: RegistrantMapping,
  scope: Scope,
  name: string,
): MappedRegistrant => {
  const single = fields();
  for (const { name: part, target, leaf } of mapping.singles) {
    const value = take(evaluation, leaf, target, scope, `${name}.${part}`);
    if (value !== undefined) single[part] = value;
  }
  const { given, family, middle, registeredOn, name: groupName, ...others } = single;
  const identifiers = takeItems(evaluation, mapping.identifiers, scope, `${name}.identifiers`, ['type', 'value']);
  const telecom = takeItems(evaluation, mapping.telecom, scope, `${name}.telecom`, ['system', 'value']);
  const addresses = takeItems(evaluation, mapping.address, scope, `${name}.address`, []);
  const sections = toSections(evaluation, mapping, scope);
  const attributes = toAttributes(evaluation, mapping, scope);
  const personName = Object.fromEntries(
    Object.entries({ given, family, middle }).filter(([, part]) => part !== undefined),
  );
  const draft = {
    kind: mapping.kind,
    active: true,
    identifiers: unique(identifiers as unknown as Identifier[], ({ type, value }) => `${type}\0${value}`),
    ...(mapping.kind === 'group' && { groupType: mapping.groupType ?? 'household' }),
    ...(groupName !== undefined && { name: groupName }),
    ...(Object.keys(personName).length > 0 && { name: personName }),
    ...others,
    ...(registeredOn !== undefined && { registrationDate: registeredOn }),
    ...(telecom.length > 0 && { telecom: telecom as unknown as ContactPoint[] }),
    ...(addresses.length > 0 && { addresses: addresses as unknown as Address[] }),
    ...(Object.keys(sections).length > 0 && { sections }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
  } as unknown as Draft;
  const photo = mapping.photo ? takeFile(evaluation, mapping.photo, 'photo', scope, `${name}.photo`) : [];
  const documents = mapping.documents.flatMap((item) =>
    (item.each ? rowsOf(scope, item.each) : [scope]).flatMap((row) =>
      item.leaves.flatMap(({ leaf }) => takeFile(evaluation, leaf, 'document', row, `${name}.documents`)),
    ),
  );
  const programmes = mapping.programmes
    ? take(evaluation, mapping.programmes, { type: 'text', list: true }, scope, `${name}.programmes`)
    : undefined;
  return {
    draft,
    files: unique([...photo, ...documents], (file) => `${file.target}\0${file.name}`),
    programmes: Array.isArray(programmes) ? [...new Set(programmes as string[])] : [],
  };
};

/** Two accounts of one person as one: what the first says counts, what it leaves out is taken from the second. */
export const combine = (first: MappedRegistrant, second: MappedRegistrant): MappedRegistrant => {
  const a = first.draft as unknown as Fields;
  const b = second.draft as unknown as Fields;
  const merged: Fields = { ...b, ...a };
  for (const part of ['name', 'sections', 'attributes']) {
    if (isObject(a[part]) && isObject(b[part])) merged[part] = { ...b[part], ...a[part] };
  }
  const identifiers = [...first.draft.identifiers, ...second.draft.identifiers];
  merged['identifiers'] = unique(identifiers, ({ type, value }) => `${type}\0${value}`);
  const photos = [...first.files, ...second.files].filter(({ target }) => target === 'photo').slice(0, 1);
  const documents = [...first.files, ...second.files].filter(({ target }) => target === 'document');
  return {
    draft: merged as unknown as Draft,
    files: [...photos, ...unique(documents, ({ name }) => name)],
    programmes: [...new Set([...first.programmes, ...second.programmes])],
  };
};
