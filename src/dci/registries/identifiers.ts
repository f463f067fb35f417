import type { Json, JsonObject } from '../../core/json.ts';
import { fold } from '../../core/text.ts';
import { SYSTEM_ID, toDciIdentifierType, toIdentifierType } from '../../registry/index.ts';
import type { Identifier, Registrant } from '../../registry/model.ts';
import { asObject, renamed, toList } from './wire.ts';

/** Our code of a DCI type; a type that we have no code for keeps the name it came with. */
const toType = (name: string): string => {
  const type = toIdentifierType(name);
  return toDciIdentifierType(type) === type ? (/[^:/#]+$/.exec(name.trim())?.[0] ?? type) : type;
};

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value).trim() || undefined : undefined;

/** A list in the present layout: one peer writes `{name, identifier}`, and a single object may stand for it (C23). */
export const presentIdentifiers = (wire: Json): Json =>
  toList(wire).map((entry) => {
    const one = asObject(entry);
    return one ? renamed(one, { name: 'identifier_type', identifier: 'identifier_value' }) : entry;
  });

const readOne = (wire: Json): Identifier | undefined => {
  const entry = asObject(wire);
  const type = text(entry?.['identifier_type']);
  const value = text(entry?.['identifier_value']);
  return type !== undefined && value !== undefined ? { type: toType(type), value } : undefined;
};

/** The identifiers of a list, or of the one object that stands for it (C23). */
export const readIdentifiers = (wire: Json | undefined): readonly Identifier[] =>
  toList(wire).flatMap((entry) => readOne(entry) ?? []);

const keyOf = ({ type, value }: Identifier): string => `${fold(type)}|${value}`;

/** Every identifier of several lists, each once. */
export const union = (...lists: readonly (readonly Identifier[])[]): readonly Identifier[] => {
  const all = new Map<string, Identifier>();
  for (const one of lists.flat()) if (!all.has(keyOf(one))) all.set(keyOf(one), one);
  return [...all.values()];
};

export const shareOne = (a: readonly Identifier[], b: readonly Identifier[]): boolean => {
  const keys = new Set(a.map(keyOf));
  return b.some((one) => keys.has(keyOf(one)));
};

export const writeIdentifier = ({ type, value }: Identifier): JsonObject => ({
  identifier_type: toDciIdentifierType(type),
  identifier_value: value,
});

/** Those that are in force on `today`. Who has none is known by our own id, so that every record can be referred to. */
export const liveIdentifiers = (registrant: Registrant, today: string): readonly Identifier[] => {
  const live = registrant.identifiers.filter(({ end }) => end === undefined || end >= today);
  return live.length > 0 ? live : [{ type: SYSTEM_ID, value: registrant.id }];
};

/**
 * Writes the list called `name`. Records have two lists of identifiers (of the member, of the person) that need not
 * be equal; `kept` says what stood in each. What has ended since is left out, what is new stands in both.
 */
export const writeIdentifiers = (
  live: readonly Identifier[],
  kept: JsonObject | undefined,
  name: string,
  lists: readonly string[],
): readonly JsonObject[] => {
  const stood = kept?.[name];
  if (stood === undefined) return live.map(writeIdentifier);
  const keys = new Set(live.map(keyOf));
  const known = new Set(lists.flatMap((list) => readIdentifiers(kept?.[list])).map(keyOf));
  return [
    ...toList(stood).filter((entry): entry is JsonObject => {
      const one = readOne(entry);
      return one === undefined ? asObject(entry) !== undefined : keys.has(keyOf(one));
    }),
    ...live.filter((one) => !known.has(keyOf(one))).map(writeIdentifier),
  ];
};
