import type { Client as Connection } from 'pg';
import type { Direct } from './tx.ts';

const CACHED_TEXTS = 500;
const texts = new Map<string, string>();

/** The statement with `$1`, `$2`, … `?` in ours is always a placeholder: values are bound, never written into the text. */
const numbered = (sql: string): string => {
  const known = texts.get(sql);
  if (known !== undefined) return known;
  let placeholders = 0;
  const text = sql.replaceAll('?', () => {
    placeholders += 1;
    return `$${placeholders}`;
  });
  if (texts.size >= CACHED_TEXTS) texts.delete(texts.keys().next().value as string);
  texts.set(sql, text);
  return text;
};

// Never forgotten: a connection keeps what it prepared. There are as many as the code holds texts to be prepared.
const names = new Map<string, string>();

const nameOf = (sql: string): string => {
  const known = names.get(sql);
  if (known !== undefined) return known;
  const name = `crosswalk_${names.size}`;
  names.set(sql, name);
  return name;
};

/**
 * Runs statements straight on a connection: what Knex does to build and run one costs more than a look-up itself. Those
 * that are `prepared` are parsed and planned once on each connection.
 */
export const directOn =
  (use: <T>(work: (connection: Connection) => Promise<T>) => Promise<T>): Direct<Promise<readonly unknown[]>> =>
  (sql, bindings, isPrepared) =>
    use(async (connection) => {
      const values = bindings as unknown[];
      const text = numbered(sql);
      const { rows } = await connection.query(isPrepared ? { name: nameOf(sql), text, values } : { text, values });
      return rows;
    });
