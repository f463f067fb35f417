import type { Json, JsonObject } from '../../core/json.ts';
import type { ChangeType } from '../../registry/index.ts';
import type { Individual, Registrant, SectionName } from '../../registry/model.ts';
import { asObject, same, toList } from './wire.ts';

/** What happened to a registrant, as far as an event can ask. */
export interface Happened {
  readonly type: ChangeType;
  /** `YYYY-MM-DD` */
  readonly day: string;
  /** `null`: it was not there before; or it is not there any more. */
  readonly before: Registrant | null;
  readonly after: Registrant | null;
  readonly detail: JsonObject;
}

/** One sort of event that can be subscribed to (dci.md §9.2). */
export interface RegistryEvent {
  /** Unique over all registries. */
  readonly name: string;
  /** What peers call it: last segments in lower case, without `_`, `-` and blanks. */
  readonly words: readonly string[];
  /** The changes of the registry's feed that can be such an event. */
  readonly changes: readonly ChangeType[];
  /** Whether a change of these types is one; absent: each is. */
  readonly is?: (what: Happened) => boolean;
  /** The change is one of a group, and persons it tells of are those that the change names. */
  readonly ofMembers?: true;
}

/** `spdci-common:RegistryEventType:LiveBirth`, `live_birth` → `livebirth`. */
export const toEventWord = (word: string): string =>
  (/[^:/#]*$/.exec(word.trim())?.[0] ?? '').toLowerCase().replaceAll(/[\s_-]/g, '');

const saved: readonly ChangeType[] = ['registrant.registered', 'registrant.updated'];

const register: RegistryEvent = {
  name: 'register',
  words: ['register', 'registration', 'registered', 'new', 'newregistration', 'create'],
  changes: ['registrant.registered', 'registrant.reactivated'],
};

/** An enrolment that the registrant's own record says too: its save is told already, in the same commit. */
export const isTold = ({ detail }: Happened): boolean => detail['told'] === true;

const update: RegistryEvent = {
  name: 'update',
  words: ['update', 'updated', 'correction', 'change', 'changed', 'modify'],
  changes: [
    'registrant.updated',
    'membership.added',
    'membership.ended',
    'membership.changed',
    'enrolment.added',
    'enrolment.changed',
    'benefit.added',
    'benefit.changed',
  ],
  is: (what) => !isTold(what),
};

const deregister: RegistryEvent = {
  name: 'deregister',
  words: ['deregister', 'deregistration', 'deregistered', 'unregister'],
  changes: ['registrant.deactivated', 'registrant.deleted'],
};

const remove: RegistryEvent = {
  name: 'delete',
  words: ['delete', 'deleted', 'deletion', 'remove'],
  changes: ['registrant.deleted'],
};

/** What every registry can tell of those whom it knows. */
export const laterEvents: readonly RegistryEvent[] = [update, deregister, remove];
/** The same, and that somebody is new; for registries without a section of their own. */
export const commonEvents: readonly RegistryEvent[] = [register, ...laterEvents];

const section = (registrant: Registrant | null, name: SectionName): JsonObject | undefined =>
  registrant?.sections?.[name];

/** Whether the registrant became known to the registry that keeps this section. */
export const gains =
  (name: SectionName) =>
  ({ before, after }: Happened): boolean =>
    section(before, name) === undefined && section(after, name) !== undefined;

/**
 * Registration in a registry with a section of its own: of a new registrant, or of one who was known before and now
 * got that section.
 */
export const registerIn = (name: SectionName): RegistryEvent => ({
  ...register,
  name: `register.${name}`,
  changes: [...register.changes, 'registrant.updated'],
  is: (what) => what.type !== 'registrant.updated' || gains(name)(what),
});

/** As `registerIn`, but of those only who have the section. */
export const becomes = (
  name: SectionName,
  words: readonly string[],
  is: (what: Happened) => boolean = () => true,
): RegistryEvent => ({
  name: `${name}.${words[0]}`,
  words,
  changes: saved,
  is: (what) => gains(name)(what) && is(what),
});

/** The entries of a list in a section; lists of one may stand without their brackets. */
export const entriesOf = (registrant: Registrant | null, name: SectionName, member: string): readonly Json[] =>
  toList(section(registrant, name)?.[member]);

/** Whether the list got an entry that it had not. */
export const hasNewEntry = (what: Happened, name: SectionName, member: string): boolean => {
  const before = entriesOf(what.before, name, member);
  return entriesOf(what.after, name, member).some((entry) => !before.some((old) => same(old, entry)));
};

/** An event of persons, recognised by what their record says before and after. */
export const vital = (
  name: string,
  words: readonly string[],
  is: (before: Individual | undefined, after: Individual, what: Happened) => boolean,
): RegistryEvent => ({
  name,
  words,
  changes: saved,
  is: (what) => {
    const { before, after } = what;
    if (after?.kind !== 'individual' || before?.kind === 'group') return false;
    return is(before ?? undefined, after, what);
  },
});

export const hasIdentifier = (registrant: Registrant | undefined, type: string): boolean =>
  registrant?.identifiers.some((held) => held.type.toLowerCase() === type) ?? false;

/** What stands in a member of a section, as an object. */
export const objectIn = (
  registrant: Registrant | undefined,
  name: SectionName,
  member: string,
): JsonObject | undefined => asObject(registrant?.sections?.[name]?.[member]);
