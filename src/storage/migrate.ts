import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Knex } from 'knex';

const directory = fileURLToPath(new URL('../../migrations/', import.meta.url));

interface Named {
  readonly name: string;
  readonly file: string;
}

/**
 * Finds migrations by their name without extension: Knex compares recorded names, and `.ts` from source against
 * `.js` from the build would read as a corrupt directory.
 */
const source: Knex.MigrationSource<Named> = {
  getMigrations: async () =>
    readdirSync(directory)
      .filter((file) => /^\d{8}T\d{4}-.*\.(ts|js)$/.test(file) && !file.endsWith('.d.ts'))
      .sort()
      .map((file) => ({ name: file.replace(/\.(ts|js)$/, ''), file })),
  getMigrationName: (migration) => migration.name,
  getMigration: async (migration) =>
    (await import(pathToFileURL(join(directory, migration.file)).href)) as Knex.Migration,
};

/**
 * Runs what is missing on the connection of `knex`, which must be inside a transaction that also holds the lock:
 * a process killed half-way leaves neither half a schema nor a lock behind.
 */
export const migrateInside = async (knex: Knex): Promise<readonly string[]> => {
  const [, names] = (await knex.migrate.latest({ migrationSource: source, disableTransactions: true })) as [
    number,
    string[],
  ];
  return names;
};

/** Undoes everything, for tests of `down`. */
export const rollbackInside = async (knex: Knex): Promise<void> => {
  await knex.migrate.rollback({ migrationSource: source, disableTransactions: true }, true);
};
