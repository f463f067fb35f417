import { Fault } from '../core/fault.ts';
import type { Database, OpenOptions } from './database.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';

/** Opens `sqlite:PATH` or `postgres://…`. The schema is not touched: call `migrate()`. */
export const openDatabase = async (options: OpenOptions): Promise<Database> => {
  if (options.url.startsWith('sqlite:')) return openSqlite({ ...options, path: options.url.slice('sqlite:'.length) });
  if (/^postgres(ql)?:\/\//.test(options.url)) return openPostgres(options);
  throw new Fault('config.invalid', 'DATABASE_URL must begin with sqlite: or postgres://');
};
