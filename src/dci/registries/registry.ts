import type { JsonObject } from '../../core/json.ts';
import type { Attribute } from '../../registry/attributes.ts';
import type { Draft, Kind, Registrant } from '../../registry/model.ts';
import type { Kinship } from '../../registry/ports.ts';
import type { RegistryEvent } from './event.ts';
import type { MemberDraft } from './group.ts';

/** The five registries of the standard that one server can be. */
export const registryNames = ['social', 'crvs', 'dr', 'fr', 'ibr'] as const;
export type RegistryName = (typeof registryNames)[number];

/** A programme that a record says its subject is enrolled in. */
export interface EnrolmentSaid {
  readonly programmeIdentifier?: string;
  readonly programmeName?: string;
  readonly status?: string;
  readonly date?: string;
}

/** What a record of the wire holds, in our words. */
export interface ReadRecord {
  readonly draft: Draft;
  /** Members of the group, registrants of their own; absent when the record says nothing of members. */
  readonly members?: readonly MemberDraft[];
  readonly enrolments: readonly EnrolmentSaid[];
}

/** What a record shows beside its subject. */
export interface RecordContext {
  /** Members of a group, or groups of a person. */
  readonly kin: readonly Kinship[];
  /** `YYYY-MM-DD`: what has ended by then is not shown. */
  readonly today: string;
}

/** One registry of the standard: what it is called on the wire, and how its records look (dci.md §9). */
export interface RegistryDefinition {
  readonly name: RegistryName;
  /** What we call it in `reg_type`, and the last segments, in lower case, by which others do. */
  readonly regType: string;
  readonly alsoKnownAs: readonly string[];
  /** What we call its records in `reg_record_type`; a kind that is absent has no records here. */
  readonly recordTypes: { readonly individual: string; readonly group?: string };
  /** Whether the members of a group belong into its records. */
  readonly showsKin: (kind: Kind) => boolean;
  /** Names of this registry for attributes of the catalogue. */
  readonly aliases: { readonly [name: string]: string };
  readonly decode?: (attribute: Attribute, value: unknown) => unknown;
  /** What can be subscribed to here; what others tell can be asked for, too (`findEvent`). */
  readonly events: readonly RegistryEvent[];
  /**
   * What a notification says in `reg_event_type`, where the standard leaves few words (dci.md §7.3); `undefined`: it
   * says nothing there. `askedAs` is the subscriber's own word.
   */
  readonly tellEvent: (event: RegistryEvent, askedAs: string) => string | undefined;
  readonly toRecord: (registrant: Registrant, context: RecordContext) => JsonObject;
  /** Reads a record, older layouts included; throws `record.invalid` for what is none. */
  readonly fromRecord: (record: JsonObject) => ReadRecord;
}
