import { Fault } from '../../core/fault.ts';
import { searchedTables } from '../../registry/index.ts';
import { guessKind, isRowKind, type RowKind, saidKind } from '../kinds.ts';
import { readRows } from '../read/rows.ts';
import { failed } from './outcome.ts';
import type { ImportDeps, ImportOptions } from './ports.ts';
import { openRegistrants } from './registrants.ts';
import { createTally, type ImportReport } from './report.ts';

// What is written at once: large enough that a commit costs little, small enough that a server writing meanwhile waits
// little.
const BATCH_LINES = 2000;
const BATCH_BYTES = 8 * 1024 * 1024;

/** The kind of a row, or why there is none. */
const kindOf = (json: unknown, wanted: RowKind | undefined): RowKind | { readonly fault: string } => {
  const said = saidKind(json);
  if (said !== undefined && wanted !== undefined && said !== wanted) return { fault: `this is no ${wanted}` };
  const kind = wanted ?? said ?? guessKind(json);
  if (kind === undefined) return { fault: 'the line does not say its type' };
  return isRowKind(kind) ? kind : { fault: 'the type of the line is not known' };
};

/**
 * Imports a file, streamed: upserts by identifier, batch by batch. A bad line is reported with its number and leaves
 * nothing behind; good lines stay. Members of groups may be defined after the groups that name them.
 */
export const importFile = async (deps: ImportDeps, options: ImportOptions): Promise<ImportReport> => {
  const tally = createTally(options.dryRun ?? false);
  const registrants = await openRegistrants(deps, options);
  let lines = 0;
  let bytes = 0;
  const flush = async (): Promise<void> => {
    for (const outcome of await registrants.flush()) tally.add(outcome);
    lines = 0;
    bytes = 0;
    options.onProgress?.(tally.report());
  };
  try {
    for await (const rows of readRows(options.path)) {
      for (const row of rows) {
        if ('reason' in row) {
          tally.add(failed(row.line, row.reason));
          continue;
        }
        const kind = options.format ? 'individual' : kindOf(row.json, options.kind);
        if (typeof kind !== 'string') tally.add(failed(row.line, kind.fault));
        else if (kind !== 'individual' && kind !== 'group') {
          tally.add(failed(row.line, `the kind ${kind} is not offered yet`));
        } else {
          const refused = await registrants.take(row.line, row.json, kind);
          if (refused) tally.add(refused);
        }
        lines += 1;
        bytes += row.bytes;
        if (lines >= BATCH_LINES || bytes >= BATCH_BYTES) await flush();
      }
    }
    await flush();
    for await (const outcomes of registrants.finish()) {
      for (const outcome of outcomes) tally.add(outcome);
      options.onProgress?.(tally.report());
    }
    const report = tally.report();
    if (!report.dryRun && report.created > 0) await deps.db.analyze(searchedTables);
    return report;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES')) {
      throw new Fault('record.invalid', `cannot read ${options.path}`, {}, { cause: error });
    }
    throw error;
  } finally {
    await registrants.close();
  }
};
