import { createHash } from 'node:crypto';
import { stringify } from 'csv-stringify/sync';
import { currentOf, type Entity, type EntityVersion, type FakeDataset, type GivenEntity } from './dataset.ts';
import { type Filter, type FilterFields, parseFilter } from './filter.ts';
import { answerList, type ListAnswer, refuseUnknown } from './paging.ts';
import { problems } from './problems.ts';
import { manage, type RestAnswer, type RestRequest, readBody } from './request.ts';
import { sanitize } from './xform.ts';

export const datasetJson = (dataset: FakeDataset): object => ({
  name: dataset.name,
  createdAt: dataset.createdAt,
  projectId: dataset.project,
  approvalRequired: dataset.approvalRequired,
  ownerOnly: false,
  deletedAt: null,
  lastUpdate: dataset.properties.at(-1)?.publishedAt ?? dataset.createdAt,
  linkedForms: [],
  sourceForms: [],
  draftLinkedForms: [],
  draftSourceForms: [],
  properties: dataset.properties.map(({ name, publishedAt }) => ({
    name,
    publishedAt,
    odataName: sanitize(name),
    forms: [],
  })),
});

const versionJson = (version: EntityVersion, current: boolean): object => ({
  current,
  label: version.label,
  creatorId: 5,
  userAgent: 'node',
  data: version.data,
  version: version.version,
  baseVersion: version.baseVersion,
  dataReceived: version.dataReceived,
  conflictingProperties: version.conflictingProperties,
  createdAt: version.createdAt,
  branchId: null,
  trunkVersion: null,
  branchBaseVersion: null,
});

const entityJson = (entity: Entity): object => ({
  uuid: entity.uuid,
  creatorId: 5,
  conflict: entity.conflict,
  createdAt: entity.createdAt,
  updatedAt: entity.updatedAt,
  deletedAt: entity.deletedAt,
  currentVersion: versionJson(currentOf(entity), true),
});

/** Versions as the history shows them; those since the last one without a conflict are what a conflict is about. */
const versionsJson = (entity: Entity, onlyRelevant: boolean): object[] => {
  const firstBad = entity.versions.findIndex((one) => one.conflictingProperties !== null);
  const isRelevant = (at: number): boolean => entity.conflict !== null && firstBad >= 0 && at >= firstBad - 1;
  return entity.versions.flatMap((version, at) =>
    onlyRelevant && !isRelevant(at)
      ? []
      : [
          {
            conflict: version.conflictingProperties && (version.conflictingProperties.length > 0 ? 'hard' : 'soft'),
            resolved: version.conflictingProperties !== null && entity.conflict === null,
            baseDiff: at === 0 ? [] : Object.keys(version.dataReceived),
            serverDiff: at === 0 ? [] : Object.keys(version.dataReceived),
            lastGoodVersion: at === (firstBad < 0 ? entity.versions.length : firstBad) - 1,
            ...versionJson(version, at === entity.versions.length - 1),
            source: version.submission === undefined ? {} : { submission: { instanceId: version.submission } },
            relevantToConflict: isRelevant(at),
          },
        ],
  );
};

const live = (dataset: FakeDataset, uuid: string): Entity => {
  const entity = dataset.find(uuid);
  if (!entity || entity.deletedAt !== null) throw problems.notFound();
  return entity;
};

const create = (dataset: FakeDataset, request: RestRequest): RestAnswer => {
  const body = readBody(request);
  const { entities } = body;
  if (entities === undefined) return { json: entityJson(dataset.create(body as GivenEntity)) };
  const source = body['source'] as { readonly name?: unknown } | undefined;
  if (typeof source?.name !== 'string') throw problems.missingParameter('source');
  if (!Array.isArray(entities)) throw problems.badEntityType('entities', 'array');
  dataset.createAll(entities as GivenEntity[]);
  return { json: { success: true } };
};

const oneEntity = (dataset: FakeDataset, request: RestRequest): RestAnswer => {
  const [, uuid = '', what] = request.path;
  if (request.method === 'POST' && what === 'restore') {
    manage(request);
    dataset.restore(uuid);
    return { json: { success: true } };
  }
  const entity = live(dataset, uuid);
  if (what === 'versions') return { json: versionsJson(entity, request.query.get('relevantToConflict') === 'true') };
  if (what !== undefined) throw problems.notFound();
  if (request.method === 'GET') return { json: entityJson(entity) };
  manage(request);
  if (request.method === 'DELETE') {
    dataset.remove(uuid);
    return { json: { success: true } };
  }
  if (request.method !== 'PATCH') throw problems.notFound();
  const { query } = request;
  const base = query.get('baseVersion');
  const updated = dataset.update(uuid, readBody(request) as GivenEntity, {
    ...(base === null ? {} : { baseVersion: Number(base) }),
    force: query.get('force') === 'true',
    resolve: query.get('resolve') === 'true',
  });
  return { json: entityJson(updated) };
};

/** What devices download: the rows of the list, with the version they will name as their base. */
const csv = (dataset: FakeDataset): RestAnswer => {
  const names = dataset.properties.map(({ name }) => name);
  const rows = dataset.entities
    .filter((entity) => entity.deletedAt === null)
    .reverse()
    .map((entity) => {
      const { label, data, version } = currentOf(entity);
      return [entity.uuid, label, ...names.map((name) => data[name] ?? ''), String(version)];
    });
  const bytes = Buffer.from(stringify([['__id', 'label', ...names, '__version'], ...rows]));
  const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
  return { file: { bytes, contentType: 'text/csv; charset=utf-8', etag, name: `${dataset.name}.csv` } };
};

/** What lies under `/v1/projects/{p}/datasets/{d}`, apart from OData. */
export const answerDataset = (dataset: FakeDataset, request: RestRequest): RestAnswer => {
  const [what, part] = request.path;
  switch (what) {
    case undefined:
      if (request.method === 'PATCH') {
        manage(request);
        dataset.approvalRequired = readBody(request)['approvalRequired'] === true;
      }
      return { json: datasetJson(dataset) };
    case 'properties':
      manage(request);
      dataset.addProperty(String(readBody(request)['name']));
      return { json: { success: true } };
    case 'entities.csv':
      return csv(dataset);
    case 'bulk-delete':
    case 'bulk-restore': {
      manage(request);
      const { ids } = readBody(request);
      for (const id of Array.isArray(ids) ? ids : []) {
        if (what === 'bulk-delete') dataset.remove(String(id));
        else dataset.restore(String(id));
      }
      return { json: { success: true } };
    }
    case 'entities':
      if (part !== undefined) return oneEntity(dataset, request);
      if (request.method === 'POST') {
        manage(request);
        return create(dataset, request);
      }
      return {
        json: dataset.entities
          .filter((entity) => entity.deletedAt === null)
          .reverse()
          .map(entityJson),
      };
    default:
      throw problems.notFound();
  }
};

const fields: FilterFields<Entity> = {
  __id: (entity) => entity.uuid,
  '__system/createdAt': (entity) => entity.createdAt,
  '__system/updatedAt': (entity) => entity.updatedAt,
  '__system/deletedAt': (entity) => entity.deletedAt,
  '__system/creatorId': () => '5',
  '__system/conflict': (entity) => entity.conflict,
};

const toRow = (dataset: FakeDataset, entity: Entity): string => {
  const { label, data, version } = currentOf(entity);
  return JSON.stringify({
    __id: entity.uuid,
    label,
    __system: {
      createdAt: entity.createdAt,
      creatorId: '5',
      creatorName: 'admin@example.test',
      updates: version - 1,
      updatedAt: entity.updatedAt,
      version,
      conflict: entity.conflict,
    },
    ...Object.fromEntries(dataset.properties.map(({ name }) => [sanitize(name), data[name] ?? ''])),
  });
};

/** `Entities` of a list, newest first. */
export const listEntities = (domain: string, dataset: FakeDataset, query: URLSearchParams): ListAnswer => {
  refuseUnknown(query);
  const text = query.get('$filter');
  const filter: Filter<Entity> = text ? parseFilter(text, fields) : { matches: () => true, mentionsDeleted: false };
  const all = dataset.entities.filter(
    (entity) => (filter.mentionsDeleted || entity.deletedAt === null) && filter.matches(entity),
  );
  return answerList({
    query,
    all: all.reverse(),
    key: 'uuid',
    idOf: (entity) => entity.uuid,
    find: dataset.find,
    isAfter: (entity, token) => entity.row < token.row,
    stampOf: (entity) => `${entity.uuid}${entity.updatedAt}${entity.deletedAt}`,
    show: (entity) => [toRow(dataset, entity)],
    service: `${domain}/v1/projects/${dataset.project}/datasets/${encodeURIComponent(dataset.name)}.svc`,
    entitySet: 'Entities',
  });
};
