import type { Logger } from '../core/log.ts';
import type { Profile, Reader, Tx } from './tx.ts';

/** The database, whichever it is. */
export interface Database {
  readonly profile: Profile;

  /** Reads outside any transaction, on connections of their own: a reader never waits for a writer. */
  read<T>(work: (reader: Reader) => Promise<T>): Promise<T>;

  /** Reads that must all see the same moment. */
  snapshot<T>(work: (reader: Reader) => Promise<T>): Promise<T>;

  /**
   * Runs `work` in a transaction and answers once it is durable. What `work` throws rolls back all it wrote.
   *
   * On SQLite, writes of many callers share one commit, a savepoint for each after the first. `work` may be run again
   * after a lock conflict, so it must do nothing but read and write through its `Tx`; and it must not call `write`.
   */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>;

  /**
   * As `write`, for appends of read-only requests (replay marks, ledger entries): on PostgreSQL too, many of them
   * share one commit.
   */
  append<T>(work: (tx: Tx) => Promise<T>): Promise<T>;

  /**
   * Calls back soon after any process committed a change marked with `touch(tx, topic)`: at once within this
   * process, within a second from others. Returns the way to stop.
   */
  onTouch(topic: string, call: () => void): () => void;

  /** Brings the schema to the newest state, under a lock; returns the names of the migrations it ran. */
  migrate(): Promise<readonly string[]>;

  /**
   * Makes what was deleted from these tables unreadable in the database's own files, as far as it can: SQLite
   * empties its write-ahead log, PostgreSQL frees dead rows. Answers `false` when a long reader prevented it.
   */
  purge(tables: readonly string[]): Promise<boolean>;

  /**
   * Has the database look at tables that a large load filled, so that it plans by what they hold now: PostgreSQL would
   * guess until its autovacuum comes by. SQLite's plans do not depend on it.
   */
  analyze(tables: readonly string[]): Promise<void>;

  /** A cheap statement, for the readiness check. */
  ping(): Promise<void>;

  close(): Promise<void>;
}

export interface OpenOptions {
  readonly url: string;
  readonly log: Logger;
  /** PostgreSQL connections of this process, two at least; one more listens for changes of others. */
  readonly poolSize?: number;
}
