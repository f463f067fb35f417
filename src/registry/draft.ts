import { Fault } from '../core/fault.ts';
import { isObject } from '../core/json.ts';
import { isStorableText } from '../core/text.ts';
import { SYSTEM_ID, toIdentifierType } from './identifier-types.ts';
import { type Draft, type Identifier, kinds } from './model.ts';
import { isDate, tryCoerce } from './query/coerce.ts';

const MAX_DOCUMENT = 1024 * 1024;
const MAX_DEPTH = 64;
const MAX_LIST = 1000;
// An identifier is the key of an index, and of a link that somebody may have to type.
const MAX_IDENTIFIER = 300;

interface Problem {
  readonly path: string;
  readonly message: string;
}

const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= most;

const checkIdentifiers = (draft: Draft, ownId: string | undefined, problems: Problem[]): void => {
  if (!Array.isArray(draft.identifiers) || draft.identifiers.length > MAX_LIST) {
    problems.push({ path: '/identifiers', message: `must be a list of at most ${MAX_LIST}` });
    return;
  }
  for (const [i, identifier] of draft.identifiers.entries()) {
    const path = `/identifiers/${i}`;
    if (!isObject(identifier as unknown)) {
      problems.push({ path, message: 'must be an identifier' });
      continue;
    }
    if (!isText(identifier.type, 100)) problems.push({ path: `${path}/type`, message: 'must be a type' });
    else if (toIdentifierType(identifier.type) === SYSTEM_ID && identifier.value !== ownId) {
      problems.push({ path: `${path}/value`, message: 'is given by this registry and cannot be chosen' });
    }
    if (!isText(identifier.value, MAX_IDENTIFIER)) {
      problems.push({ path: `${path}/value`, message: `must be text of 1 to ${MAX_IDENTIFIER} characters` });
    }
    for (const end of ['start', 'end'] as const) {
      if (identifier[end] !== undefined && !(typeof identifier[end] === 'string' && isDate(identifier[end]))) {
        problems.push({ path: `${path}/${end}`, message: 'must be a date YYYY-MM-DD' });
      }
    }
  }
};

const checkFields = (draft: Draft, problems: Problem[]): void => {
  if (typeof draft.active !== 'boolean') problems.push({ path: '/active', message: 'must be true or false' });
  if (draft.registrationDate !== undefined && tryCoerce({ type: 'timestamp' }, draft.registrationDate) === undefined) {
    problems.push({ path: '/registrationDate', message: 'must be a date or an RFC 3339 time' });
  }
  for (const list of ['telecom', 'addresses', 'documents'] as const) {
    const value: unknown = draft[list];
    if (value !== undefined && !(Array.isArray(value) && value.length <= MAX_LIST && value.every(isObject))) {
      problems.push({ path: `/${list}`, message: `must be a list of at most ${MAX_LIST}` });
    }
  }
  for (const part of ['location', 'sections', 'attributes'] as const) {
    if (draft[part] !== undefined && !isObject(draft[part]))
      problems.push({ path: `/${part}`, message: 'must be an object' });
  }
  if (draft.kind === 'group') {
    if (draft.name !== undefined && typeof draft.name !== 'string') {
      problems.push({ path: '/name', message: 'must be text' });
    }
    return;
  }
  if (draft.name !== undefined && !isObject(draft.name)) problems.push({ path: '/name', message: 'must be an object' });
  for (const date of ['birthDate', 'deathDate'] as const) {
    if (draft[date] !== undefined && !(typeof draft[date] === 'string' && isDate(draft[date]))) {
      problems.push({ path: `/${date}`, message: 'must be a date YYYY-MM-DD' });
    }
  }
  if (draft.sex !== undefined && !['0', '1', '2', '9'].includes(draft.sex)) {
    problems.push({ path: '/sex', message: 'must be 0, 1, 2 or 9 (ISO 5218)' });
  }
};

/**
 * Walks the document for text that no database can hold and for depth; answers the first fault. Its path is put
 * together on the way back: nearly every document has none, and paths cost more than the walk.
 */
const findUnstorable = (value: unknown, depth: number): Problem | undefined => {
  if (typeof value === 'string') {
    return isStorableText(value) ? undefined : { path: '', message: 'holds a NUL character or half a surrogate pair' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) return { path: '', message: `is nested deeper than ${MAX_DEPTH} levels` };
  for (const key of Object.keys(value)) {
    const problem = isStorableText(key)
      ? findUnstorable((value as Record<string, unknown>)[key], depth + 1)
      : { path: '', message: 'has a name that cannot be stored' };
    if (problem) {
      return { ...problem, path: `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}${problem.path}` };
    }
  }
  return undefined;
};

const isEmpty = (value: unknown): boolean =>
  value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

/** A member without what holds nothing; `undefined` when nothing is left of it. */
const pruned = (key: string, value: unknown, ownId: string | undefined): unknown => {
  if (key === 'identifiers') {
    const isOwn = ({ type, value: id }: Identifier): boolean => id === ownId && toIdentifierType(type) === SYSTEM_ID;
    const identifiers = value as readonly Identifier[];
    return identifiers.some(isOwn) ? identifiers.filter((one) => !isOwn(one)) : identifiers;
  }
  if ((key === 'name' || key === 'sections' || key === 'attributes' || key === 'location') && isObject(value)) {
    const isNothing = (part: unknown): boolean => part === undefined || (key === 'sections' && isEmpty(part));
    if (!Object.values(value).some(isNothing)) return isEmpty(value) ? undefined : value;
    const parts = Object.entries(value).filter(([, part]) => !isNothing(part));
    return parts.length === 0 ? undefined : Object.fromEntries(parts);
  }
  return isEmpty(value) ? undefined : value;
};

/** Without members that hold nothing, so that two ways of saying nothing are one. Most drafts have none and stay. */
const prune = (draft: Draft, ownId: string | undefined): Draft => {
  const isKept = (key: string): boolean => {
    const value = draft[key as keyof Draft];
    return value !== undefined && pruned(key, value, ownId) === value;
  };
  if (Object.keys(draft).every(isKept)) return draft;
  const entries = Object.entries(draft).map(([key, value]) => [key, pruned(key, value, ownId)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as unknown as Draft;
};

/**
 * Checks a draft and brings it into the one form in which it is compared and stored. Throws `record.invalid` with
 * every fault; `index` is the place of the draft in its batch.
 */
export const prepareDraft = (draft: Draft, ownId: string | undefined, index: number): Draft => {
  const problems: Problem[] = [];
  if (!isObject(draft) || !kinds.includes(draft.kind)) {
    problems.push({ path: '/kind', message: 'must be individual or group' });
  } else {
    checkIdentifiers(draft, ownId, problems);
    checkFields(draft, problems);
    const unstorable = findUnstorable(draft, 1);
    if (unstorable) problems.push(unstorable);
  }
  if (problems.length > 0) throw invalidDraft(problems, index);
  return prune(draft, ownId);
};

export const invalidDraft = (problems: readonly Problem[], index: number): Fault =>
  new Fault('record.invalid', 'the record has faults', { index, errors: problems });

/** The JSON of a document, unless it is too large. */
export const toDocumentText = (document: object, index: number): string => {
  const text = JSON.stringify(document);
  if (text.length <= MAX_DOCUMENT) return text;
  throw invalidDraft([{ path: '', message: `is larger than ${MAX_DOCUMENT} characters` }], index);
};
