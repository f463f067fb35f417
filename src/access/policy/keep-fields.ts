import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { createTypeSearch } from '../../registry/index.ts';

// Levels of records that only wrap the person, the name or the beneficiary: a field may be named without them.
const wrappers = new Set([
  'demographic_info',
  'personal_details',
  'farmer_personal_details',
  'member',
  'group',
  'name',
]);
// The lists of identifiers go by one name: which of them a record has depends on the registry.
const identifierLists = new Set(['identifier', 'member_identifier', 'group_identifier']);
// What says of an object what it is, and nothing of whom it is about.
const labels = new Set(['@type', '@context']);

const typesOf = createTypeSearch();
const typeOf = (name: string): string | undefined => typesOf(name).at(-1);

type Path = readonly string[];

const keepIdentifiers = (value: Json, types: ReadonlySet<string | undefined>): Json | undefined => {
  const kept = (Array.isArray(value) ? value : [value]).filter(
    (one) => isObject(one) && typeof one['identifier_type'] === 'string' && types.has(typeOf(one['identifier_type'])),
  );
  return kept.length > 0 ? kept : undefined;
};

const keepWithin = (value: Json, paths: readonly Path[]): Json | undefined => {
  if (Array.isArray(value)) {
    const kept = value.map((one) => keepWithin(one, paths)).filter((one) => one !== undefined);
    return kept.length > 0 ? kept : undefined;
  }
  return isObject(value) ? keepMembers(value as JsonObject, paths) : undefined;
};

const keepMember = (name: string, value: Json, paths: readonly Path[]): Json | undefined => {
  const called = identifierLists.has(name) ? 'identifier' : name;
  const own = paths.filter(([first]) => first === name || first === called);
  if (own.some((path) => path.length === 1)) return value;
  const rest = own.map((path) => path.slice(1));
  if (called === 'identifier') return keepIdentifiers(value, new Set(rest.map(([type = '']) => typeOf(type))));
  const inside = wrappers.has(name) ? [...rest, ...paths] : rest;
  return inside.length > 0 ? keepWithin(value, inside) : undefined;
};

const keepMembers = (record: JsonObject, paths: readonly Path[]): JsonObject | undefined => {
  const entries = Object.entries(record).flatMap(([name, value]): [string, Json][] => {
    const kept = labels.has(name) ? value : keepMember(name, value, paths);
    return kept === undefined ? [] : [[name, kept]];
  });
  return entries.some(([name]) => !labels.has(name)) ? Object.fromEntries(entries) : undefined;
};

/**
 * A record with the named fields only: data minimisation.
 *
 * A field is the path of a member in the record as sent (`demographic_info.name.surname`, `address.locality`,
 * `member_list.demographic_info.birth_date`) and stands for all that is below it. The levels that only wrap the person
 * may be left out: `surname` and `birth_date` are the person's own, never those of a relative or a place.
 * `identifier.UIN` keeps the identifiers of one type.
 */
export const keepFields = (record: JsonObject, fields: readonly string[]): JsonObject => {
  const paths = fields.map((field) => field.split('.'));
  const kept = keepMembers(record, paths);
  if (kept) return kept;
  const type = record['@type'];
  return type === undefined ? {} : { '@type': type };
};
