import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import { createRegistry, type Kinship, type Registrant, type Registry, toDraft } from '../../registry/index.ts';
import type { IdentifierKey } from '../../registry/resource/index.ts';
import { type Database, openDatabase } from '../../storage/index.ts';
import { planMemberships } from './memberships.ts';

/**
 * A registry for a dry run: a database of its own, thrown away afterwards, into which each registrant that the file
 * touches is copied first. So a dry run is an import like any other and tells exactly what one would do, the lines
 * that build on earlier ones included, without holding a lock on the real registry for as long as a file takes.
 */
export interface Scratch {
  readonly db: Database;
  readonly registry: Registry;
  /** Copies everybody who holds one of these identifiers, and the members of the groups among them. */
  bring(identifiers: readonly IdentifierKey[]): Promise<void>;
  close(): Promise<void>;
}

export const openScratch = async (
  real: { readonly registry: Registry; readonly clock: Clock; readonly log: Logger },
  folder: string,
  today: string,
): Promise<Scratch> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const directory = await mkdtemp(join(folder, 'crosswalk-dry-run-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  const db = await openDatabase({ url: `sqlite:${join(directory, 'scratch.db')}`, log: real.log }).catch(
    async (error: unknown) => {
      await remove();
      throw error;
    },
  );
  const registry = createRegistry({ db, clock: real.clock, log: real.log });

  const copy = async (registrants: readonly Registrant[], kinships: ReadonlyMap<string, readonly Kinship[]>) => {
    const everybody = new Map(registrants.map((one) => [one.id, one]));
    for (const list of kinships.values()) for (const { other } of list) everybody.set(other.id, other);
    const known = await registry.load([...everybody.keys()]);
    const fresh = [...everybody.values()].filter(({ id }) => !known.has(id));
    const memberships = planMemberships(new Map(), today);
    for (const [groupId, list] of kinships) {
      if (!known.has(groupId))
        memberships.add(
          groupId,
          list.map(({ membership }) => membership),
        );
    }
    if (fresh.length === 0) return;
    await db.write((tx) =>
      registry.saveTogether(
        tx,
        fresh.map((one) => ({ newId: one.id, draft: toDraft(one) })),
        memberships.requests(),
        'scratch',
      ),
    );
  };

  await db.migrate();
  return {
    db,
    registry,
    async bring(identifiers) {
      const holders = (await real.registry.holders(identifiers)).filter((one) => one !== undefined);
      if (holders.length === 0) return;
      const loaded = await real.registry.load([...new Set(holders.map(({ id }) => id))]);
      const groups = new Set(holders.filter(({ kind }) => kind === 'group').map(({ id }) => id));
      await copy([...loaded.values()], await real.registry.kinships([...groups], { ended: true }));
    },
    async close() {
      await db.close();
      await remove();
    },
  };
};
