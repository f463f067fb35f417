import Sqlite from 'better-sqlite3';
import pg from 'pg';

/** Edits a database as somebody with a database client would: by a driver of its own, not through our code. */
export const editBySql = async (url: string, statements: readonly [sql: string, ...bindings: unknown[]][]) => {
  if (url.startsWith('sqlite:')) {
    const file = new Sqlite(url.slice('sqlite:'.length), { timeout: 5000 });
    for (const [sql, ...bindings] of statements) file.prepare(sql).run(...bindings);
    file.close();
    return;
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const [sql, ...bindings] of statements) {
    let n = 0;
    await client.query(
      sql.replaceAll('?', () => {
        n += 1;
        return `$${n}`;
      }),
      bindings,
    );
  }
  await client.end();
};

export const readBySql = async <Row>(url: string, sql: string): Promise<Row[]> => {
  if (url.startsWith('sqlite:')) {
    const file = new Sqlite(url.slice('sqlite:'.length), { readonly: true });
    const rows = file.prepare(sql).all() as Row[];
    file.close();
    return rows;
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows as Row[];
};
