import { randomBytes } from 'node:crypto';

/** A place in a PostgreSQL database that can be thrown away whole. */
export interface Scratch {
  readonly url: string;
  drop(): Promise<void>;
}

/**
 * Makes a schema of its own in the PostgreSQL database of `url`, so that a demo or a measurement meets nobody's data.
 * `undefined` for SQLite, where a file of its own does it.
 */
export const scratchSchema = async (url: string): Promise<Scratch | undefined> => {
  if (url.startsWith('sqlite:')) return undefined;
  const { default: pg } = await import('pg');
  const schema = `scratch_${randomBytes(6).toString('hex')}`;
  const run = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await run(`create schema ${schema}`);
  const options = encodeURIComponent(`-c search_path=${schema}`);
  return {
    url: `${url}${url.includes('?') ? '&' : '?'}options=${options}`,
    drop: () => run(`drop schema ${schema} cascade`),
  };
};
