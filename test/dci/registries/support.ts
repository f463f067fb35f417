import { isObject, type JsonObject } from '../../../src/core/json.ts';
import { fromRecord, type RegistryName, toRecord } from '../../../src/dci/registries/all.ts';
import type { Draft, Registrant } from '../../../src/registry/model.ts';
import type { Kinship } from '../../../src/registry/ports.ts';

export const TODAY = '2026-03-01';
export const UPDATED = '2026-02-28T10:00:00.000Z';

/** What the registry would answer for a draft that was saved. */
export const stored = (draft: Draft, id = '0190d3a0-0000-7000-8000-000000000001', memberCount = 0): Registrant =>
  ({
    // As it comes back from a JSON column.
    ...JSON.parse(JSON.stringify(draft)),
    id,
    version: 1,
    createdAt: UPDATED,
    updatedAt: UPDATED,
    provenance: {},
    ...(draft.kind === 'group' ? { memberCount } : {}),
  }) as Registrant;

/** Reads a record and writes what was read, as a store in between would. */
export const roundTrip = (registry: RegistryName, record: JsonObject): JsonObject => {
  const { draft, members = [] } = fromRecord(registry, JSON.parse(JSON.stringify(record)));
  const subject = stored(draft, undefined, members.length);
  const kin = members.map(({ draft: one, roles }, i): Kinship => {
    const other = stored(one, `0190d3a0-0000-7000-8000-00000000010${i}`);
    return { membership: { groupId: subject.id, individualId: other.id, roles, live: true }, other };
  });
  return JSON.parse(JSON.stringify(toRecord(registry, subject, { kin, today: TODAY })));
};

/** Who has no identifier is known by our own id, which the record did not bring. */
const brought = (item: unknown): boolean => !isObject(item) || item['identifier_type'] !== 'system_id';

/** Where `part` says something that `whole` does not: paths and the two values. */
export const missing = (part: unknown, all: unknown, path = ''): string[] => {
  const whole = Array.isArray(all) ? all.filter(brought) : all;
  if (Array.isArray(part)) {
    if (!Array.isArray(whole) || whole.length !== part.length) {
      return [`${path}: ${JSON.stringify(part)} became ${JSON.stringify(whole)}`];
    }
    return part.flatMap((item, i) => missing(item, whole[i], `${path}/${i}`));
  }
  if (isObject(part)) {
    if (!isObject(whole)) return [`${path}: ${JSON.stringify(part)} became ${JSON.stringify(whole)}`];
    return Object.entries(part).flatMap(([key, value]) => missing(value, whole[key], `${path}/${key}`));
  }
  return part === whole ? [] : [`${path}: ${JSON.stringify(part)} became ${JSON.stringify(whole)}`];
};
