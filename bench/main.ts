import { cpus, loadavg } from 'node:os';
import { benchItems } from './dci/items.bench.ts';
import { benchSearch } from './dci/search.bench.ts';
import { benchSubscriptions } from './dci/subscriptions.bench.ts';
import { benchImport } from './import/import.bench.ts';
import { benchLedger } from './ledger/ledger.bench.ts';
import { benchOdk } from './odk/odk.bench.ts';
import { benchStart } from './process/start.bench.ts';
import { benchPointSearch } from './registry/point-search.bench.ts';
import { build } from './support/crosswalk.ts';
import type { Row } from './support/row.ts';

// node bench/main.ts [--large] [NAME…]: the budgets of product.md, each against its floor in this very run. Prints one
// JSON object. `--large` takes the sizes of the budgets (a million people), which takes the better part of an hour.

const names = process.argv.slice(2).filter((argument) => argument !== '--large');
const large = process.argv.includes('--large');

const benches: { readonly [name: string]: () => Promise<Row | readonly Row[]> } = {
  search: benchSearch,
  items: benchItems,
  'point-search': () => benchPointSearch({ registrants: large ? 1_000_000 : 100_000 }),
  // In fewer than these, getting warm counts for more than the work.
  import: () => benchImport({ individuals: large ? 1_000_000 : 100_000, runs: 1 }),
  // Always as many: the page times of odk.md §16 are those of a form of this size.
  odk: () => benchOdk({ submissions: 10_000, runs: large ? 3 : 1 }),
  subscriptions: benchSubscriptions,
  start: benchStart,
  ledger: () => benchLedger({ entries: large ? 200_000 : 20_000 }),
};

const unknown = names.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  process.stderr.write(`no such bench: ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}\n`);
  process.exit(2);
}

await build();
const rows: Row[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const started = performance.now();
  const result = await bench();
  rows.push(...(Array.isArray(result) ? result : [result as Row]));
  process.stderr.write(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
}
const database = /^postgres/.test(process.env['DATABASE_URL'] ?? '') ? 'postgres' : 'sqlite';
// A busy machine spoils what is measured in seconds; ratios are of the same run.
const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version, load: loadavg() };
process.stdout.write(`${JSON.stringify({ database, machine, large, ok: rows.every(({ ok }) => ok), rows })}\n`);
process.exit(0);
