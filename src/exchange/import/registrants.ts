import { createProgrammes } from '../../programmes/index.ts';
import { dayOf } from '../../registry/index.ts';
import { applyBatch, identifiersOf } from './batch.ts';
import { fromDciRow } from './dci-rows.ts';
import { nameFiles, storeFiles } from './files.ts';
import { fromResourceRow, type IncomingLine, isOutcome } from './incoming.ts';
import { failed, type Outcome } from './outcome.ts';
import type { ImportDeps, ImportOptions, RowWriter } from './ports.ts';
import { openScratch } from './scratch.ts';
import { createSpool } from './spool.ts';
import { createWriteBatch } from './write-batch.ts';

// When it is still yesterday in Greenwich, children are already being born today further east.
const EARLIEST_ZONE_MS = 14 * 60 * 60 * 1000;

/** Writes rows of individuals and groups, in either form. */
export const openRegistrants = async (deps: ImportDeps, options: ImportOptions): Promise<RowWriter> => {
  const today = dayOf(deps.clock());
  const reading = {
    today: dayOf(deps.clock() + EARLIEST_ZONE_MS),
    storeFile: options.dryRun ? nameFiles : storeFiles(deps.blobs),
  };
  const scratch = options.dryRun ? await openScratch(deps, deps.temporary, today) : undefined;
  const { db, registry } = scratch ?? deps;
  const programmes = createProgrammes({ db, registry, clock: deps.clock });
  const waiting = createSpool<IncomingLine>(deps.temporary);
  const writeBatch = createWriteBatch<IncomingLine>({ db, log: deps.log }, (tx, lines) =>
    applyBatch({ registry, programmes }, tx, lines, today),
  );
  const write = async (lines: readonly IncomingLine[]): Promise<readonly Outcome[]> => {
    if (lines.length === 0) return [];
    await scratch?.bring(identifiersOf(lines, today));
    return await writeBatch(lines);
  };

  let taken: IncomingLine[] = [];
  return {
    async take(line, json, kind) {
      const read = options.format
        ? fromDciRow(line, json, options.format.dci)
        : await fromResourceRow(line, json, kind === 'group' ? 'group' : 'individual', reading);
      if (isOutcome(read)) return read;
      taken.push(read);
      return undefined;
    },
    async flush() {
      const lines = taken;
      taken = [];
      const outcomes = await write(lines);
      const late = new Set(outcomes.filter(({ is }) => is === 'waits').map(({ line }) => line));
      for (const one of lines) if (late.has(one.line)) await waiting.put(one);
      return outcomes;
    },
    async *finish() {
      for await (const lines of waiting.drain()) {
        const outcomes = await write(lines);
        // There is nothing more to wait for.
        yield outcomes.map((outcome) => (outcome.is === 'waits' ? failed(outcome.line, outcome.reason) : outcome));
      }
    },
    async close() {
      await waiting.close();
      await scratch?.close();
    },
  };
};
