import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { sectionNames } from '../model.ts';

/**
 * Registrants as API V2 writes them (api-v2.md §7–§9). Members beyond those of the contract, marked *ours*, carry what
 * else the registry knows, so that nothing is lost between an export and the import of it; clients ignore what they
 * do not know (api-v2.md §23).
 *
 * The schemas describe input: they say nothing of members that are not read, because old clients send them back.
 */

// Long enough for every real value, short enough that no index entry grows past what PostgreSQL takes (2,700 bytes).
const SHORT = 255;
const LONG = 2000;

const text = (maxLength = SHORT) => Type.String({ maxLength });
const date = () => Type.String({ format: 'date' });
const optional = <T extends TSchema>(schema: T) => Type.Optional(schema);
const oneOf = <const T extends readonly string[]>(...values: T) => Type.Unsafe<T[number]>({ enum: values });

export const Period = Type.Object({ start: optional(date()), end: optional(date()) });

export const IdentifierJson = Type.Object({
  system: Type.String({ minLength: 1, maxLength: SHORT }),
  value: Type.String({ minLength: 1, maxLength: SHORT }),
  period: optional(Period),
});

export const CodeableConcept = Type.Object({
  coding: optional(
    Type.Array(
      Type.Object({
        system: optional(text()),
        code: Type.String({ minLength: 1, maxLength: SHORT }),
        display: optional(text()),
      }),
      { maxItems: 20 },
    ),
  ),
  text: optional(text()),
});

export const ReferenceJson = Type.Object({
  reference: Type.String({ minLength: 1, maxLength: LONG }),
  display: optional(text(LONG)),
});

const HumanName = Type.Object({
  family: optional(text()),
  given: optional(text()),
  middle: optional(text()),
  maiden: optional(text()), // ours
  prefix: optional(text()),
  suffix: optional(text()),
  text: optional(text(1000)),
});

const ContactPointJson = Type.Object({
  system: oneOf('phone', 'email', 'fax', 'url', 'sms'),
  value: Type.String({ minLength: 1, maxLength: SHORT }),
  use: optional(oneOf('home', 'work', 'mobile')),
  rank: optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
});

const AddressJson = Type.Object({
  type: optional(oneOf('physical', 'postal', 'both')),
  text: optional(text(LONG)),
  line: optional(Type.Array(text(LONG), { maxItems: 20 })),
  city: optional(text()),
  district: optional(text()),
  state: optional(text()),
  postalCode: optional(text(64)),
  country: optional(text(64)),
  regionCode: optional(text()), // ours, as the next two: DCI addresses speak in codes (dci.md §9.3)
  subRegionCode: optional(text()),
  geoLocation: optional(Type.Record(Type.String(), Type.Unknown())),
});

const LocationJson = Type.Object({
  latitude: optional(Type.Number({ minimum: -90, maximum: 90 })),
  longitude: optional(Type.Number({ minimum: -180, maximum: 180 })),
  altitude: optional(Type.Number()),
  accuracy: optional(Type.Number({ minimum: 0 })),
  place: optional(Type.Record(Type.String(), Type.Unknown())),
});

/** A file with its bytes in base64. */
const DocumentJson = Type.Object({
  title: Type.String({ minLength: 1, maxLength: SHORT }),
  contentType: Type.String({ minLength: 1, maxLength: SHORT }),
  data: Type.String({ format: 'base64' }),
});

/** The limit of api-v2.md §8 for an encoded photo. */
export const MAX_PHOTO = 5 * 1024 * 1024;

export const SECTION_PREFIX = 'dci-';

/** `dci-farm` and its like must be objects; every other key may hold any value. */
const ExtensionMap = Type.Object(
  Object.fromEntries(
    sectionNames.map((name) => [
      `${SECTION_PREFIX}${name}`,
      optional(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])),
    ]),
  ),
  { maxProperties: 500, propertyNames: { minLength: 1, maxLength: 100 } },
);

const common = {
  identifier: Type.Array(IdentifierJson, { minItems: 1, maxItems: 100 }),
  active: optional(Type.Boolean()),
  address: optional(Type.Array(AddressJson, { maxItems: 50 })),
  telecom: optional(Type.Array(ContactPointJson, { maxItems: 50 })),
  location: optional(LocationJson), // ours
  registrationDate: optional(Type.Union([date(), Type.String({ format: 'date-time' })])), // ours
  photo: optional(Type.String({ format: 'base64', maxLength: MAX_PHOTO })),
  document: optional(Type.Array(DocumentJson, { maxItems: 100 })), // ours
  extension: optional(ExtensionMap),
};

export const IndividualJson = Type.Object({
  type: optional(Type.Literal('Individual')),
  resourceType: optional(Type.Literal('Individual')),
  ...common,
  name: optional(HumanName),
  birthDate: optional(date()),
  birthDateEstimated: optional(Type.Boolean()),
  deathDate: optional(date()), // ours
  gender: optional(CodeableConcept),
});
export type IndividualJson = Static<typeof IndividualJson>;

const MemberJson = Type.Object({
  entity: ReferenceJson,
  role: optional(CodeableConcept),
  period: optional(Period),
  inactive: optional(Type.Boolean()),
});

export const GroupJson = Type.Object({
  type: optional(Type.Literal('Group')),
  resourceType: optional(Type.Literal('Group')),
  ...common,
  groupType: optional(Type.String({ pattern: '^[\\p{L}\\p{N}_.:-]*$', maxLength: 64 })),
  name: optional(text(1000)),
  member: optional(Type.Array(MemberJson, { maxItems: 10_000 })),
});
export type GroupJson = Static<typeof GroupJson>;

export type PeriodJson = Static<typeof Period>;
export type ConceptJson = Static<typeof CodeableConcept>;
export type NameJson = Static<typeof HumanName>;
export type AddressJson = Static<typeof AddressJson>;
export type IdentifierJson = Static<typeof IdentifierJson>;
export type ContactPointJson = Static<typeof ContactPointJson>;
export type LocationJson = Static<typeof LocationJson>;
export type MemberJson = Static<typeof MemberJson>;
export type CommonJson = Pick<
  IndividualJson,
  'identifier' | 'active' | 'address' | 'telecom' | 'location' | 'registrationDate' | 'photo' | 'document' | 'extension'
>;
