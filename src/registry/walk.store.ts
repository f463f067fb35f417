import type { Database } from '../storage/index.ts';
import { rowsOf } from '../storage/index.ts';
import type { Kind, Registrant } from './model.ts';
import { columns, type RegistrantRow, toRegistrant } from './registrant.store.ts';

const PAGE = 500;

/** The verb `walk` of the registry; see ports.ts. */
export async function* walkRegistrants(
  db: Database,
  kind: Kind,
  options: { readonly since?: string; readonly page?: number } = {},
): AsyncGenerator<readonly Registrant[]> {
  const limit = options.page ?? PAGE;
  const since = options.since === undefined ? '' : 'and updated_at >= ?';
  for (let after = 0; ; ) {
    const rows = await db.read((reader) =>
      rowsOf<RegistrantRow>(
        reader,
        `select ${columns} from registrants where kind = ? and seq > ? ${since} order by seq limit ?`,
        [kind, after, ...(options.since === undefined ? [] : [options.since]), limit],
      ),
    );
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map(toRegistrant);
    if (rows.length < limit) return;
    after = last.seq;
  }
}
