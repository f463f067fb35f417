import type { Clock } from '../core/clock.ts';
import type { Database } from '../storage/index.ts';
import { readSources, type Source } from './sources.store.ts';
import { countByReason, countFiles } from './status.store.ts';
import { placeOf, stateOf } from './status.ts';
import { countEntries } from './submissions.store.ts';

/** Numbers of one source, by `group.name`. */
export interface Measures {
  readonly source: string;
  readonly values: Readonly<Record<string, number>>;
}

const grouped = (group: string, values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${group}.${name}`, value]));

const ageOf = ({ lastSuccessAt, watermark, walk }: Source, now: number): Record<string, number> => {
  const since = (at: string | undefined): number => Math.max(0, (now - Date.parse(at ?? '')) / 1000);
  return {
    ...(lastSuccessAt === undefined ? {} : { success: since(lastSuccessAt) }),
    ...(watermark === undefined ? {} : { watermark: since(watermark) }),
    ...(walk === undefined ? {} : { walk: Math.max(0, (now - walk.startedAt) / 1000) }),
  };
};

// A scrape asks for every group of them; the database is asked once.
const FRESH_MS = 1000;

/** Everything countable about all sources. */
export const createMeasures = ({ db, clock }: { readonly db: Database; readonly clock: Clock }) => {
  const measure = (): Promise<Measures[]> =>
    db.read(async (reader) => {
      const all: Measures[] = [];
      for (const source of await readSources(reader)) {
        const place = placeOf(source);
        const now = clock();
        const values = {
          ...grouped('state', { [stateOf(source, now)]: 1 }),
          ...grouped('age', ageOf(source, now)),
          ...grouped('count', await countEntries(reader, place)),
          ...grouped('dead', await countByReason(reader, place)),
          ...grouped('files', { ...(await countFiles(reader, place)) }),
          ...grouped('total', source.totals),
        };
        all.push({ source: source.name, values });
      }
      return all;
    });
  let known: { readonly at: number; readonly measures: Promise<Measures[]> } | undefined;
  return async (): Promise<readonly Measures[]> => {
    if (!known || clock() - known.at > FRESH_MS) known = { at: clock(), measures: measure() };
    return await known.measures;
  };
};
