import { isEqualJson } from '../core/equal.ts';
import { isObject } from '../core/json.ts';
import { toIdentifierType } from './identifier-types.ts';
import type { Draft, Registrant, Writer } from './model.ts';

/**
 * Who last wrote what. A draft is seen as fields, each with a path: parts of the name, attributes and members of
 * sections one by one; identifiers by type and value; contact points by system; documents by name; all else whole.
 */
type Fields = ReadonlyMap<string, unknown>;
type Provenance = Registrant['provenance'];

/** The entry that stands for all fields that hold a value and are not named. */
const ALL = '*';

const push = (fields: Map<string, unknown>, path: string, item: unknown): void => {
  const list = fields.get(path);
  if (Array.isArray(list)) list.push(item);
  else fields.set(path, [item]);
};

const notFields = new Set([
  'kind',
  'id',
  'seq',
  'version',
  'createdAt',
  'updatedAt',
  'provenance',
  'facts',
  'memberCount',
]);

/** The fields of a draft (or of a stored registrant), by path. */
export const toFields = (draft: Draft): Fields => {
  const fields = new Map<string, unknown>();
  for (const [key, value] of Object.entries(draft)) {
    if (value === undefined || notFields.has(key)) continue;
    if ((key === 'name' || key === 'attributes') && isObject(value)) {
      for (const [part, held] of Object.entries(value)) if (held !== undefined) fields.set(`${key}.${part}`, held);
    } else if (key === 'sections' && isObject(value)) {
      for (const [section, members] of Object.entries(value)) {
        for (const [member, held] of Object.entries(members ?? {})) fields.set(`sections.${section}.${member}`, held);
      }
    } else if (key === 'identifiers') {
      for (const one of draft.identifiers) push(fields, `identifiers.${toIdentifierType(one.type)}|${one.value}`, one);
    } else if (key === 'telecom') {
      for (const point of draft.telecom ?? []) push(fields, `telecom.${point.system}`, point);
    } else if (key === 'documents') {
      for (const document of draft.documents ?? []) push(fields, `documents.${document.name}`, document);
    } else fields.set(key, value);
  }
  return fields;
};

/** Parts without prototype, so that a part named `__proto__` is one like any other. */
const parts = (): Record<string, unknown> => Object.create(null);

/** The draft that has these fields: the inverse of `toFields`. */
export const fromFields = (kind: Draft['kind'], fields: Fields): Draft => {
  const draft = parts();
  const sections = new Map<string, Record<string, unknown>>();
  const inner = new Map<string, Record<string, unknown>>();
  const lists = new Map<string, unknown[]>([['identifiers', []]]);
  for (const [path, value] of fields) {
    const dot = path.indexOf('.');
    const key = dot < 0 ? path : path.slice(0, dot);
    const rest = path.slice(dot + 1);
    if (dot < 0) draft[key] = value;
    else if (key === 'sections') {
      const end = rest.indexOf('.');
      const name = rest.slice(0, end);
      const section = sections.get(name) ?? parts();
      section[rest.slice(end + 1)] = value;
      sections.set(name, section);
    } else if (key === 'name' || key === 'attributes') {
      const of = inner.get(key) ?? parts();
      of[rest] = value;
      inner.set(key, of);
    } else lists.set(key, [...(lists.get(key) ?? []), ...(value as unknown[])]);
  }
  for (const [key, of] of inner) draft[key] = { ...of };
  for (const [key, list] of lists) draft[key] = list;
  if (sections.size > 0) draft['sections'] = Object.fromEntries([...sections].map(([name, of]) => [name, { ...of }]));
  return { ...draft, kind } as unknown as Draft;
};

/** The last writer of a field; `undefined` where nobody ever wrote. A field that somebody cleared has a writer. */
export const writerOf = (registrant: Registrant, path: string): Writer | undefined =>
  ownWriter(registrant.provenance, path) ?? (toFields(registrant).has(path) ? registrant.provenance[ALL] : undefined);

const ownWriter = (provenance: Provenance, path: string): Writer | undefined =>
  Object.hasOwn(provenance, path) ? provenance[path] : undefined;

/** The provenance after `by` turned `before` into `after`: only what differs becomes theirs. */
export const trackProvenance = (before: Registrant | undefined, after: Draft, by: Writer): Provenance => {
  if (!before) return { [ALL]: by };
  const old = toFields(before);
  const now = toFields(after);
  const entries = new Map(Object.entries(before.provenance));
  for (const [path, value] of now) {
    if (isEqualJson(old.get(path), value)) continue;
    if (entries.get(ALL) === by) entries.delete(path);
    else entries.set(path, by);
  }
  for (const path of old.keys()) if (!now.has(path)) entries.set(path, by);
  return Object.fromEntries(entries);
};

export interface MergeRules {
  /** `own`: only fields whose last writer is the writer itself, or nobody. `any`: all fields. */
  readonly overwrites: 'own' | 'any';
  /** What a field means that the draft lacks: `clear` it (where it may be overwritten) or `keep` it. */
  readonly absent: 'clear' | 'keep';
}

/** A value that a writer brought and was not entitled to write. */
export interface Proposal {
  readonly path: string;
  readonly current: unknown;
  readonly proposed: unknown;
  /** Who wrote the current value. */
  readonly writer: Writer;
}

export interface Merged {
  readonly draft: Draft;
  readonly proposals: readonly Proposal[];
}

/**
 * Lays what a writer brings over what is stored. Fields that others wrote stay as they are under the rule `own`, and
 * what the writer would have put there comes back as proposals.
 */
export const merge = (current: Registrant | undefined, incoming: Draft, writer: Writer, rules: MergeRules): Merged => {
  if (!current) return { draft: incoming, proposals: [] };
  const stored = toFields(current);
  const brought = toFields(incoming);
  const fields = new Map(stored);
  const proposals: Proposal[] = [];
  const holderOf = (path: string): Writer | undefined =>
    ownWriter(current.provenance, path) ?? (stored.has(path) ? current.provenance[ALL] : undefined);
  const mayWrite = (path: string): boolean => {
    const holder = holderOf(path);
    return rules.overwrites === 'any' || holder === undefined || holder === writer;
  };
  for (const [path, value] of brought) {
    if (isEqualJson(stored.get(path), value)) continue;
    if (mayWrite(path)) fields.set(path, value);
    else proposals.push({ path, current: stored.get(path), proposed: value, writer: holderOf(path) as Writer });
  }
  if (rules.absent === 'clear') {
    for (const path of stored.keys()) if (!brought.has(path) && mayWrite(path)) fields.delete(path);
  }
  return { draft: fromFields(incoming.kind, fields), proposals };
};
