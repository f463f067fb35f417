// The floor of the import, in a process of its own: node floor.ts URL FILE. Says {"seconds": …} on standard output.
import Driver from 'better-sqlite3';
import pg from 'pg';
import { readBareRows, tables } from './bare-rows.ts';

const [url = '', file = ''] = process.argv.slice(2);

// What a loader that has the database to itself would choose; durable as ours is, once per transaction.
const ROWS = 5000;

const names = {
  registrants: 'registrants',
  identifiers: 'identifiers',
  values: 'registrant_values',
  feed: 'feed',
} as const;
const parts = Object.keys(tables) as (keyof typeof tables)[];

const loadSqlite = async (path: string): Promise<void> => {
  const db = new Driver(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('cache_size = -32000');
  const statements = new Map(
    parts.map((part) => {
      const columns = tables[part].split(',');
      const places = columns.map(() => '?').join(',');
      return [part, db.prepare(`insert into ${names[part]} (${tables[part]}) values (${places})`)];
    }),
  );
  const write = db.transaction((rows: Record<keyof typeof tables, unknown[][]>) => {
    for (const part of parts) for (const row of rows[part]) statements.get(part)?.run(row);
  });
  for await (const rows of readBareRows(file, ROWS)) write(rows);
  db.close();
};

const typeOf = (column: string): string =>
  ['seq', 'version', 'registrant', 'position'].includes(column)
    ? 'bigint'
    : ['active', 'member_count'].includes(column)
      ? 'integer'
      : 'text';

const loadPostgres = async (): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for await (const rows of readBareRows(file, ROWS)) {
    await client.query('begin');
    for (const part of parts) {
      const columns = tables[part].split(',');
      const arrays = columns.map((_column, i) => rows[part].map((row) => row[i]));
      const typed = columns.map((column, i) => `$${i + 1}::${typeOf(column)}[]`).join(',');
      await client.query(`insert into ${names[part]} (${tables[part]}) select * from unnest(${typed})`, arrays);
    }
    await client.query('commit');
  }
  await client.end();
};

const started = performance.now();
if (url.startsWith('sqlite:')) await loadSqlite(url.slice('sqlite:'.length));
else await loadPostgres();
process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - started) / 1000 })}\n`);
