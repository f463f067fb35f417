import type { Knex } from 'knex';

/**
 * What a backend can do. Stores ask for a capability, hardly ever for a name.
 */
export interface Profile {
  readonly name: 'sqlite' | 'postgres';
  /** Bound values a single statement may carry. */
  readonly maxBindings: number;
  /** Rows can be claimed by several processes at once (`FOR UPDATE SKIP LOCKED`). */
  readonly skipLocked: boolean;
  /** Several machines may share the database, so a lease cannot be held by a local process alone. */
  readonly shared: boolean;
}

/** A place to read from. Opaque outside stores: SQL never leaks upward. */
export interface Reader {
  readonly profile: Profile;
}

/**
 * An open transaction. It may be handed through any verb so that state, feed and ledger commit together; nobody
 * outside `*.store.ts` and `storage/` looks inside.
 */
export interface Tx extends Reader {
  readonly writable: true;
}

/** A way to the driver that passes Knex by; see statement.ts. SQLite answers at once. */
export type Direct<Answer = readonly unknown[] | Promise<readonly unknown[]>> = (
  sql: string,
  bindings: readonly unknown[],
  isPrepared: boolean,
) => Answer;

interface Inside {
  readonly knex: Knex;
  readonly direct: Direct | undefined;
  /** Takes the lock that orders commits; on SQLite the writing lock is that lock already. */
  readonly takeOrder: () => Promise<void>;
  readonly endSteps: Map<string, () => Promise<void>>;
  readonly afterCommit: (() => void)[];
}

const insides = new WeakMap<Reader, Inside>();

/** For stores: the Knex handle bound to this reader or transaction. */
export const knexOf = (reader: Reader): Knex => {
  const inside = insides.get(reader);
  if (!inside) throw new Error('this transaction has ended, or was not made by storage/');
  return inside.knex;
};

/** For statement.ts. */
export const directOf = (reader: Reader): Direct | undefined => insides.get(reader)?.direct;

/**
 * For stores: takes this transaction's place in the order of commits now instead of at its end. Numbers handed out
 * afterwards are in commit order. Everybody else who wants a place waits until this transaction is over, so do
 * first what can be done first.
 */
export const takeOrder = async (tx: Tx): Promise<void> => {
  const inside = insides.get(tx);
  if (!inside) throw new Error('this transaction has ended');
  await inside.takeOrder();
};

/**
 * For stores: a step that must come last. It runs once per transaction (by `name`), under the one lock that orders
 * all commits, in the order of first mention: positions of the feed and leaves of the ledger are given out here, so
 * that no reader's position can pass a change that is still to be committed (product.md, "Committing").
 */
export const atEnd = (tx: Tx, name: string, step: () => Promise<void>): void => {
  const inside = insides.get(tx);
  if (!inside) throw new Error('this transaction has ended');
  if (!inside.endSteps.has(name)) inside.endSteps.set(name, step);
};

/** Runs `then` once the transaction is durable, and never when it was rolled back: for caches and wake-ups. */
export const afterCommit = (tx: Tx, then: () => void): void => {
  const inside = insides.get(tx);
  if (!inside) throw new Error('this transaction has ended');
  inside.afterCommit.push(then);
};

/** For backends. */
export const makeReader = (knex: Knex, profile: Profile, direct?: Direct): Reader => {
  const reader: Reader = { profile };
  insides.set(reader, { knex, direct, takeOrder: async () => {}, endSteps: new Map(), afterCommit: [] });
  return reader;
};

/** For backends. */
export const makeTx = (knex: Knex, profile: Profile, takeOrder: () => Promise<void>, direct?: Direct): Tx => {
  const tx: Tx = { profile, writable: true };
  insides.set(tx, { knex, direct, takeOrder, endSteps: new Map(), afterCommit: [] });
  return tx;
};

/** For backends: runs the end steps; a step may add further ones. The order is taken once, and only when there are any. */
export const runEndSteps = async (tx: Tx): Promise<void> => {
  const inside = insides.get(tx);
  if (!inside || inside.endSteps.size === 0) return;
  await inside.takeOrder();
  for (const step of inside.endSteps.values()) await step();
};

/** For backends: forgets the transaction; returns what is to run after the commit. */
export const closeTx = (tx: Tx): readonly (() => void)[] => {
  const after = insides.get(tx)?.afterCommit ?? [];
  insides.delete(tx);
  return after;
};
