import { createRequire } from 'node:module';
import type { Database as Driver, Statement } from 'better-sqlite3';
import type { Knex } from 'knex';
import type { Direct } from './tx.ts';

/** The little of Knex's better-sqlite3 client that the statement cache needs; Knex publishes no types for it. */
interface ClientClass {
  new (config: Knex.Config): { _formatBindings(bindings: unknown): unknown[] };
}
const BetterSqlite3Client = createRequire(import.meta.url)('knex/lib/dialects/better-sqlite3/index.js') as ClientClass;

interface QueryObject {
  sql: string;
  bindings?: unknown;
  response?: unknown;
  context?: { lastID: number | bigint; changes: number };
}

// A statement costs more to prepare than to run. Our SQL texts are few (values are always bound), but lists of
// placeholders vary in length, so the cache is bounded; the oldest go first.
const CACHED_STATEMENTS = 500;

/** Statements of one connection by their text. */
const createStatements = (connection: Driver): ((sql: string) => Statement) => {
  const cache = new Map<string, Statement>();
  return (sql) => {
    const known = cache.get(sql);
    if (known && !known.busy) return known;
    const statement = connection.prepare(sql);
    if (cache.size >= CACHED_STATEMENTS) {
      const oldest = cache.keys().next().value;
      if (oldest !== undefined) cache.delete(oldest);
    }
    cache.set(sql, statement);
    return statement;
  };
};

/** Runs hot statements straight on one connection. The driver is synchronous, so callers cannot mix. */
export const directOn = (connection: Driver): Direct<readonly unknown[]> => {
  const prepared = createStatements(connection);
  const columnsOf = new WeakMap<Statement, readonly string[]>();
  return (sql, bindings) => {
    const statement = prepared(sql);
    if (!statement.reader) {
      statement.run(bindings);
      return [];
    }
    const rows = statement.raw().all(bindings) as unknown[][];
    if (rows.length === 0) return [];
    let columns = columnsOf.get(statement);
    // `select *` has other columns once the schema was changed.
    if (columns?.length !== rows[0]?.length) {
      columns = statement.columns().map(({ name }) => name);
      columnsOf.set(statement, columns);
    }
    return toRows(columns as readonly string[], rows);
  };
};

/** The rows as objects. The driver makes such objects too, but slowly, and slow ones to read. */
const toRows = (columns: readonly string[], rows: readonly (readonly unknown[])[]): readonly object[] =>
  rows.map((values) => {
    const row: Record<string, unknown> = {};
    for (let i = 0; i < columns.length; i += 1) row[columns[i] as string] = values[i];
    return row;
  });

// Knex has statements of its own: those above answer lists from their first use on.
const statementsOf = new WeakMap<Driver, (sql: string) => Statement>();

const prepared = (connection: Driver, sql: string): Statement => {
  const known = statementsOf.get(connection);
  if (known) return known(sql);
  const statements = createStatements(connection);
  statementsOf.set(connection, statements);
  return statements(sql);
};

/** Knex's better-sqlite3 client, with prepared statements kept for reuse. */
export class CachingSqliteClient extends BetterSqlite3Client {
  async _query(connection: Driver, query: QueryObject): Promise<QueryObject> {
    if (!query.sql) throw new Error('The query is empty');
    const statement = prepared(connection, query.sql);
    const bindings = this._formatBindings(query.bindings);
    if (statement.reader) {
      query.response = statement.all(bindings);
      return query;
    }
    const result = statement.run(bindings);
    query.response = result;
    query.context = { lastID: result.lastInsertRowid, changes: result.changes };
    return query;
  }
}
