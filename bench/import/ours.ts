// The import, in a process of its own: node ours.ts URL FILE FOLDER. Says what it took on standard output.
import { built } from '../support/built.ts';

const { silentLogger } = await built<typeof import('../../src/core/log.ts')>('core/log');
const { importFile } = await built<typeof import('../../src/exchange/import/import.ts')>('exchange/import/import');
const { createRegistry } = await built<typeof import('../../src/registry/index.ts')>('registry/index');
const { openDatabase, openFolderBlobs } = await built<typeof import('../../src/storage/index.ts')>('storage/index');

const [url = '', path = '', folder = ''] = process.argv.slice(2);
const db = await openDatabase({ url, log: silentLogger });
const registry = createRegistry({ db, clock: Date.now, log: silentLogger });

let peak = 0;
const started = performance.now();
const report = await importFile(
  { db, registry, blobs: openFolderBlobs(`${folder}/blobs`), clock: Date.now, log: silentLogger, temporary: folder },
  {
    path,
    onProgress: () => {
      peak = Math.max(peak, process.memoryUsage.rss());
    },
  },
);
const seconds = (performance.now() - started) / 1000;
await db.close();
process.stdout.write(`${JSON.stringify({ seconds, peak, created: report.created, failed: report.failed })}\n`);
