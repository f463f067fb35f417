import { chunk } from '../../core/async.ts';
import { Fault } from '../../core/fault.ts';
import { isObject } from '../../core/json.ts';
import { isCentralError } from '../central/answer.ts';
import { toCursor } from '../central/api.ts';
import { type CentralClient, part } from '../central/client.ts';
import { sanitizeName } from '../mapping/choices.ts';
import type { Sent } from './entities.store.ts';

/** An entity to be created or as it shall be. */
export interface NewEntity extends Sent {
  readonly uuid: string;
}

/** An entity as Central shows it. */
export interface EntityState extends NewEntity {
  readonly version: number;
  readonly conflict: string | null;
  readonly updatedAt: string | null;
}

export interface EntityPage {
  readonly entities: readonly EntityState[];
  readonly serverTime: number | undefined;
}

/** One entity list of a project (odk.md §12). Refusals rise as `CentralError`. */
export interface EntityList {
  /** Makes the list and its properties, as far as they are missing; `false` when this Central knows no such thing. */
  prepare(): Promise<boolean>;
  create(entity: NewEntity): Promise<EntityState>;
  /** All or none. */
  createAll(entities: readonly NewEntity[]): Promise<void>;
  get(uuid: string): Promise<EntityState | undefined>;
  byUuids(uuids: readonly string[]): Promise<readonly EntityState[]>;
  update(uuid: string, baseVersion: number, change: Partial<Sent>): Promise<EntityState>;
  remove(uuid: string): Promise<void>;
  /** `false`: there is nothing to restore. */
  restore(uuid: string): Promise<boolean>;
  /** Entities updated since then. */
  updatedSince(since: string): AsyncIterable<EntityPage>;
}

const unexpected = (): Fault => new Fault('net.upstream', 'ODK Central answered an entity in an unknown form');

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const fromRest = (body: unknown): EntityState => {
  const current = isObject(body) ? body['currentVersion'] : undefined;
  if (!isObject(body) || !isObject(current) || typeof current['version'] !== 'number') throw unexpected();
  const data = isObject(current['data']) ? current['data'] : {};
  return {
    uuid: text(body['uuid']),
    label: text(current['label']),
    data: Object.fromEntries(Object.entries(data).map(([name, value]) => [name, text(value)])),
    version: current['version'],
    conflict: textOrNull(body['conflict']),
    updatedAt: textOrNull(body['updatedAt']),
  };
};

const GROUP = 40;
const PAGE = 250;

/** Small requests may be repeated; bodies of a bulk are large and the server needs time. */
export const createEntityList = (
  client: CentralClient,
  project: number,
  dataset: string,
  properties: readonly string[],
): EntityList => {
  const datasets = `/projects/${part(project)}/datasets`;
  const list = `${datasets}/${part(dataset)}`;
  const entity = (uuid: string): string => `${list}/entities/${part(uuid)}`;

  const fromRow = (row: unknown): EntityState => {
    const system = isObject(row) ? row['__system'] : undefined;
    if (!isObject(row) || !isObject(system)) throw unexpected();
    return {
      uuid: text(row['__id']),
      label: text(row['label']),
      data: Object.fromEntries(properties.map((name) => [name, text(row[sanitizeName(name)])])),
      version: Number(system['version']),
      conflict: textOrNull(system['conflict']),
      updatedAt: textOrNull(system['updatedAt']),
    };
  };
  const page = async (query: Readonly<Record<string, string>>) => {
    const { body, headers } = await client.json({ path: `${list}.svc/Entities`, query });
    if (!isObject(body) || !Array.isArray(body['value'])) throw unexpected();
    const date = Date.parse(String(headers['date']));
    return {
      entities: body['value'].map(fromRow),
      next: toCursor(body['@odata.nextLink']),
      serverTime: Number.isNaN(date) ? undefined : date,
    };
  };
  const post = (path: string, json: unknown) => client.json({ method: 'POST', path, json });

  /** The list, made when it is missing. */
  const find = async (): Promise<unknown> => {
    try {
      return (await client.json({ path: list })).body;
    } catch (error) {
      if (!isCentralError(error, 404)) throw error;
    }
    try {
      return (await post(datasets, { name: dataset })).body;
    } catch (error) {
      // Servers older than entity lists have no such path.
      if (isCentralError(error, 404)) return undefined;
      throw error;
    }
  };

  return {
    async prepare() {
      const known = await find();
      if (known === undefined) return false;
      const held = isObject(known) && Array.isArray(known['properties']) ? known['properties'] : [];
      const names = new Set(held.map((one: unknown) => (isObject(one) ? one['name'] : undefined)));
      for (const name of properties) if (!names.has(name)) await post(`${list}/properties`, { name });
      return true;
    },
    create: async (given) => fromRest((await post(`${list}/entities`, given)).body),
    async createAll(entities) {
      await post(`${list}/entities`, { entities, source: { name: 'crosswalk', size: entities.length } });
    },
    async get(uuid) {
      try {
        return fromRest((await client.json({ path: entity(uuid) })).body);
      } catch (error) {
        if (isCentralError(error, 404)) return undefined;
        throw error;
      }
    },
    async byUuids(uuids) {
      const found: EntityState[] = [];
      for (const group of chunk(uuids, GROUP)) {
        const $filter = group.map((uuid) => `__id eq '${uuid}'`).join(' or ');
        found.push(...(await page({ $filter })).entities);
      }
      return found;
    },
    async update(uuid, baseVersion, change) {
      const query = { baseVersion: String(baseVersion) };
      return fromRest((await client.json({ method: 'PATCH', path: entity(uuid), query, json: change })).body);
    },
    async remove(uuid) {
      try {
        await client.json({ method: 'DELETE', path: entity(uuid) });
      } catch (error) {
        if (!isCentralError(error, 404)) throw error;
      }
    },
    async restore(uuid) {
      try {
        await post(`${entity(uuid)}/restore`, {});
        return true;
      } catch (error) {
        if (isCentralError(error, 404)) return false;
        throw error;
      }
    },
    async *updatedSince(since) {
      const query = { $top: String(PAGE), $filter: `__system/updatedAt ge ${since}` };
      let cursor: Readonly<Record<string, string>> = {};
      for (;;) {
        const { entities, next, serverTime } = await page({ ...query, ...cursor });
        yield { entities, serverTime };
        if (!next) return;
        cursor = { [next.name]: next.value };
      }
    },
  };
};
