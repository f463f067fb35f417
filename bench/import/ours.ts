// The import, in a process of its own: node ours.ts URL FILE FOLDER. Says what it took on standard output.
import { silentLogger } from '../../src/core/log.ts';
import { importFile } from '../../src/exchange/import/import.ts';
import { createRegistry } from '../../src/registry/index.ts';
import { openDatabase, openFolderBlobs } from '../../src/storage/index.ts';

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
