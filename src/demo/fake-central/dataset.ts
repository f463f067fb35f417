import { randomUUID } from 'node:crypto';
import { problems } from './problems.ts';

export interface EntityVersion {
  readonly version: number;
  readonly baseVersion: number | null;
  readonly label: string;
  readonly data: Readonly<Record<string, string>>;
  readonly dataReceived: Readonly<Record<string, string>>;
  readonly conflictingProperties: readonly string[] | null;
  readonly createdAt: string;
  /** Instance id of the submission that made this version; absent: made through the API. */
  readonly submission: string | undefined;
}

export interface Entity {
  readonly uuid: string;
  readonly row: number;
  readonly createdAt: string;
  updatedAt: string | null;
  deletedAt: string | null;
  conflict: null | 'soft' | 'hard';
  /** Oldest first. */
  readonly versions: EntityVersion[];
}

/** What a caller gives: unchecked, as it came. */
export interface GivenEntity {
  readonly uuid?: unknown;
  readonly label?: unknown;
  readonly data?: unknown;
}

/** What a submission of a form says of an entity. */
export interface FieldEntity {
  readonly uuid?: string;
  readonly label?: string;
  readonly data: Readonly<Record<string, string>>;
  /** Absent: it creates. */
  readonly baseVersion?: number;
  readonly submission: string;
}

/** An entity list of the fake Central (odk.md §12). */
export interface FakeDataset {
  readonly project: number;
  readonly name: string;
  readonly createdAt: string;
  readonly properties: readonly { readonly name: string; readonly publishedAt: string }[];
  approvalRequired: boolean;
  /** In order of creation. */
  readonly entities: readonly Entity[];
  readonly find: (uuid: string) => Entity | undefined;
  readonly addProperty: (name: string) => void;
  readonly create: (given: GivenEntity) => Entity;
  /** One transaction: one bad entity refuses all. */
  readonly createAll: (given: readonly GivenEntity[]) => void;
  readonly update: (
    uuid: string,
    given: GivenEntity,
    options: { readonly baseVersion?: number; readonly force?: boolean; readonly resolve?: boolean },
  ) => Entity;
  readonly remove: (uuid: string) => void;
  readonly restore: (uuid: string) => void;
  /** What the background worker does with a submission; nothing is refused, it conflicts instead. */
  readonly fromField: (given: FieldEntity) => void;
}

const V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const NAME = /^(?!__)[\p{L}_][\p{L}\p{N}_.-]*$/u;

export const currentOf = (entity: Entity): EntityVersion => entity.versions.at(-1) as EntityVersion;

export const createDataset = (name: string, project: number, now: () => string): FakeDataset => {
  if (!NAME.test(name)) throw problems.badValue('name', name, 'This is not a valid entity list name');
  const properties: { name: string; publishedAt: string }[] = [];
  const entities: Entity[] = [];
  const byUuid = new Map<string, Entity>();
  let rows = 0;

  const readData = (data: unknown): Record<string, string> => {
    if (data === undefined) return {};
    if (typeof data !== 'object' || data === null || Array.isArray(data))
      throw problems.badEntityType('data', 'object');
    for (const [property, value] of Object.entries(data)) {
      if (!properties.some((one) => one.name === property)) {
        throw problems.badEntity(`You specified the dataset property [${property}] which does not exist.`);
      }
      if (typeof value !== 'string') throw problems.badEntityType(property, 'string');
    }
    return data as Record<string, string>;
  };
  const readLabel = (label: unknown): string => {
    if (typeof label !== 'string') throw problems.badEntityType('label', 'string');
    if (label.trim() === '') throw problems.badEntity('Label cannot be blank.');
    return label;
  };
  const live = (uuid: string): Entity => {
    const found = byUuid.get(uuid);
    if (!found || found.deletedAt !== null) throw problems.notFound();
    return found;
  };
  const add = (uuid: string, label: string, data: Record<string, string>, submission?: string): Entity => {
    rows += 1;
    const createdAt = now();
    const entity: Entity = {
      uuid,
      row: rows,
      createdAt,
      updatedAt: null,
      deletedAt: null,
      conflict: null,
      versions: [],
    };
    entity.versions.push({
      version: 1,
      baseVersion: null,
      label,
      data,
      dataReceived: { label, ...data },
      conflictingProperties: null,
      createdAt,
      submission,
    });
    entities.push(entity);
    byUuid.set(uuid, entity);
    return entity;
  };
  /** Checks an entity to be, and answers what adds it. */
  const prepare = (given: GivenEntity): (() => Entity) => {
    const uuid = given.uuid ?? randomUUID();
    if (typeof uuid !== 'string' || !V4.test(uuid)) throw problems.badEntityType('uuid', 'version 4 UUID');
    const label = readLabel(given.label);
    const data = readData(given.data);
    const existing = byUuid.get(uuid);
    if (existing) {
      throw existing.deletedAt === null ? problems.exists(['uuid'], [uuid], 'entities') : problems.entityDeleted(uuid);
    }
    return () => add(uuid, label, { ...data });
  };
  const append = (
    entity: Entity,
    received: { readonly label?: string; readonly data: Readonly<Record<string, string>> },
    baseVersion: number,
    more: { readonly conflicting?: readonly string[]; readonly submission?: string } = {},
  ): void => {
    const last = currentOf(entity);
    const createdAt = now();
    entity.updatedAt = createdAt;
    entity.versions.push({
      version: last.version + 1,
      baseVersion,
      label: received.label ?? last.label,
      data: { ...last.data, ...received.data },
      dataReceived: { ...(received.label === undefined ? {} : { label: received.label }), ...received.data },
      conflictingProperties: more.conflicting ?? null,
      createdAt,
      submission: more.submission,
    });
  };

  return {
    project,
    name,
    createdAt: now(),
    properties,
    approvalRequired: false,
    entities,
    find: (uuid) => byUuid.get(uuid),
    addProperty(property) {
      if (!NAME.test(property) || ['name', 'label'].includes(property.toLowerCase())) {
        throw problems.badValue('name', property, 'This is not a valid property name');
      }
      if (properties.some((one) => one.name === property)) {
        throw problems.exists(['name', 'datasetId'], [property, '1'], 'ds_properties');
      }
      const other = properties.find((one) => one.name.toLowerCase() === property.toLowerCase());
      if (other) throw problems.propertyCase(property, other.name);
      properties.push({ name: property, publishedAt: now() });
    },
    create: (given) => prepare(given)(),
    createAll(given) {
      const seen = new Set<unknown>();
      const adders = given.map((one) => {
        if (one.uuid !== undefined && seen.has(one.uuid)) {
          throw problems.exists(['uuid'], [String(one.uuid)], 'entities');
        }
        seen.add(one.uuid);
        return prepare(one);
      });
      for (const addOne of adders) addOne();
    },
    update(uuid, given, { baseVersion, force = false, resolve = false }) {
      const entity = live(uuid);
      const { version } = currentOf(entity);
      if (!force && baseVersion !== version) throw problems.entityVersion(version, baseVersion);
      const label = given.label === undefined ? {} : { label: readLabel(given.label) };
      const data = readData(given.data);
      // A version is written even when nothing changes, save for a bare "resolve".
      if (!resolve || given.label !== undefined || given.data !== undefined)
        append(entity, { ...label, data }, version);
      if (resolve) entity.conflict = null;
      return entity;
    },
    remove(uuid) {
      live(uuid).deletedAt = now();
    },
    restore(uuid) {
      const entity = byUuid.get(uuid);
      if (!entity || entity.deletedAt === null) throw problems.notFound();
      entity.deletedAt = null;
    },
    fromField({ uuid, label, data, baseVersion, submission }) {
      if (baseVersion === undefined) {
        add(uuid ?? randomUUID(), readLabel(label), { ...readData(data) }, submission);
        return;
      }
      const entity = byUuid.get(uuid ?? '');
      if (!entity || entity.deletedAt !== null) throw problems.entityUnknown(uuid ?? '', name);
      const received = { ...(label ? { label } : {}), data: readData(data) };
      const since = entity.versions.filter((one) => one.version > baseVersion);
      if (since.length === 0) return append(entity, received, baseVersion, { submission });
      const touched = new Set(since.flatMap((one) => Object.keys(one.dataReceived)));
      const conflicting = Object.keys({ ...received.data, ...(label ? { label } : {}) }).filter((one) =>
        touched.has(one),
      );
      append(entity, received, baseVersion, { conflicting, submission });
      entity.conflict = conflicting.length > 0 || entity.conflict === 'hard' ? 'hard' : 'soft';
    },
  };
};
