import { hostname } from 'node:os';
import type { Knex } from 'knex';
import { newRandomId } from '../core/ids.ts';
import { type Database, knexOf, rowsOf, type Tx } from '../storage/index.ts';

/** The right to do a named piece of work alone, until it is released or not renewed in time. */
export interface Lease {
  /** Prolongs the lease; `false` when it was lost meanwhile: the holder must stop without writing further. */
  renew(): Promise<boolean>;
  /** Throws inside a transaction when the lease is no longer ours, so that its work rolls back. */
  assertHeld(tx: Tx): Promise<void>;
  release(): Promise<void>;
}

/** Milliseconds by the database's clock: machines that share a database may disagree about the time. */
const nowOf = (shared: boolean): string =>
  shared
    ? '(extract(epoch from clock_timestamp()) * 1000)::bigint'
    : "(cast((julianday('now') - 2440587.5) * 86400000 as integer))";

const databaseNow = (knex: Knex, shared: boolean): Knex.Raw => knex.raw(nowOf(shared));

const ownPlace = `${hostname()}/${process.pid}`;

/** Whether the holder was a process of this machine that is no more: nobody has to wait until its time is up. */
const isDead = (holder: string): boolean => {
  const [host, pid] = holder.split('/');
  if (host !== hostname() || !/^\d+$/.test(pid ?? '')) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
};

/**
 * Takes the lease `name` for `ttlMs`, or answers `undefined` when another holder has it. A holder that was killed
 * loses it when the time is up (at once, when it was on this machine); choose `ttlMs` so that a slow step does not
 * outlive it, and renew.
 */
export const takeLease = async (db: Database, name: string, ttlMs: number): Promise<Lease | undefined> => {
  const holder = `${ownPlace}/${newRandomId()}`;
  const until = (knex: Knex) => knex.raw('? + ?', [databaseNow(knex, db.profile.shared), ttlMs]);

  const taken = await db.write(async (tx) => {
    const knex = knexOf(tx);
    const current: { holder: string } | undefined = await knex('leases').where({ name }).first('holder');
    // The holder is named in the condition: of many who see it dead, one takes over.
    if (current && isDead(current.holder)) await knex('leases').where({ name, holder: current.holder }).delete();
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
      const { shared } = tx.profile;
      const [row] = await rowsOf(
        tx,
        `select 1 from leases where name = ? and holder = ? and until_ms > ${nowOf(shared)} ${shared ? 'for update' : ''}`,
        [name, holder],
      );
      if (!row) throw new Error(`the lease ${name} was lost to another process`);
    },
    release: () => db.write(async (tx) => void (await knexOf(tx)('leases').where({ name, holder }).delete())),
  };
};
