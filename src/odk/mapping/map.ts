import type { IndividualDraft } from '../../registry/index.ts';
import { type Evaluation, expressionValue, leafValue } from './evaluate.ts';
import { rowsOf, type Scope, submissionScope } from './expressions/scope.ts';
import { combine, type MappedRegistrant, mapRegistrant } from './map-registrant.ts';
import type { HeadMapping, MappedExpression, Mapping, MembersMapping } from './model.ts';
import { isNothing, MapFault, single, toTarget } from './values.ts';

/** A member of a household as one submission tells it. */
export interface MappedMember {
  /** Complete keys in order of trust, `rank:value`; none when the member has to be known by position and name. */
  readonly keys: readonly string[];
  /** No key of its own, or one that another row has too: matched by likeness, and flagged. */
  readonly weak: boolean;
  readonly position: number;
  readonly registrant: MappedRegistrant;
  readonly roles: readonly string[];
}

export interface MappedSubmission {
  /** What tells this group (or person) from others of the source. */
  readonly key: string;
  readonly subject: MappedRegistrant;
  /** Absent where the mapping knows no members. */
  readonly members: readonly MappedMember[] | undefined;
}

interface Row {
  readonly scope: Scope;
  readonly registrant: MappedRegistrant;
  readonly keys: readonly (string | undefined)[];
  readonly relationship: string | undefined;
  readonly saysHead: boolean;
}

/** The results of key expressions, in order of trust; incomplete ones are `undefined`. */
const keysOf = (
  evaluation: Evaluation,
  expressions: readonly MappedExpression[],
  scope: Scope,
): (string | undefined)[] =>
  expressions.map((expression) => {
    const value = expressionValue(evaluation, expression, scope);
    if (isNothing(value) || (Array.isArray(value) && value.some(isNothing))) return undefined;
    return JSON.stringify(value);
  });

const readRow = (evaluation: Evaluation, mapping: MembersMapping, scope: Scope): Row => {
  const registrant = mapRegistrant(evaluation, mapping.individual, scope, `members[${scope.index}]`);
  const relation = mapping.relationship && leafValue(evaluation, mapping.relationship, scope);
  const relationship = relation && toTarget(relation.value, { type: 'text' }, relation.path);
  if (relation && relationship !== undefined) {
    evaluation.trace?.push({
      target: `members[${scope.index}].relationship`,
      source: relation.path,
      value: relationship,
    });
  }
  const head = mapping.isHead && leafValue(evaluation, mapping.isHead, scope);
  if (head && !isNothing(head.value) && typeof single(head.value, head.path) !== 'boolean') {
    throw new MapFault('bad-type', head.path, head.value);
  }
  return {
    scope,
    registrant,
    keys: keysOf(evaluation, mapping.keys, scope),
    relationship: relationship as string | undefined,
    saysHead: head ? single(head.value, head.path) === true : relationship === 'head',
  };
};

/** One of several candidates for the head, as the policies say. */
const choose = (candidates: readonly Row[], head: HeadMapping, path: string): Row | undefined => {
  if (candidates.length === 0) {
    if (head.missing === 'fail') throw new MapFault('head-missing', path, null);
    return undefined;
  }
  if (candidates.length > 1 && head.ambiguous !== 'first') {
    const numbers = candidates.map(({ scope }) => scope.index);
    if (head.ambiguous === 'fail') throw new MapFault('head-ambiguous', path, numbers);
    return undefined;
  }
  return candidates[0];
};

const isBlank = ({ draft, files }: MappedRegistrant): boolean => {
  const { kind: _kind, active: _active, identifiers, ...rest } = draft;
  return identifiers.length === 0 && files.length === 0 && Object.keys(rest).length === 0;
};

/** Rows that are the person of the head's own questions: by key, or by family name and birth date without one. */
const rowsOfPerson = (
  rows: readonly Row[],
  person: IndividualDraft,
  keys: readonly string[],
  hasKeys: boolean,
): Row[] => {
  if (hasKeys) return rows.filter((row) => row.keys.some((key) => key !== undefined && keys.includes(key)));
  const { birthDate } = person;
  const family = person.name?.family;
  if (family === undefined || birthDate === undefined) return [];
  return rows.filter(({ registrant }) => {
    const draft = registrant.draft as IndividualDraft;
    return draft.name?.family === family && draft.birthDate === birthDate;
  });
};

const rolesOf = (relationship: string | undefined, isHead: boolean): string[] => {
  // Who is not the head is not called so, whatever the row says: a household has one.
  const own = relationship === undefined || relationship === 'head' ? [] : [relationship];
  return isHead ? ['head', ...own] : own;
};

const toMembers = (rows: readonly Row[], head: Row | undefined): MappedMember[] => {
  const counts = new Map<string, number>();
  const named = rows.map((row) => row.keys.map((key, rank) => (key === undefined ? undefined : `${rank}:${key}`)));
  for (const key of named.flat()) if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  return rows.map((row, position) => {
    const keys = (named[position] ?? []).filter((key) => key !== undefined);
    const [first] = keys;
    return {
      keys: keys.filter((key) => counts.get(key) === 1),
      weak: first === undefined || counts.get(first) !== 1,
      position,
      registrant: row.registrant,
      roles: rolesOf(row.relationship, row === head),
    };
  });
};

const mapMembers = (evaluation: Evaluation, mapping: Mapping, members: MembersMapping, top: Scope): MappedMember[] => {
  const { head } = mapping;
  const path = members.each.join('.');
  let rows = rowsOf(top, members.each).map((scope) => readRow(evaluation, members, scope));
  if (head.mode === 'group' && head.person) {
    const person = mapRegistrant(evaluation, head.person, top, 'head');
    if (!isBlank(person)) {
      const keys = keysOf(evaluation, head.personKeys, top);
      const complete = keys.filter((key) => key !== undefined);
      const same = rowsOfPerson(rows, person.draft as IndividualDraft, complete, head.personKeys.length > 0);
      if (same.length > 1 && head.ambiguous !== 'first') {
        const found = choose(same, head, path);
        if (!found) return toMembers(rows, undefined);
      }
      const [row] = same;
      const known: Row = row
        ? { ...row, registrant: combine(row.registrant, person) }
        : { scope: top, registrant: person, keys, relationship: undefined, saysHead: true };
      rows = row ? rows.map((one) => (one === row ? known : one)) : [known, ...rows];
      return toMembers(rows, known);
    }
  }
  if (rows.length === 0) {
    if (members.allowEmpty) return [];
    throw new MapFault(head.missing === 'fail' ? 'head-missing' : 'required-missing', path, null);
  }
  const candidates =
    head.mode === 'first' ? rows.slice(0, 1) : head.mode === 'group' ? [] : rows.filter(({ saysHead }) => saysHead);
  return toMembers(rows, choose(candidates, head, path));
};

/** What stands at a path of dots, for a dead letter. */
const valueAt = (submission: unknown, path: string): unknown => {
  let at = submission;
  for (const step of path.split('.')) {
    at = typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? at[step as never] : undefined;
  }
  return at ?? null;
};

/**
 * Turns one submission, as OData delivers it with `$expand=*`, into a group with members (or one person). Throws a
 * `MapFault` where it cannot be, and does nothing but compute.
 */
export const mapSubmission = (mapping: Mapping, submission: unknown, evaluation: Evaluation): MappedSubmission => {
  const top = submissionScope(submission);
  for (const { path, condition } of mapping.require) {
    const met = expressionValue(evaluation, condition, top);
    if (single(met, path) !== true) throw new MapFault('required-missing', path, valueAt(submission, path));
  }
  const key = keysOf(evaluation, mapping.keys, top).find((one) => one !== undefined);
  if (key === undefined) {
    const [expression] = mapping.keys;
    throw new MapFault('required-missing', expression?.label(top) ?? '', null);
  }
  return {
    key,
    subject: mapRegistrant(evaluation, mapping.subject, top, mapping.subject.kind),
    members: mapping.members && mapMembers(evaluation, mapping, mapping.members, top),
  };
};
