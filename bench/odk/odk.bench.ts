import { startProgram } from '../support/crosswalk.ts';
import { makePlace } from '../support/place.ts';
import { median, type Row, toRow } from '../support/row.ts';
import { runProgram } from '../support/run.ts';

interface Took {
  readonly seconds: number;
  readonly read: number;
}

interface Imported extends Took {
  /** In bytes: what the heap kept at least, by quarters of the import; and the most that the process held. */
  readonly memory: { readonly kept: readonly number[]; readonly peak: number };
}

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

/** Row: all submissions of a Central imported, against a bare walk of the same pages. */
export const benchOdk = async ({ submissions, runs }: { submissions: number; runs: number }): Promise<Row> => {
  const home = await makePlace();
  const central = await startProgram(home, 'bench/odk/central.ts', String(submissions));
  try {
    const floors: number[] = [];
    const ours: Imported[] = [];
    for (let run = 0; run < runs; run += 1) {
      const place = await makePlace();
      try {
        const walked = await runProgram<Took>('bench/odk/floor.ts', central.url);
        const imported = await runProgram<Imported>('bench/odk/ours.ts', place.url, place.folder, central.url);
        if (walked.read !== submissions || imported.read !== submissions) {
          throw new Error(`of ${submissions} submissions the walk read ${walked.read}, the import ${imported.read}`);
        }
        floors.push(walked.seconds);
        ours.push(imported);
      } finally {
        await place.remove();
      }
    }
    return toRow({
      name: 'import of ODK submissions, against a bare walk of their pages',
      unit: 'seconds',
      ours: median(ours.map(({ seconds }) => seconds)),
      floor: median(floors),
      ratio: median(ours.map(({ seconds }, i) => seconds / (floors[i] as number))),
      budget: { is: 'at most', value: 1.33, of: 'ratio' },
      about: {
        submissions,
        pageSize: 250,
        runs,
        heapKeptMegabytesByQuarter: ours.at(-1)?.memory.kept.map(megabytes),
        peakMegabytes: megabytes(Math.max(...ours.map(({ memory }) => memory.peak))),
      },
    });
  } finally {
    await central.stop();
    await home.remove();
  }
};
