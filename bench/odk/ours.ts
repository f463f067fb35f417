// The ODK import, in a process of its own: node ours.ts DATABASE FOLDER CENTRAL. Says what it took.

import { householdRegistrationMapping } from '../../src/demo/household-registration/mapping.ts';
import { built } from '../support/built.ts';
import { FORM, LOGIN, PROJECT } from './login.ts';

const { openGround } = await built<typeof import('../../src/app.ts')>('app');
const { loadConfig } = await built<typeof import('../../src/config/index.ts')>('config/index');
const { silentLogger } = await built<typeof import('../../src/core/log.ts')>('core/log');

const [database = '', folder = '', url = ''] = process.argv.slice(2);
const ground = await openGround(loadConfig({ DATABASE_URL: database, DATA_DIR: `${folder}/data` }), silentLogger);
// Files are fetched by a stage of their own, and are no part of the walk.
const mapping = householdRegistrationMapping.replace(/^ +photo: .*\n/m, '');
await ground.odk.add({
  name: 'bench',
  given: { url, project: PROJECT, form: FORM, email: LOGIN.email },
  credentials: LOGIN,
  mapping,
});
const samples: NodeJS.MemoryUsage[] = [];
const sampling = setInterval(() => samples.push(process.memoryUsage()), 100);
const started = performance.now();
const { read } = await ground.odk.sync('bench', { eager: true });
const seconds = (performance.now() - started) / 1000;
clearInterval(sampling);
await ground.close();
// What remains after a collection is the lowest that is seen: the same in each quarter of the import, or it grows.
const quarter = Math.max(1, Math.floor(samples.length / 4));
const keptIn = (nth: number): number =>
  Math.min(...samples.slice(nth * quarter, (nth + 1) * quarter).map(({ heapUsed }) => heapUsed));
const memory = { kept: [0, 1, 2, 3].map(keptIn), peak: Math.max(...samples.map(({ rss }) => rss)) };
process.stdout.write(`${JSON.stringify({ seconds, read, memory })}\n`);
