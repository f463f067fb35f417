import { fold } from '../core/text.ts';

/** The type of the id that every registrant has for life. */
export const SYSTEM_ID = 'system_id';

/** Type ↔ its one DCI name (dci.md §15.5). */
const dciNames: readonly (readonly [type: string, dci: string])[] = [
  ['national_id', 'UIN'],
  ['birth_certificate', 'BRN'],
  ['marriage_certificate', 'MRN'],
  ['death_certificate', 'DRN'],
  ['household_id', 'HOUSEHOLD_ID'],
  ['farmer_id', 'FARMER_ID'],
];

/** The types that are there from the start. */
export const seededIdentifierTypes: readonly string[] = [
  'national_id',
  'passport',
  'tax_id',
  'birth_certificate',
  'marriage_certificate',
  'death_certificate',
  'farmer_id',
  'household_id',
  SYSTEM_ID,
];

const VOCABULARY = 'urn:openspp:vocab:id-type#';

const typeOfDci = new Map(dciNames.map(([type, dci]) => [fold(dci), type]));
const dciOfType = new Map(dciNames);

/** `urn:openspp:vocab:id-type#passport`, `ns:dci:UIN`, `https://…/UIN` → the last segment. */
const lastSegment = (name: string): string => {
  const trimmed = name.trim();
  return /[^:/#]+$/.exec(trimmed)?.[0] ?? trimmed;
};

/**
 * The type that a name means, in the form in which types are compared: folded, URI and CURIE reduced to their last
 * segment, DCI names turned into ours. An unknown name means the type of that name.
 */
export const toIdentifierType = (name: string): string => {
  const folded = fold(lastSegment(name));
  return typeOfDci.get(folded) ?? folded;
};

/** The DCI name of a type; types without one go by their own name. */
export const toDciIdentifierType = (type: string): string =>
  dciOfType.get(type) ?? dciOfType.get(toIdentifierType(type)) ?? type;

/** The URI of a type, as API V2 writes it. */
export const toIdentifierTypeUri = (type: string): string =>
  `${VOCABULARY}${dciOfType.has(toIdentifierType(type)) ? toIdentifierType(type) : type}`;

/** Further names of a type that searches may use: `NIN` → `national_id`. By configuration. */
export type IdentifierAliases = { readonly [name: string]: string };

/** The aliases that hold when the configuration names none. */
export const defaultIdentifierAliases: IdentifierAliases = {
  NIN: 'national_id',
  NID: 'national_id',
  NationalID: 'national_id',
  BIRTH_REG_NO: 'birth_certificate',
  DEATH_REG_NO: 'death_certificate',
  MARRIAGE_REG_NO: 'marriage_certificate',
  FARM_REG_NO: 'farmer_id',
};

/**
 * The types in which a search for `name` looks: that of the name itself, then that of its alias. Both, because a
 * type `nin` may have come in by import.
 */
export const createTypeSearch = (
  aliases: IdentifierAliases = defaultIdentifierAliases,
): ((name: string) => readonly string[]) => {
  const targets = new Map(Object.entries(aliases).map(([alias, type]) => [fold(alias), toIdentifierType(type)]));
  const known = new Map<string, readonly string[]>();
  return (name) => {
    const found = known.get(name);
    if (found) return found;
    const own = toIdentifierType(name);
    const target = targets.get(fold(lastSegment(name)));
    const types = target === undefined || target === own ? [own] : [own, target];
    if (known.size < 1000) known.set(name, types);
    return types;
  };
};
