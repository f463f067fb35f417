import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/core/log.ts';
import { type Database, openDatabase, type Scratch, scratchSchema } from '../../src/storage/index.ts';

export interface TestDatabase {
  readonly url: string;
  /** Opens a further connection to the same database, as another process would. */
  readonly open: () => Promise<Database>;
  readonly drop: () => Promise<void>;
}

/** A fresh SQLite file in a folder of its own. */
export const freshSqlite = async (): Promise<TestDatabase> => {
  const folder = mkdtempSync(join(tmpdir(), 'crosswalk-test-'));
  const url = `sqlite:${join(folder, 'crosswalk.db')}`;
  return {
    url,
    open: () => openDatabase({ url, log: silentLogger }),
    drop: async () => rmSync(folder, { recursive: true, force: true }),
  };
};

/** A fresh schema in the PostgreSQL of `TEST_DATABASE_URL`. */
export const freshPostgres = async (): Promise<TestDatabase> => {
  const base = process.env['TEST_DATABASE_URL'];
  if (!base) throw new Error('TEST_DATABASE_URL is not set');
  const scratch = (await scratchSchema(base)) as Scratch;
  const { url } = scratch;
  return {
    url,
    open: () => openDatabase({ url, log: silentLogger, poolSize: 5 }),
    drop: scratch.drop,
  };
};

/** The databases of this run: SQLite always, PostgreSQL when `TEST_DATABASE_URL` is set. */
export const backends = [
  { name: 'SQLite', fresh: freshSqlite, skip: false },
  { name: 'PostgreSQL', fresh: freshPostgres, skip: !process.env['TEST_DATABASE_URL'] },
] as const;

/**
 * Runs the same suite on each database; `database()` gives the migrated one of the suite, made fresh before it.
 */
export const describeStore = (
  name: string,
  suite: (context: { database: () => Database; again: () => Promise<Database>; url: () => string }) => void,
): void => {
  for (const backend of backends) {
    const title = `${name} (${backend.name})`;
    if (backend.skip) {
      describe(title, () => {
        it('runs when TEST_DATABASE_URL is set');
      });
      continue;
    }
    describe(title, () => {
      let test: TestDatabase;
      let database: Database;
      before(async () => {
        test = await backend.fresh();
        database = await test.open();
        await database.migrate();
      });
      suite({ database: () => database, again: () => test.open(), url: () => test.url });
      // After the suite's own hooks, which may stop what still works on the database.
      after(async () => {
        await database.close();
        await test.drop();
      });
    });
  }
};
