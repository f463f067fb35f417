import type { Knex } from 'knex';
import { toByteaArray } from './bytea-array.ts';
import { directOf, knexOf, type Profile, type Reader, type Tx } from './tx.ts';

/**
 * For stores: runs a statement and returns its rows. Placeholders are `?`; the text must come from a small set,
 * because it is the key of the cache of prepared statements. It passes Knex by: building and pooling there cost several
 * times what a look-up itself costs.
 */
export const rowsOf = <Row>(reader: Reader, sql: string, bindings: readonly unknown[] = []): Promise<readonly Row[]> =>
  run<Row>(reader, sql, bindings, false);

/**
 * As `rowsOf`, for the fixed texts of hot paths: PostgreSQL too parses and plans them once on each connection. A plan
 * that is made once must be right for all values, so this is for look-ups by keys and for inserts.
 */
export const preparedRowsOf = <Row>(
  reader: Reader,
  sql: string,
  bindings: readonly unknown[] = [],
): Promise<readonly Row[]> => run<Row>(reader, sql, bindings, true);

const run = async <Row>(
  reader: Reader,
  sql: string,
  bindings: readonly unknown[],
  isPrepared: boolean,
): Promise<readonly Row[]> => {
  const direct = directOf(reader);
  if (direct) return (await direct(sql, bindings, isPrepared)) as readonly Row[];
  const result = await knexOf(reader).raw(sql, bindings as Knex.RawBinding[]);
  return reader.profile.name === 'sqlite' ? result : result.rows;
};

/** The SQL of "column is one of a list", with one placeholder whatever the length; bind `listOf(...)`. */
export const anyOf = (profile: Profile, column: string): string =>
  profile.name === 'sqlite' ? `${column} in (select value from json_each(?))` : `${column} = any(?)`;

/** The binding that goes with `anyOf`. */
export const listOf = (profile: Profile, values: readonly (string | number)[]): unknown =>
  profile.name === 'sqlite' ? JSON.stringify(values) : values;

// Few sizes, so that few statements are prepared; the largest keeps below every backend's bound on placeholders.
const RUNS = [128, 16, 4, 1];

// The long texts are made once: building and hashing one for each use costs as much as running it.
const insertTexts = new Map<string, string>();

const insertText = (table: string, columns: readonly string[], size: number, tail: string): string => {
  const key = `${table}\0${columns.join(',')}\0${size}\0${tail}`;
  const known = insertTexts.get(key);
  if (known !== undefined) return known;
  const one = `(${columns.map(() => '?').join(',')})`;
  const text = `insert into ${table} (${columns.join(',')}) values ${Array(size).fill(one).join(',')} ${tail}`;
  insertTexts.set(key, text);
  return text;
};

/**
 * For stores: inserts rows (arrays in the order of `columns`) in few statements, and answers what they return. `tail`
 * holds the `returning` and may hold an `on conflict`.
 */
export const insertReturning = async <Returned>(
  tx: Tx,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  tail: string,
): Promise<readonly Returned[]> => {
  const returned: (readonly Returned[])[] = [];
  let at = 0;
  for (const size of RUNS) {
    while (rows.length - at >= size) {
      const bindings: unknown[] = [];
      for (const end = at + size; at < end; at += 1)
        for (const value of rows[at] as readonly unknown[]) bindings.push(value);
      returned.push(await preparedRowsOf<Returned>(tx, insertText(table, columns, size, tail), bindings));
    }
  }
  return returned.flat();
};

/** The values of one column of many rows as the binding of `?::TYPE[]`. PostgreSQL only. */
export const columnOf = (type: string, values: readonly unknown[]): unknown =>
  type === 'bytea' ? toByteaArray(values as readonly (Buffer | null)[]) : values;

// What a column is declared as, by table: all schemas are made by the same migrations.
const declared = new Map<string, ReadonlyMap<string, string>>();

const typesOf = async (tx: Tx, table: string): Promise<ReadonlyMap<string, string>> => {
  const known = declared.get(table);
  if (known) return known;
  const rows = await rowsOf<{ name: string; type: string }>(
    tx,
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = ?::regclass and attnum > 0 and not attisdropped`,
    [table],
  );
  const types = new Map(rows.map(({ name, type }) => [name, type]));
  declared.set(table, types);
  return types;
};

// Fewer rows are not worth the arrays.
const WORTH_ARRAYS = 5;

/**
 * For stores: inserts rows that return nothing. SQLite gets them one by one: a statement of many rows, which may fail at
 * any of them, keeps the old content of all pages it touches. PostgreSQL gets them column by column, as arrays: one
 * statement of one text whatever their number.
 */
export const insertRows = async (
  tx: Tx,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  tail = '',
): Promise<void> => {
  const direct = directOf(tx);
  if (direct && tx.profile.name === 'sqlite') {
    const text = insertText(table, columns, 1, tail);
    for (const row of rows) direct(text, row, true);
    return;
  }
  if (rows.length < WORTH_ARRAYS) {
    await insertReturning(tx, table, columns, rows, tail);
    return;
  }
  const types = await typesOf(tx, table);
  const typeOf = (column: string): string => types.get(column) as string;
  const arrays = columns.map((column) => `?::${typeOf(column)}[]`).join(',');
  await rowsOf(
    tx,
    `insert into ${table} (${columns.join(',')}) select * from unnest(${arrays}) ${tail}`,
    columns.map((column, at) =>
      columnOf(
        typeOf(column),
        rows.map((row) => row[at]),
      ),
    ),
  );
};
