import { newRandomId } from '../../core/ids.ts';
import { lastPosition, readFeed } from '../../registry/index.ts';
import type { Mapping, Publish } from '../mapping/model.ts';
import type { PollContext } from '../ports.ts';
import {
  forgetEntities,
  markDirty,
  type Published,
  readList,
  readUnpublished,
  writeEntities,
  writeList,
} from './entities.store.ts';

const BATCH = 500;

const fresh = (registrant: string): Published => ({
  registrant,
  // Drawn, never computed: Central takes version 4 alone, and nothing of ours shall be read out of it.
  uuid: newRandomId(),
  state: 'new',
  version: null,
  hash: null,
  sent: null,
  conflict: null,
  problem: null,
  dirty: true,
});

/** Begins a list, or looks at all of it again under another mapping. */
const openList = async ({ write, source }: PollContext, { dataset }: Publish): Promise<void> => {
  const { name, mappingVersion } = source;
  await write(async (tx) => {
    const known = await readList(tx, name);
    if (known?.dataset === dataset && known.mappingVersion === mappingVersion) return;
    const isOther = known?.dataset !== dataset;
    if (isOther) await forgetEntities(tx, name);
    else await markDirty(tx, name);
    // Before the first look at who is to be published, so that no change falls between the two.
    const position = isOther ? await lastPosition(tx) : known.position;
    await writeList(tx, name, { dataset, mappingVersion, position, watermark: isOther ? null : known.watermark });
  });
};

/** Marks published registrants that changed, whoever changed them. */
const followFeed = async ({ write, source }: PollContext): Promise<boolean> =>
  write(async (tx) => {
    const list = await readList(tx, source.name);
    if (!list) return false;
    const changes = await readFeed(tx, list.position, BATCH);
    const last = changes.at(-1);
    if (!last) return false;
    await markDirty(tx, source.name, [...new Set(changes.map(({ subject }) => subject))]);
    await writeList(tx, source.name, { ...list, position: last.position });
    return changes.length === BATCH;
  });

const addNew = async ({ write, place }: PollContext, whom: 'subjects' | 'members'): Promise<boolean> =>
  write(async (tx) => {
    const ids = await readUnpublished(tx, place, whom, BATCH);
    await writeEntities(tx, place.source, ids.map(fresh));
    return ids.length === BATCH;
  });

/** Finds out who may have to be sent: whoever is new, and whoever changed since the last look. */
export const noteCandidates = async (context: PollContext, mapping: Mapping, publish: Publish): Promise<void> => {
  await openList(context, publish);
  while (await followFeed(context));
  const whom = publish.each === mapping.subject.kind ? 'subjects' : 'members';
  while (await addNew(context, whom));
};
