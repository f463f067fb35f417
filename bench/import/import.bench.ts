import Driver from 'better-sqlite3';
import pg from 'pg';
import { writePeople } from '../support/people.ts';
import { makePlace, openPlace, type Place } from '../support/place.ts';
import { median, type Row, toRow } from '../support/row.ts';
import { runProgram } from '../support/run.ts';

const counted = ['registrants', 'identifiers', 'registrant_values', 'feed'];

/** Both must have written the same, or the comparison is worth nothing. */
const countRows = async ({ url }: Place): Promise<string> => {
  const question = counted.map((table) => `(select count(*) from ${table}) as ${table}`).join(', ');
  if (url.startsWith('sqlite:')) {
    const db = new Driver(url.slice('sqlite:'.length), { readonly: true });
    const row = db.prepare(`select ${question}`).get();
    db.close();
    return JSON.stringify(row);
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(`select ${question}`);
  await client.end();
  return JSON.stringify(rows[0]);
};

const empty = async (): Promise<Place> => {
  const place = await makePlace();
  await (await openPlace(place)).db.close();
  return place;
};

/** Row (e): the import of N individuals into an empty registry, against a loader that checks nothing. */
export const benchImport = async ({ individuals, runs }: { individuals: number; runs: number }): Promise<Row> => {
  const home = await makePlace();
  try {
    const file = await writePeople(home.folder, individuals);
    const ours: { seconds: number; peak: number }[] = [];
    const floors: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const [here, there] = [await empty(), await empty()];
      try {
        floors.push((await runProgram<{ seconds: number }>('bench/import/floor.ts', there.url, file)).seconds);
        ours.push(await runProgram('bench/import/ours.ts', here.url, file, here.folder));
        const [a, b] = [await countRows(here), await countRows(there)];
        if (a !== b) throw new Error(`the import wrote ${a}, the floor ${b}`);
      } finally {
        await Promise.all([here.remove(), there.remove()]);
      }
    }
    const perSecond = individuals / median(ours.map(({ seconds }) => seconds));
    const floor = individuals / median(floors);
    return toRow({
      name: 'import of NDJSON individuals',
      unit: 'individuals a second',
      ours: perSecond,
      floor,
      ratio: perSecond / floor,
      budget: { is: 'at least', value: 0.6, of: 'ratio' },
      about: {
        individuals,
        runs,
        peakMegabytes: Math.round(Math.max(...ours.map(({ peak }) => peak)) / 1e6),
        peakLimitMegabytes: 300,
      },
    });
  } finally {
    await home.remove();
  }
};
