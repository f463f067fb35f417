import type { Json, JsonObject } from '../core/json.ts';

/** A registrant is a person or a group of persons (household, family). */
export const kinds = ['individual', 'group'] as const;
export type Kind = (typeof kinds)[number];

/** `type` is a code of the identifier vocabulary (`national_id`, `household_id`, …; dci.md §15.5), compared without case. */
export interface Identifier {
  readonly type: string;
  readonly value: string;
  /** `YYYY-MM-DD`. An identifier whose end has passed frees its value. */
  readonly start?: string;
  readonly end?: string;
}

export interface PersonName {
  readonly family?: string;
  readonly given?: string;
  readonly middle?: string;
  readonly maiden?: string;
  readonly prefix?: string;
  readonly suffix?: string;
  /** The name as a whole, when somebody gave it; else it is built from the parts. */
  readonly text?: string;
}

export interface ContactPoint {
  readonly system: 'phone' | 'email' | 'fax' | 'url' | 'sms';
  readonly value: string;
  readonly use?: 'home' | 'work' | 'mobile';
  readonly rank?: number;
}

/** Free parts and codes side by side: field forms know words, registries know codes. */
export interface Address {
  readonly type?: 'physical' | 'postal' | 'both';
  readonly text?: string;
  readonly lines?: readonly string[];
  readonly city?: string;
  readonly district?: string;
  readonly state?: string;
  readonly postalCode?: string;
  readonly country?: string;
  readonly regionCode?: string;
  readonly subRegionCode?: string;
  /** DCI `geo_location` (plus code and geometry), as it came. */
  readonly geoLocation?: JsonObject;
}

/** A point in WGS 84 degrees, metres for altitude and accuracy; `place` is a DCI Place as it came. */
export interface Location {
  readonly latitude?: number;
  readonly longitude?: number;
  readonly altitude?: number;
  readonly accuracy?: number;
  readonly place?: JsonObject;
}

/** A stored file: where its bytes lie is the blob store's business. */
export interface Attachment {
  readonly name: string;
  readonly contentType: string;
  readonly blob: string;
  readonly size: number;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
}

/**
 * What the five registries know beyond the common parts, in the field names of dci.md §9.4, as it came.
 * `member` Member, `vital` CRVSPerson, `disability` PWDPerson, `farm` Farmer, `benefit` Beneficiary, `group` Group.
 */
export const sectionNames = ['member', 'vital', 'disability', 'farm', 'benefit', 'group'] as const;
export type SectionName = (typeof sectionNames)[number];
export type Sections = { readonly [name in SectionName]?: JsonObject };

interface Common {
  readonly active: boolean;
  readonly identifiers: readonly Identifier[];
  readonly telecom?: readonly ContactPoint[];
  readonly addresses?: readonly Address[];
  readonly location?: Location;
  /** Date or timestamp, as given. */
  readonly registrationDate?: string;
  readonly photo?: Attachment;
  readonly documents?: readonly Attachment[];
  readonly sections?: Sections;
  /** Open attributes; scalar values (and lists of them) can be searched once their name is in the catalogue. */
  readonly attributes?: { readonly [name: string]: Json };
}

/** What a writer says of a person. */
export interface IndividualDraft extends Common {
  readonly kind: 'individual';
  readonly name?: PersonName;
  /** `YYYY-MM-DD`. */
  readonly birthDate?: string;
  readonly birthDateEstimated?: boolean;
  readonly deathDate?: string;
  /** ISO 5218: `0` not known, `1` male, `2` female, `9` not applicable. */
  readonly sex?: '0' | '1' | '2' | '9';
}

/** What a writer says of a group; its members are memberships of their own. */
export interface GroupDraft extends Common {
  readonly kind: 'group';
  readonly name?: string;
  /** `household`, `family`, `organization`, `other` or a deployment's code. */
  readonly groupType?: string;
}

export type Draft = IndividualDraft | GroupDraft;

/** Who wrote something: `odk:pilot`, `import`, `dci:crvs.example.org`, `api:client_…`, `user:…`. */
export type Writer = string;

interface Kept {
  /** UUID; also the registrant's identifier of type `system_id`, for life. */
  readonly id: string;
  /** Place in the order of registration; for doors whose clients know records by integers. */
  readonly seq?: number;
  /** Grows by one with each change of what the representation shows, members included. */
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  /**
   * Last writer of each field: path in the draft (`name.family`, `attributes.rooms`) → writer. The entry `*` stands
   * for every field that holds a value and is not named. Ask `writerOf` (provenance.ts).
   */
  readonly provenance: { readonly [path: string]: Writer };
  /**
   * What other modules know of the registrant (its enrolments, say), put here so that it can be searched: module →
   * attribute → values. No draft carries it and no save changes it; see `setFacts`.
   */
  readonly facts?: Facts;
}

/** Searchable values by attribute, by the module that knows them. */
export interface Facts {
  readonly [source: string]: { readonly [attribute: string]: readonly (string | number | boolean)[] };
}

export type Individual = IndividualDraft & Kept;
export type Group = GroupDraft & Kept & { /** Live members. */ readonly memberCount?: number };
export type Registrant = Individual | Group;

/** A person's belonging to a group. At most one live membership per pair; ended ones stay as history. */
export interface Membership {
  readonly groupId: string;
  readonly individualId: string;
  /** Codes of the membership vocabulary: `head`, `spouse`, `child`, … */
  readonly roles: readonly string[];
  /** `YYYY-MM-DD`. */
  readonly start?: string;
  readonly end?: string;
  readonly live: boolean;
}
