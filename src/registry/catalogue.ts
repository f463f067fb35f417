import { type Attribute, type AttributeType, attributeTypes, type Catalogue } from './attributes.ts';
import { knownAttributes } from './known-attributes.ts';
import type { Kind } from './model.ts';

/** An open attribute that was registered: a name below `attributes` in the documents of a kind. */
export interface OpenAttribute {
  readonly kind: Kind;
  readonly name: string;
  readonly type: AttributeType;
}

const known: ReadonlyMap<string, Attribute> = new Map(knownAttributes.map((attribute) => [attribute.name, attribute]));

const isType = (type: string): type is AttributeType => (attributeTypes as readonly string[]).includes(type);

/** The catalogue's type for a word that a mapping or an import brings; `undefined` for a word it does not know. */
export const toAttributeType = (word: string): AttributeType | undefined => {
  const synonyms: Record<string, AttributeType> = {
    string: 'text',
    int: 'integer',
    float: 'number',
    decimal: 'number',
  };
  const type = Object.hasOwn(synonyms, word) ? synonyms[word] : word;
  return type !== undefined && isType(type) ? type : undefined;
};

/** The narrowest type that holds the values of both. */
export const widen = (a: AttributeType, b: AttributeType): AttributeType => {
  if (a === b) return a;
  const pair = [a, b].sort().join(' ');
  return pair === 'integer number' ? 'number' : pair === 'date timestamp' ? 'timestamp' : 'text';
};

/** The name under which an open attribute is found: its own, unless the catalogue has that for something else. */
export const openName = (name: string): string => (known.has(name) ? `attributes.${name}` : name);

const toAttribute = ({ kind, name, type }: OpenAttribute): Attribute => ({
  name: openName(name),
  type,
  kinds: [kind],
  path: ['attributes', name],
  stored: 'values',
  about: 'An attribute of this deployment',
});

/** The catalogue of the known attributes and the given open ones. */
export const createCatalogue = (open: readonly OpenAttribute[]): Catalogue => {
  const byKind = new Map<Kind, Map<string, Attribute>>([
    ['individual', new Map()],
    ['group', new Map()],
  ]);
  for (const attribute of [...knownAttributes, ...open.map(toAttribute)]) {
    for (const kind of attribute.kinds) byKind.get(kind)?.set(attribute.name, attribute);
  }
  const lists = new Map([...byKind].map(([kind, attributes]) => [kind, [...attributes.values()]]));
  return {
    find: (kind, name) => byKind.get(kind)?.get(name),
    list: (kind) => lists.get(kind) ?? [],
  };
};
