import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database as Driver } from 'better-sqlite3';
import knexFactory, { type Knex } from 'knex';
import { sleep } from '../core/async.ts';
import { Fault } from '../core/fault.ts';
import type { Database, OpenOptions } from './database.ts';
import { migrateInside } from './migrate.ts';
import { CachingSqliteClient, directOn } from './sqlite-client.ts';
import { ANYTHING, readRevisions, Touches } from './touch.ts';
import { closeTx, makeReader, makeTx, type Profile, runEndSteps, type Tx } from './tx.ts';

const profile: Profile = { name: 'sqlite', maxBindings: 32_000, skipLocked: false, shared: false };

// The driver waits for a lock *synchronously*: with a busy time-out this process would answer nobody meanwhile. So
// the driver never waits; we do, giving the event loop back (dependencies.md, trap 13).
const LOCK_PAUSE_MS = 4;
const LOCK_PATIENCE_MS = 30_000;

// One commit may carry this many callers, and is closed after this long: the first caller should not wait for the
// hundredth, and no other process for us.
const GROUP_SIZE = 256;
const GROUP_MS = 25;

// How long the log may stay in use by readers before emptying it is given up.
const PURGE_PATIENCE_MS = 5000;

// How soon a change made by another process is noticed; PRAGMA data_version costs microseconds.
const WATCH_MS = 200;

interface Job {
  readonly work: (tx: Tx) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('SQLITE_BUSY');

/** Tries again, with pauses that give the event loop back, for as long as another process holds the lock. */
const patiently = async <T>(attempt: () => Promise<T>): Promise<T> => {
  const since = Date.now();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (Date.now() - since > LOCK_PATIENCE_MS) {
        throw new Fault('database.busy', 'another process holds the database lock', {}, { cause: error });
      }
      await sleep(LOCK_PAUSE_MS + Math.random() * LOCK_PAUSE_MS);
    }
  }
};

const openPool = (path: string, max: number, role: 'writer' | 'reader' | 'look-ups'): Knex =>
  knexFactory({
    client: CachingSqliteClient as unknown as typeof Knex.Client,
    connection: { filename: path },
    useNullAsDefault: true,
    pool: {
      min: 1,
      max,
      idleTimeoutMillis: 2 ** 31 - 1,
      afterCreate: (connection: Driver, done: (error: unknown, connection: Driver) => void) => {
        connection.pragma(`busy_timeout = ${role === 'writer' ? 0 : 1000}`);
        connection.pragma('journal_mode = WAL');
        // FULL: durable before answered, a power cut included. Group commit is what makes it affordable.
        connection.pragma('synchronous = FULL');
        // Pages that every append rewrites go from the log to the file once in 48 MB, not twelve times.
        connection.pragma('wal_autocheckpoint = 12000');
        connection.pragma('foreign_keys = ON');
        connection.pragma('cache_size = -32000');
        connection.pragma('temp_store = MEMORY');
        // A mapped file is mapped anew after every commit: worth it for long reads only.
        connection.pragma(`mmap_size = ${role === 'reader' ? 268435456 : 0}`);
        // What is deleted is overwritten with zeros: an erased message must not be left in free pages.
        if (role === 'writer') connection.pragma('secure_delete = ON');
        if (role !== 'writer') connection.pragma('query_only = ON');
        done(null, connection);
      },
    },
  });

const rawConnection = async (knex: Knex): Promise<Driver> => {
  const connection = (await knex.client.acquireConnection()) as Driver;
  await knex.client.releaseConnection(connection);
  return connection;
};

/** Opens an SQLite file: one writing connection with a queue that groups commits, reading connections apart. */
export const openSqlite = async (options: OpenOptions & { readonly path: string }): Promise<Database> => {
  if (options.path !== ':memory:') mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
  const writer = openPool(options.path, 1, 'writer');
  const driver = await rawConnection(writer).catch((cause: unknown) => {
    throw new Fault('database.unavailable', `cannot open the SQLite database ${options.path}`, {}, { cause });
  });
  const direct = directOn(driver);
  const readers = openPool(options.path, 4, 'reader');
  const watcher = openPool(options.path, 1, 'reader');
  const watchDriver = await rawConnection(watcher);
  const touches = new Touches();
  const hot = openPool(options.path, 1, 'look-ups');
  const reader = makeReader(readers, profile, directOn(await rawConnection(hot)));

  const beginImmediate = (): Promise<void> =>
    patiently(async () => {
      driver.exec('BEGIN IMMEDIATE');
    });

  const queue: Job[] = [];
  let draining: Promise<void> | undefined;

  /**
   * Runs one caller's work; answers how to settle it once the group has committed. The first of a group needs no
   * savepoint, as there is nothing that its failure must leave standing: a savepoint keeps the old content of every page
   * that is touched, which for a large import is more memory than all else.
   */
  const runJob = async (
    job: Job,
    isFirst: boolean,
  ): Promise<{ settle: () => void; after: readonly (() => void)[] }> => {
    const tx = makeTx(writer, profile, async () => {}, direct);
    if (!isFirst) driver.exec('SAVEPOINT job');
    try {
      const value = await job.work(tx);
      await runEndSteps(tx);
      if (!isFirst) driver.exec('RELEASE job');
      return { settle: () => job.resolve(value), after: closeTx(tx) };
    } catch (error) {
      closeTx(tx);
      // A full disk or a broken file ends the whole transaction; then there is nothing to go back to.
      if (!driver.inTransaction && !isFirst) throw error;
      if (driver.inTransaction) driver.exec(isFirst ? 'ROLLBACK' : 'ROLLBACK TO job; RELEASE job');
      return { settle: () => job.reject(error), after: [] };
    }
  };

  const runGroup = async (): Promise<void> => {
    try {
      await beginImmediate();
    } catch (error) {
      for (const job of queue.splice(0)) job.reject(error);
      return;
    }
    const taken: Job[] = [];
    const done: { settle: () => void; after: readonly (() => void)[] }[] = [];
    const since = Date.now();
    try {
      while (driver.inTransaction && queue.length > 0 && taken.length < GROUP_SIZE && Date.now() - since < GROUP_MS) {
        const job = queue.shift() as Job;
        taken.push(job);
        done.push(await runJob(job, taken.length === 1));
      }
      // Not when the first one failed: it took the transaction with it.
      if (driver.inTransaction) driver.exec('COMMIT');
    } catch (error) {
      if (driver.inTransaction) driver.exec('ROLLBACK');
      for (const job of taken) job.reject(error);
      return;
    }
    for (const { settle, after } of done) {
      for (const call of after) call();
      settle();
    }
  };

  const drain = async (): Promise<void> => {
    // Callers of the same turn of the event loop find each other in one group.
    await new Promise((resolve) => setImmediate(resolve));
    while (queue.length > 0) await runGroup();
    draining = undefined;
  };

  let closed = false;
  const write = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (closed) return reject(new Fault('server.stopping', 'the database is closed'));
      queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
      draining ??= drain();
    });

  const dataVersion = watchDriver.prepare('PRAGMA data_version').pluck();
  let lastVersion = dataVersion.get() as number;
  const poll = setInterval(() => {
    const version = dataVersion.get() as number;
    if (version === lastVersion) return;
    lastVersion = version;
    touches.emit(ANYTHING);
    readRevisions(watcher)
      .then((revisions) => touches.compare(revisions))
      .catch((error: unknown) => options.log.warn({ err: error }, 'cannot read revisions'));
  }, WATCH_MS);
  poll.unref();

  return {
    profile,
    read: (work) => work(reader),
    snapshot: (work) => readers.transaction((trx) => work(makeReader(trx, profile))),
    write,
    append: write,
    onTouch: (topic, call) => touches.on(topic, call),
    async migrate() {
      const ran = await patiently(() =>
        writer.transaction(async (trx) => {
          // The first statement of the transaction must write: it takes the lock before anything was read.
          await trx.raw('pragma user_version = 1');
          return await migrateInside(trx);
        }),
      );
      touches.prime(await readRevisions(writer));
      return ran;
    },
    async purge() {
      for (const since = Date.now(); Date.now() - since < PURGE_PATIENCE_MS; await sleep(LOCK_PAUSE_MS)) {
        await draining;
        if (driver.inTransaction) continue;
        try {
          const [outcome] = driver.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
          if (outcome?.busy === 0) return true;
        } catch (error) {
          if (!isBusy(error) && (error as { code?: unknown }).code !== 'SQLITE_LOCKED') throw error;
        }
      }
      return false;
    },
    async analyze() {},
    async ping() {
      await readers.raw('select 1');
    },
    async close() {
      closed = true;
      clearInterval(poll);
      touches.dispose();
      await draining;
      await Promise.all([writer.destroy(), readers.destroy(), hot.destroy(), watcher.destroy()]);
    },
  };
};
