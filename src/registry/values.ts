import { isObject } from '../core/json.ts';
import { fold } from '../core/text.ts';
import { ageOn } from './age.ts';
import type { Attribute } from './attributes.ts';
import type { Registrant } from './model.ts';
import type { Scalar } from './query/ast.ts';
import { MAX_SEARCHABLE_TEXT, tryCoerce } from './query/coerce.ts';

/** A value in the form in which it is compared: folded text, or a number (truth is 1, else 0). */
export type Key = string | number;

/** A typed value in the form in which it is compared; `undefined` when folding made it too long to be searched. */
export const toKey = (value: Scalar): Key | undefined => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return value === 0 ? 0 : value;
  const folded = fold(value);
  return folded.length <= MAX_SEARCHABLE_TEXT ? folded : undefined;
};

/** The full name: as somebody gave it, else "given family". */
export const fullName = (registrant: Pick<Registrant, 'kind' | 'name'>): string | undefined => {
  const { name } = registrant;
  if (name === undefined || typeof name === 'string') return name;
  const built = [name.given, name.family].filter((part) => part).join(' ');
  return name.text || built || undefined;
};

const walk = (value: unknown, path: readonly string[], at: number, out: unknown[]): void => {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, path, at, out);
  } else if (at === path.length) {
    out.push(value);
  } else if (isObject(value)) {
    const step = path[at] as string;
    if (Object.hasOwn(value, step)) walk(value[step], path, at + 1, out);
  }
};

const telecom = (registrant: Registrant, ...systems: readonly string[]): unknown[] =>
  (registrant.telecom ?? []).filter(({ system }) => systems.includes(system)).map(({ value }) => value);

/** Attributes whose value is more than what stands at their path. */
const special: { readonly [name: string]: (registrant: Registrant, today: string) => unknown[] } = {
  name: (registrant) => [fullName(registrant)],
  phone_number: (registrant) => telecom(registrant, 'phone', 'sms'),
  email: (registrant) => telecom(registrant, 'email'),
  group_size: (registrant) => {
    if (registrant.kind !== 'group') return [];
    const stated = registrant.sections?.group?.['group_size'];
    return tryCoerce({ type: 'integer' }, stated) === undefined ? [registrant.memberCount ?? 0] : [stated];
  },
  age: (registrant, today) =>
    registrant.kind === 'individual' && registrant.birthDate ? [ageOn(registrant.birthDate, today)] : [],
};

/** Whether an attribute's value is more than what stands at its paths. */
export const isWorkedOut = ({ name, path }: Attribute): boolean =>
  Object.hasOwn(special, name) && path[0] !== 'attributes';

const rawValues = (attribute: Attribute, registrant: Registrant, today: string): unknown[] => {
  const own = isWorkedOut(attribute) && special[attribute.name];
  if (own) return own(registrant, today);
  const out: unknown[] = [];
  walk(registrant, attribute.path, 0, out);
  for (const path of attribute.alsoAt ?? []) walk(registrant, path, 0, out);
  if (registrant.facts) {
    for (const facts of Object.values(registrant.facts)) {
      if (Object.hasOwn(facts, attribute.name)) out.push(...(facts[attribute.name] ?? []));
    }
  }
  return out;
};

/** The key of what stood in a document; `undefined` when there is none, or it does not fit the attribute's type. */
export const keyOf = (attribute: Attribute, raw: unknown): Key | undefined => {
  if (raw === undefined || raw === null || raw === '') return undefined;
  const value = tryCoerce(attribute, raw);
  return value === undefined ? undefined : toKey(value);
};

/**
 * The values of an attribute that a registrant has, each once, in the form in which they are compared. Both what is
 * written for searching and the evaluator in memory read through this, so they agree. A value that does not fit the
 * attribute's type is no value.
 */
export const valuesOf = (attribute: Attribute, registrant: Registrant, today: string): readonly Key[] => {
  const keys: Key[] = [];
  for (const raw of rawValues(attribute, registrant, today)) {
    const key = keyOf(attribute, raw);
    if (key !== undefined && !keys.includes(key)) keys.push(key);
  }
  return keys;
};
