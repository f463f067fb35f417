import type { Knex } from 'knex';
import { newRandomId } from '../core/ids.ts';
import { type Database, knexOf, type Tx } from '../storage/index.ts';

/** The right to do a named piece of work alone, until it is released or not renewed in time. */
export interface Lease {
  /** Prolongs the lease; `false` when it was lost meanwhile: the holder must stop without writing further. */
  renew(): Promise<boolean>;
  /** Throws inside a transaction when the lease is no longer ours, so that its work rolls back. */
  assertHeld(tx: Tx): Promise<void>;
  release(): Promise<void>;
}

/** Milliseconds by the database's clock: machines that share a database may disagree about the time. */
const databaseNow = (knex: Knex, shared: boolean): Knex.Raw =>
  shared
    ? knex.raw('(extract(epoch from clock_timestamp()) * 1000)::bigint')
    : knex.raw("(cast((julianday('now') - 2440587.5) * 86400000 as integer))");

/**
 * Takes the lease `name` for `ttlMs`, or answers `undefined` when another holder has it. A holder that was killed
 * loses it when the time is up; choose `ttlMs` so that a slow step does not outlive it, and renew.
 */
export const takeLease = async (db: Database, name: string, ttlMs: number): Promise<Lease | undefined> => {
  const holder = newRandomId();
  const until = (knex: Knex) => knex.raw('? + ?', [databaseNow(knex, db.profile.shared), ttlMs]);

  const taken = await db.write(async (tx) => {
    const knex = knexOf(tx);
    const changed = await knex('leases')
      .where({ name })
      .andWhere('until_ms', '<', databaseNow(knex, tx.profile.shared))
      .update({ holder, until_ms: until(knex) });
    if (changed > 0) return true;
    await knex('leases')
      .insert({ name, holder, until_ms: until(knex) })
      .onConflict('name')
      .ignore();
    return (await knex('leases').where({ name, holder }).first()) !== undefined;
  });
  if (!taken) return undefined;

  return {
    renew: () =>
      db.write(async (tx) => {
        const knex = knexOf(tx);
        return (
          (await knex('leases')
            .where({ name, holder })
            .update({ until_ms: until(knex) })) > 0
        );
      }),
    async assertHeld(tx) {
      const knex = knexOf(tx);
      const row = await knex('leases')
        .where({ name, holder })
        .andWhere('until_ms', '>', databaseNow(knex, tx.profile.shared))
        .modify((query) => tx.profile.shared && query.forUpdate())
        .first();
      if (!row) throw new Error(`the lease ${name} was lost to another process`);
    },
    release: () => db.write(async (tx) => void (await knexOf(tx)('leases').where({ name, holder }).delete())),
  };
};
