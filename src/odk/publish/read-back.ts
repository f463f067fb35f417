import { isEqualJson } from '../../core/equal.ts';
import { isFault } from '../../core/fault.ts';
import { later } from '../../core/order.ts';
import type { SaveRequest } from '../../registry/index.ts';
import type { Publish } from '../mapping/model.ts';
import type { PollContext } from '../ports.ts';
import { type Published, readByUuids, readList, writeEntities, writeList } from './entities.store.ts';
import type { EntityList, EntityState } from './entity-list.ts';
import { ownPart } from './render.ts';
import { withFieldValues } from './targets.ts';

const MAX_CONFLICTS = 3;

/** Who wrote what came from an entity: not the registration's own answers, which an edit of it may clear. */
export const fieldWriter = (source: string): string => `odk:${source}/entities`;

/** What is known of an entity after Central showed it. */
export const seen = (one: Published, state: EntityState, publish: Publish): Published => {
  const { label, data, version, conflict } = state;
  const isOurs = one.sent !== null && isEqualJson(ownPart(one.sent, publish), ownPart({ label, data }, publish));
  return {
    ...one,
    state: 'live',
    version,
    conflict,
    sent: { label, data },
    // What is ours to say was changed by somebody else: it is sent again.
    ...(isOurs ? {} : { hash: null, dirty: true }),
  };
};

/** Takes what the field wrote into its own properties over into the registry, with what is known of the entities now. */
export const takeFieldValues = async (
  context: PollContext,
  publish: Publish,
  pairs: readonly { readonly one: Published; readonly state: EntityState }[],
): Promise<readonly Published[]> => {
  const { registry, source, write, log } = context;
  for (const { one, state } of pairs) {
    if (state.conflict !== null && state.conflict !== one.conflict) {
      log.warn({ source: source.name, entity: one.uuid, conflict: state.conflict }, 'an entity is in conflict');
    }
  }
  const attempt = (): Promise<readonly Published[]> =>
    write(async (tx) => {
      const registrants = await registry.load(
        pairs.map(({ one }) => one.registrant),
        tx,
      );
      const requests = pairs.flatMap(({ one, state }): SaveRequest[] => {
        const registrant = registrants.get(one.registrant);
        const draft = registrant && withFieldValues(registrant, publish, one.sent, state);
        return draft ? [{ id: registrant.id, draft, expectedVersion: registrant.version }] : [];
      });
      if (requests.length > 0) await registry.save(tx, requests, fieldWriter(source.name));
      const known = pairs.map(({ one, state }) => seen(one, state, publish));
      await writeEntities(tx, source.name, known);
      return known;
    });
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === MAX_CONFLICTS || !isFault(error) || error.code !== 'record.version-conflict') throw error;
    }
  }
};

/**
 * Follows what submissions of other forms wrote to entities (odk.md §12). As with submissions, commits come late: the
 * question overlaps the last one, and the time of its first answer is the furthest that it reaches.
 */
export const readBack = async (context: PollContext, list: EntityList, publish: Publish): Promise<void> => {
  const { db, source, write } = context;
  const { overlapMs } = source.settings;
  const known = await db.read((reader) => readList(reader, source.name));
  const since = new Date(Math.max(0, Date.parse(known?.watermark ?? '1970-01-01T00:00:00.000Z') - overlapMs));
  let startedAt: number | undefined;
  let reached = '';
  for await (const { entities, serverTime } of list.updatedSince(since.toISOString())) {
    startedAt ??= serverTime ?? 0;
    reached = entities.map(({ updatedAt }) => updatedAt ?? '').reduce(later, reached);
    const ours = await db.read((reader) =>
      readByUuids(
        reader,
        source.name,
        entities.map(({ uuid }) => uuid),
      ),
    ); // prettier-ignore
    const pairs = entities.flatMap((state) => {
      const one = ours.get(state.uuid);
      return one && one.state !== 'gone' && (one.version ?? 0) < state.version ? [{ one, state }] : [];
    });
    if (pairs.length > 0) await takeFieldValues(context, publish, pairs);
  }
  const cap = new Date(startedAt ?? 0).toISOString();
  const watermark = later(known?.watermark ?? '', reached > cap ? cap : reached);
  await write(async (tx) => {
    const now = await readList(tx, source.name);
    if (now && watermark !== '') await writeList(tx, source.name, { ...now, watermark });
  });
};
