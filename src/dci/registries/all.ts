import { Fault } from '../../core/fault.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import type { Kind, Registrant } from '../../registry/model.ts';
import { crvs } from './crvs.ts';
import { dr } from './dr.ts';
import { type RegistryEvent, toEventWord } from './event.ts';
import { fr } from './fr.ts';
import { ibr } from './ibr.ts';
import type { ReadRecord, RecordContext, RegistryDefinition, RegistryName } from './registry.ts';
import { social } from './social.ts';

export type { MemberDraft } from './group.ts';
export {
  type EnrolmentSaid,
  type ReadRecord,
  type RecordContext,
  type RegistryName,
  registryNames,
} from './registry.ts';

export const registries: Readonly<Record<RegistryName, RegistryDefinition>> = { social, crvs, dr, fr, ibr };

/** `ns:org:RegistryType:Social`, `https://…/FR` → the last segment in lower case (dci.md §9.1). */
const lastSegment = (word: string): string => {
  const text = word.trim();
  const end = Math.max(text.lastIndexOf(':'), text.lastIndexOf('/'), text.lastIndexOf('#'));
  return text.slice(end + 1).toLowerCase();
};

const byRegType = new Map(
  Object.values(registries).flatMap((definition) => definition.alsoKnownAs.map((word) => [word, definition] as const)),
);

/** The registry that a `reg_type` means; `undefined` for words that mean none, which the standard leaves free. */
export const findByRegType = (regType: string | undefined): RegistryDefinition | undefined =>
  regType === undefined ? undefined : byRegType.get(lastSegment(regType));

const kindWords = new Map<string, Kind>([
  ...['group', 'household', 'family'].map((word) => [word, 'group'] as const),
  ...['member', 'person', 'individual', 'srperson', 'beneficiary'].map((word) => [word, 'individual'] as const),
]);

/** The kind of registrant that a record type means: `Group`, `spdci-extensions-dci:Member`, `PERSON`. */
export const findKind = (recordType: string | undefined): Kind | undefined =>
  recordType === undefined ? undefined : kindWords.get(lastSegment(recordType));

/**
 * The event that a peer's word means: one of this registry, else of any other, as all of them hold the same persons;
 * `undefined` for words that mean none.
 */
export const findEvent = (definition: RegistryDefinition, word: string): RegistryEvent | undefined => {
  const asked = toEventWord(word);
  return [definition, ...Object.values(registries)]
    .flatMap(({ events }) => events)
    .find(({ words }) => words.includes(asked));
};

const byName = new Map(Object.values(registries).flatMap(({ events }) => events.map((event) => [event.name, event])));

/** An event by our own name of it. */
export const eventOf = (name: string): RegistryEvent | undefined => byName.get(name);

/** A registrant as a record of one registry (dci.md §9.3, §9.4). */
export const toRecord = (registry: RegistryName, registrant: Registrant, context: RecordContext): JsonObject =>
  registries[registry].toRecord(registrant, context);

/**
 * Reads a record of one registry: what `toRecord` writes, and what older layouts and peers do (dci.md §9.3, §11).
 *
 * Every member comes back in `toRecord`: what has a home of its own in the registrant stands there, all else in its
 * sections. Throws `record.invalid` for what is no record.
 */
export const fromRecord = (registry: RegistryName, record: unknown): ReadRecord => {
  if (!isObject(record)) throw new Fault('record.invalid', 'a record must be a JSON object', { path: '' });
  const read = registries[registry].fromRecord(record as JsonObject);
  const names = read.draft.identifiers.length > 0 || read.draft.name !== undefined || (read.members?.length ?? 0) > 0;
  if (!names) {
    throw new Fault('record.invalid', `the record tells nobody apart: it has neither identifier nor name`, {
      path: '',
    });
  }
  return read;
};
