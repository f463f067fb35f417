// The server as it is, but nothing goes on its ledger: what the ledger costs is the difference.

import { doorsOf, openGround } from '../../src/app.ts';
import { configFromProcess } from '../../src/config/index.ts';
import { silentLogger } from '../../src/core/log.ts';
import { createHttpApp, createMetrics, listen } from '../../src/http/index.ts';

const ground = await openGround(configFromProcess(), silentLogger);
const ledger = {
  ...ground.ledger,
  append: () => ({ seqs: [] }),
  record: async () => [],
  recordStranger: async () => {},
};
const metrics = createMetrics();
const app = createHttpApp({ log: silentLogger, metrics, doors: doorsOf({ ...ground, ledger }, metrics) });
const { port } = await listen(app.callback(), '127.0.0.1', 0);
process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` })}\n`);
process.once('SIGTERM', () => process.exit(0));
