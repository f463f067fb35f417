import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { silentLogger } from '../../src/core/log.ts';
import { createRegistry, type Registry } from '../../src/registry/index.ts';
import { type Database, openDatabase } from '../../src/storage/index.ts';

/** A folder and an empty database of their own: a measurement never touches anybody's data. */
export interface Place {
  readonly folder: string;
  readonly url: string;
  readonly remove: () => Promise<void>;
}

/** A fresh SQLite file, or a fresh schema in the PostgreSQL of `DATABASE_URL`. */
export const makePlace = async (): Promise<Place> => {
  const folder = mkdtempSync(join(tmpdir(), 'crosswalk-bench-'));
  const base = process.env['DATABASE_URL'];
  if (!base || !/^postgres(ql)?:/.test(base)) {
    return {
      folder,
      url: `sqlite:${join(folder, 'crosswalk.db')}`,
      remove: async () => rmSync(folder, { recursive: true, force: true }),
    };
  }
  const schema = `bench_${randomBytes(6).toString('hex')}`;
  const run = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: base });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await run(`create schema ${schema}`);
  return {
    folder,
    url: `${base}${base.includes('?') ? '&' : '?'}options=${encodeURIComponent(`-c search_path=${schema}`)}`,
    remove: async () => {
      await run(`drop schema ${schema} cascade`);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export interface OpenPlace {
  readonly db: Database;
  readonly registry: Registry;
}

export const openPlace = async ({ url }: Place): Promise<OpenPlace> => {
  const db = await openDatabase({ url, log: silentLogger });
  await db.migrate();
  return { db, registry: createRegistry({ db, clock: Date.now, log: silentLogger }) };
};
