import { createRequire } from 'node:module';
import knexFactory, { type Knex } from 'knex';
import type Pg from 'pg';
import { sleep } from '../core/async.ts';
import { Fault } from '../core/fault.ts';
import type { Database, OpenOptions } from './database.ts';
import { migrateInside } from './migrate.ts';
import { directOn } from './postgres-client.ts';
import { CHANNEL, readRevisions, Touches } from './touch.ts';
import { closeTx, makeReader, makeTx, type Profile, runEndSteps, type Tx } from './tx.ts';

const profile: Profile = { name: 'postgres', maxBindings: 60_000, skipLocked: true, shared: true };

/** The driver, loaded only where there is a PostgreSQL. */
const loadDriver = async (): Promise<typeof Pg> => {
  const { default: pg } = await import('pg');
  const pgOfKnex = createRequire(import.meta.url)('pg') as typeof Pg;
  // Sequence numbers and counts fit a JavaScript number (2^53); text would spread through the whole code.
  for (const { types } of [pg, pgOfKnex]) types.setTypeParser(20, Number);
  return pg;
};

// Any fixed numbers will do, as long as every process uses the same: one orders commits, one guards migrations.
const ORDER_LOCK = 7_201_001;
const MIGRATION_LOCK = 7_201_002;

const RETRIES = 5;
const GROUP_SIZE = 256;
const WATCH_MS = 1000;

/** Serialisation failure and deadlock: PostgreSQL asks for the transaction to be run again. */
const mayRunAgain = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === '40001' || error.code === '40P01');

/**
 * What is long is compressed on its way into a table: with lz4 in a fifth of the time of the method of old, to about the
 * same size. A server that was built without it goes on as ever.
 */
const compressQuickly = (connection: Pg.Client, done: (error: unknown, connection: Pg.Client) => void): void => {
  void connection.query("set default_toast_compression = 'lz4'", () => done(undefined, connection));
};

interface Job {
  readonly work: (tx: Tx) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** Opens a PostgreSQL database; several processes on several machines may share it. */
export const openPostgres = async (options: OpenOptions): Promise<Database> => {
  const pg = await loadDriver();
  // Knex would write to the console.
  const report = (said: unknown): void => {
    options.log.warn({ detail: String(said).split('\n', 1)[0] }, 'the connections to PostgreSQL have a problem');
  };
  const openPool = (max: number): Knex =>
    knexFactory({
      client: 'pg',
      connection: { connectionString: options.url, application_name: 'crosswalk' },
      pool: { min: 0, max, afterCreate: compressQuickly },
      log: { warn: report, error: report },
    });
  const { poolSize = 10 } = options;
  const knex = openPool(Math.max(1, poolSize - 1));
  // Groups of appends follow one another: on one connection they find their statements prepared.
  const appends = openPool(1);
  try {
    await knex.raw('select 1');
  } catch (cause) {
    await Promise.all([knex.destroy(), appends.destroy()]);
    throw new Fault('database.unavailable', 'cannot connect to PostgreSQL; is DATABASE_URL right?', {}, { cause });
  }
  const touches = new Touches();
  const reader = makeReader(
    knex,
    profile,
    directOn(async (work) => {
      const connection = (await knex.client.acquireConnection()) as Pg.Client;
      try {
        return await work(connection);
      } finally {
        await knex.client.releaseConnection(connection);
      }
    }),
  );
  const openTx = async (trx: Knex.Transaction): Promise<Tx> => {
    const connection = (await trx.client.acquireConnection()) as Pg.Client;
    const direct = directOn((work) => work(connection));
    const takeOrder = async (): Promise<void> => {
      await direct('select pg_advisory_xact_lock(?)', [ORDER_LOCK], true);
    };
    return makeTx(trx, profile, takeOrder, direct);
  };

  const once = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    let after: readonly (() => void)[] = [];
    const value = await knex.transaction(async (trx) => {
      const tx = await openTx(trx);
      try {
        const result = await work(tx);
        await runEndSteps(tx);
        return result;
      } finally {
        after = closeTx(tx);
      }
    });
    for (const call of after) call();
    return value;
  };

  const write = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once(work);
      } catch (error) {
        if (!mayRunAgain(error) || attempt >= RETRIES) throw error;
        await sleep(2 ** attempt * 5 * Math.random());
      }
    }
  };

  const queue: Job[] = [];
  let draining: Promise<void> | undefined;

  /**
   * Runs jobs in one transaction, a savepoint each where there are several; their end steps come after the work of all.
   */
  const runTogether = async (jobs: readonly Job[], committing: () => void): Promise<readonly (() => void)[]> => {
    const opened: Tx[] = [];
    const isAlone = jobs.length === 1;
    try {
      const settles = await appends.transaction(async (trx) => {
        const done: (() => void)[] = [];
        for (const job of jobs) {
          const tx = await openTx(trx);
          if (!isAlone) await trx.raw('savepoint job');
          try {
            const value = await job.work(tx);
            if (!isAlone) await trx.raw('release savepoint job');
            opened.push(tx);
            done.push(() => job.resolve(value));
          } catch (error) {
            closeTx(tx);
            if (isAlone) throw error;
            await trx.raw('rollback to savepoint job');
            done.push(() => job.reject(error));
          }
        }
        // The order is taken when nothing else is left to be waited for: a job that waited for a row of another process
        // while holding it, and that process waiting for the order, would lock each other out.
        for (const tx of opened) await runEndSteps(tx);
        committing();
        return done;
      });
      return [...opened.flatMap(closeTx), ...settles];
    } catch (error) {
      for (const tx of opened) closeTx(tx);
      throw error;
    }
  };

  const runGroup = async (): Promise<void> => {
    const taken = queue.splice(0, GROUP_SIZE);
    let isCommitting = false;
    let calls: readonly (() => void)[];
    try {
      calls = await runTogether(taken, () => {
        isCommitting = true;
      });
    } catch (error) {
      // Nothing of it stands, unless the line broke while it was being committed: then nobody knows, and to run it
      // again might do it twice. Otherwise each for itself, so that a bad one spoils only itself.
      const isUndone = mayRunAgain(error) || (!isCommitting && taken.length > 1);
      for (const job of taken) {
        if (isUndone) await write(job.work).then(job.resolve, job.reject);
        else job.reject(error);
      }
      return;
    }
    for (const call of calls) call();
  };

  const drain = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    while (queue.length > 0) await runGroup();
    draining = undefined;
  };

  // Notifications are hints that make caches quick; the poll is what makes them certain.
  const poll = setInterval(() => {
    readRevisions(knex)
      .then((revisions) => touches.compare(revisions))
      .catch((error: unknown) => options.log.warn({ err: error }, 'cannot read revisions'));
  }, WATCH_MS);
  poll.unref();

  let listener: Pg.Client | undefined;
  let closed = false;
  const listenAgain = (): void => {
    setTimeout(() => void listen().catch(listenAgain), WATCH_MS).unref();
  };
  const listen = async (): Promise<void> => {
    if (closed) return;
    const client = new pg.Client({ connectionString: options.url, application_name: 'crosswalk-listen' });
    client.on('notification', (message) => touches.emit(message.payload ?? ''));
    client.on('error', () => {
      if (listener !== client) return; // it never listened: whoever waits for that hears of it
      listener = undefined;
      listenAgain();
    });
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
    listener = client;
  };
  await listen();

  return {
    profile,
    read: (work) => work(reader),
    snapshot: (work) =>
      knex.transaction((trx) => work(makeReader(trx, profile)), { isolationLevel: 'repeatable read', readOnly: true }),
    write,
    append: <T>(work: (tx: Tx) => Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        if (closed) return reject(new Fault('server.stopping', 'the database is closed'));
        queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
        draining ??= drain();
      }),
    onTouch: (topic, call) => touches.on(topic, call),
    async migrate() {
      return await knex.transaction(async (trx) => {
        await trx.raw('select pg_advisory_xact_lock(?)', [MIGRATION_LOCK]);
        return await migrateInside(trx);
      });
    },
    async purge(tables) {
      for (const table of tables) await knex.raw('vacuum ??', [table]);
      return true;
    },
    async analyze(tables) {
      for (const table of tables) await knex.raw('analyze ??', [table]);
    },
    async ping() {
      await knex.raw('select 1');
    },
    async close() {
      closed = true;
      clearInterval(poll);
      await draining;
      touches.dispose();
      await listener?.end();
      await Promise.all([knex.destroy(), appends.destroy()]);
    },
  };
};
