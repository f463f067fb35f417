import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Ground } from '../app.ts';
import { importFile } from '../exchange/import/import.ts';
import { sampleTo } from '../exchange/sample/sample.ts';
import { expect, type Steps } from './steps.ts';

/** People and households enter the registry: a made-up file, imported twice. */
export const importPeople = async (steps: Steps, ground: Ground, folder: string, people: number): Promise<void> => {
  const path = join(folder, 'people.ndjson');
  const households = Math.ceil(people / 4);
  await steps.step(`Make up ${people} people in ${households} households`, async (say) => {
    await sampleTo({ individuals: people, households, seed: 1 }, createWriteStream(path));
    say('Look at: npx crosswalk sample --help');
  });

  const run = () => importFile({ ...ground, temporary: join(folder, 'import') }, { path });
  await steps.step('Import them', async (say) => {
    const { created, failed } = await run();
    say(`${created} created, ${failed} failed`);
    expect(created === people + households && failed === 0, 'a line did not go in');
  });

  await steps.step('Import again: nothing is doubled', async (say) => {
    const { created, updated, unchanged } = await run();
    say(`${created} created, ${updated} updated, ${unchanged} unchanged`);
    expect(created === 0 && updated === 0, 'the second import changed something');
    const [individuals, groups] = await ground.registry.search([
      { kind: 'individual', query: { op: 'all' }, limit: 1, offset: 0 },
      { kind: 'group', query: { op: 'all' }, limit: 1, offset: 0 },
    ]);
    say(`The registry holds ${individuals?.total} people in ${groups?.total} households.`);
    expect(individuals?.total === people && groups?.total === households, 'somebody is missing or doubled');
    say('Look at: npx crosswalk import --help');
  });
};
