import { anyOf, insertRows, knexOf, listOf, type Reader, rowsOf, type Tx } from '../../storage/index.ts';
import type { Place } from '../submissions.store.ts';

/** What Central holds of an entity, as far as we know. */
export interface Sent {
  readonly label: string;
  readonly data: Readonly<Record<string, string>>;
}

/** A registrant as an entity. */
export interface Published {
  readonly registrant: string;
  readonly uuid: string;
  /** `attempted`: its creation may or may not have reached Central. `gone`: taken out of the list by us. */
  readonly state: 'new' | 'attempted' | 'live' | 'gone';
  readonly version: number | null;
  readonly hash: string | null;
  readonly sent: Sent | null;
  readonly conflict: string | null;
  readonly problem: string | null;
  /** To be looked at: the registrant, the mapping or the entity changed. */
  readonly dirty: boolean;
}

export interface PublishedList {
  readonly dataset: string;
  readonly mappingVersion: string;
  readonly position: number;
  readonly watermark: string | null;
}

interface Row extends Omit<Published, 'sent' | 'dirty'> {
  readonly sent: string | null;
  readonly dirty: number;
}

const fromRow = (row: Row): Published => ({
  registrant: row.registrant,
  uuid: row.uuid,
  state: row.state,
  version: row.version,
  hash: row.hash,
  sent: row.sent === null ? null : (JSON.parse(row.sent) as Sent),
  conflict: row.conflict,
  problem: row.problem,
  dirty: row.dirty === 1,
});

export const readList = async (reader: Reader, source: string): Promise<PublishedList | undefined> => {
  const [row] = await rowsOf<{
    dataset: string;
    mapping_version: string;
    position: number | string;
    watermark: string | null;
  }>(reader, 'select * from odk_entity_lists where source = ?', [source]);
  if (!row) return undefined;
  const { dataset, mapping_version, position, watermark } = row;
  return { dataset, mappingVersion: mapping_version, position: Number(position), watermark };
};

export const writeList = async (tx: Tx, source: string, list: PublishedList): Promise<void> => {
  await insertRows(
    tx,
    'odk_entity_lists',
    ['source', 'dataset', 'mapping_version', 'position', 'watermark'],
    [[source, list.dataset, list.mappingVersion, list.position, list.watermark]],
    `on conflict (source) do update set dataset = excluded.dataset, mapping_version = excluded.mapping_version,
       position = excluded.position, watermark = excluded.watermark`,
  );
};

export const writeEntities = async (tx: Tx, source: string, entities: readonly Published[]): Promise<void> => {
  const updated = ['uuid', 'state', 'version', 'hash', 'sent', 'conflict', 'problem', 'dirty'];
  await insertRows(
    tx,
    'odk_entities',
    ['source', 'registrant', ...updated],
    entities.map((one) => [
      source,
      one.registrant,
      one.uuid,
      one.state,
      one.version,
      one.hash,
      one.sent === null ? null : JSON.stringify(one.sent),
      one.conflict,
      one.problem,
      one.dirty ? 1 : 0,
    ]),
    `on conflict (source, registrant) do update set ${updated.map((column) => `${column} = excluded.${column}`).join(', ')}`,
  );
};

export const readDirty = async (
  reader: Reader,
  source: string,
  after: string,
  limit: number,
): Promise<readonly Published[]> => {
  const rows = await rowsOf<Row>(
    reader,
    'select * from odk_entities where source = ? and dirty = 1 and registrant > ? order by registrant limit ?',
    [source, after, limit],
  );
  return rows.map(fromRow);
};

export const readByUuids = async (
  reader: Reader,
  source: string,
  uuids: readonly string[],
): Promise<ReadonlyMap<string, Published>> => {
  if (uuids.length === 0) return new Map();
  const rows = await rowsOf<Row>(
    reader,
    `select * from odk_entities where source = ? and ${anyOf(reader.profile, 'uuid')}`,
    [source, listOf(reader.profile, uuids)],
  );
  return new Map(rows.map((row) => [row.uuid, fromRow(row)]));
};

/** Marks what may have to be sent: all of the source's, or those of the given registrants. */
export const markDirty = async (tx: Tx, source: string, registrants?: readonly string[]): Promise<void> => {
  if (!registrants) {
    await rowsOf(tx, 'update odk_entities set dirty = 1 where source = ?', [source]);
    return;
  }
  await rowsOf(tx, `update odk_entities set dirty = 1 where source = ? and ${anyOf(tx.profile, 'registrant')}`, [
    source,
    listOf(tx.profile, registrants),
  ]);
};

/** Forgets the entities of a source: they belong to another list than the mapping names now. */
export const forgetEntities = async (tx: Tx, source: string): Promise<void> => {
  await knexOf(tx)('odk_entities').where({ source }).delete();
};

/** Registrants that the source's submissions were made into and that have no entity yet. */
export const readUnpublished = async (
  reader: Reader,
  { source, formKey }: Place,
  whom: 'subjects' | 'members',
  limit: number,
): Promise<readonly string[]> => {
  const of =
    whom === 'subjects'
      ? 's.subject as registrant from odk_submissions s'
      : 'm.individual as registrant from odk_submissions s join odk_members m on m.subject = s.subject and m.live = 1';
  const column = whom === 'subjects' ? 's.subject' : 'm.individual';
  const rows = await rowsOf<{ registrant: string }>(
    reader,
    `select distinct ${of}
     where s.source = ? and s.form_key = ? and s.subject is not null and s.retired = 0
       and not exists (select 1 from odk_entities e where e.source = s.source and e.registrant = ${column})
     order by 1 limit ?`,
    [source, formKey, limit],
  );
  return rows.map(({ registrant }) => registrant);
};

export interface EntityCounts {
  readonly published: number;
  readonly waiting: number;
  readonly refused: number;
  readonly conflicts: number;
}

/** `undefined` for a source that publishes nobody. */
export const countEntities = async (reader: Reader, source: string): Promise<EntityCounts | undefined> => {
  if (!(await readList(reader, source))) return undefined;
  const [row] = await rowsOf<Record<keyof EntityCounts, number | string | null>>(
    reader,
    `select sum(case when state = 'live' then 1 else 0 end) as published, sum(dirty) as waiting,
       count(problem) as refused, count(conflict) as conflicts
     from odk_entities where source = ?`,
    [source],
  );
  return {
    published: Number(row?.published ?? 0),
    waiting: Number(row?.waiting ?? 0),
    refused: Number(row?.refused ?? 0),
    conflicts: Number(row?.conflicts ?? 0),
  };
};
