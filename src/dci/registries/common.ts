import type { Json, JsonObject } from '../../core/json.ts';
import type { Address, ContactPoint, Draft } from '../../registry/model.ts';
import { normalDate, readTime, toDateTime } from './dates.ts';
import type { Field } from './field.ts';
import { asObject, type Members, renamed, toList, unlabelled } from './wire.ts';

const addressMembers = [
  'address_line_1',
  'address_line_2',
  'locality',
  'sub_region_code',
  'region_code',
  'postal_code',
  'country_code',
  'geo_location',
] as const;
const olderAddress = { address_line1: 'address_line_1', address_line2: 'address_line_2' };

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

const readAddress = (wire: Json): Address | undefined => {
  if (typeof wire === 'string') return { text: wire };
  const entry = asObject(wire);
  if (!entry) return undefined;
  const at = (name: (typeof addressMembers)[number]): string | undefined => text(entry[name]);
  const lines = [at('address_line_1'), at('address_line_2')].filter((line) => line !== undefined);
  const geoLocation = asObject(entry['geo_location']);
  const address: Partial<Record<keyof Address, unknown>> = {
    ...(lines.length > 0 && { lines }),
    city: at('locality'),
    subRegionCode: at('sub_region_code'),
    regionCode: at('region_code'),
    postalCode: at('postal_code'),
    country: at('country_code'),
    geoLocation,
  };
  return Object.fromEntries(Object.entries(address).filter(([, value]) => value !== undefined)) as Address;
};

const writeAddress = (address: Address): JsonObject => {
  const [first = address.text, ...others] = address.lines ?? [];
  const out: Members = {};
  const put = (name: (typeof addressMembers)[number], value: Json | undefined): void => {
    if (value !== undefined && value !== '') out[name] = value;
  };
  put('address_line_1', first);
  put('address_line_2', others.join(', '));
  put('country_code', address.country);
  put('geo_location', address.geoLocation);
  // What forms ask in words has no member of its own; the nearest town-like word is worth more than none.
  put('locality', address.city ?? address.district ?? address.state);
  put('postal_code', address.postalCode);
  put('region_code', address.regionCode);
  put('sub_region_code', address.subRegionCode);
  return out;
};

/** `address` ↔ `addresses`: a list; one object or a line of text is read too. */
export const addressField: Field<Draft, readonly Address[]> = {
  name: 'address',
  read: (wire) => {
    const list = toList(wire).map(readAddress);
    return list.every((one) => one !== undefined) && list.length > 0 ? list : undefined;
  },
  write: (addresses) => addresses.map(writeAddress),
  normal: (wire) =>
    toList(wire).map((one) => {
      const entry = asObject(one);
      return entry ? unlabelled(renamed(entry, olderAddress)) : { address_line_1: one };
    }),
  get: (subject) => (subject.addresses?.length ? subject.addresses : undefined),
  set: (draft, value) => {
    draft.addresses = value;
  },
};

/** Members of addresses that older layouts spell otherwise, put right before the address is read. */
export const presentAddress = (wire: Json): Json =>
  Array.isArray(wire)
    ? wire.map(presentAddress)
    : ((asObject(wire) && renamed(wire as JsonObject, olderAddress)) ?? wire);

/** `phone_number` and `email` ↔ contact points of one system. */
export const contactField = (
  name: string,
  system: ContactPoint['system'],
  systems: readonly ContactPoint['system'][],
): Field<Draft, readonly string[]> => ({
  name,
  read: (wire) => {
    const list = toList(wire).map(text);
    return list.every((one) => one !== undefined) && list.length > 0 ? list : undefined;
  },
  write: (values) => [...values],
  normal: (wire) => [...toList(wire)],
  get: (subject) => {
    const values = (subject.telecom ?? []).filter((point) => systems.includes(point.system)).map(({ value }) => value);
    return values.length > 0 ? values : undefined;
  },
  set: (draft, values) => {
    draft.telecom = [...(draft.telecom ?? []), ...values.map((value): ContactPoint => ({ system, value }))];
  },
});

/** `registration_date`, with its time where it has one. */
export const registrationDateField: Field<Draft, string> = {
  name: 'registration_date',
  read: readTime,
  write: toDateTime,
  normal: normalDate,
  get: (subject) => subject.registrationDate,
  set: (draft, value) => {
    draft.registrationDate = value;
  },
};

/** `additional_attributes` ↔ open attributes: a list of `{key, value}`; a plain map is read too. */
export const additionalAttributesField: Field<Draft, NonNullable<Draft['attributes']>> = {
  name: 'additional_attributes',
  read: (wire) => {
    const map = asObject(wire);
    if (map) return map;
    const entries = toList(wire).map((one): readonly [string, Json] | undefined => {
      const { key, value } = (asObject(one) ?? {}) as { key?: Json; value?: Json };
      return typeof key === 'string' && value !== undefined && key !== '__proto__' ? [key, value] : undefined;
    });
    const good = entries.filter((entry) => entry !== undefined);
    if (good.length !== entries.length || good.length === 0) return undefined;
    const attributes = Object.fromEntries(good);
    return Object.keys(attributes).length === good.length ? attributes : undefined;
  },
  write: (attributes) => Object.entries(attributes).map(([key, value]) => ({ key, value })),
  get: (subject) => (subject.attributes && Object.keys(subject.attributes).length > 0 ? subject.attributes : undefined),
  set: (draft, value) => {
    draft.attributes = value;
  },
};
