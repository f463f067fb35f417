import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { Fault } from '../../core/fault.ts';
import { isCsv } from '../read/rows.ts';
import { writeLines } from '../write-lines.ts';
import { toCsvLines } from './csv.ts';
import type { ExportDeps, ExportOptions, ExportReport } from './ports.ts';
import { createToRow, nameFiles, type Row, type ToRow } from './rows.ts';
import { walkAll } from './walk.ts';

const rowsOf = async function* (
  deps: ExportDeps,
  options: ExportOptions,
  toRow: ToRow,
  count?: { individual: number; group: number },
): AsyncGenerator<Row> {
  for await (const page of walkAll(deps, options)) {
    for (const walked of page) {
      const row = await toRow(walked);
      if (!row) continue;
      if (count) count[walked.registrant.kind] += 1;
      yield row;
    }
  }
};

const toJson = async function* (rows: AsyncIterable<Row>): AsyncGenerator<string> {
  for await (const row of rows) yield JSON.stringify(row);
};

/**
 * Writes the registry to a stream, line by line, in constant memory: what `import` reads back to the same content.
 * The stream stays open. A failure half-way leaves a broken file: write to a file with `exportFile`.
 */
export const exportTo = async (
  deps: ExportDeps,
  options: ExportOptions & { readonly csv?: boolean },
  stream: Writable,
): Promise<ExportReport> => {
  const count = { individual: 0, group: 0 };
  const rows = rowsOf(deps, options, createToRow(deps, options), count);
  if (!options.csv) await writeLines(stream, toJson(rows));
  else if (options.format) {
    throw new Fault('record.invalid', 'DCI records are nested too deeply for CSV: export them as NDJSON');
  } else {
    const preview = rowsOf(deps, options, createToRow(deps, options, nameFiles));
    await writeLines(stream, toCsvLines(preview, rows));
  }
  return { individuals: count.individual, groups: count.group };
};

/**
 * Exports to a file, CSV when its name says so. The file appears under its name once it is whole; it is readable by its
 * owner alone.
 */
export const exportFile = async (
  deps: ExportDeps,
  options: ExportOptions & { readonly path: string },
): Promise<ExportReport> => {
  const partial = `${options.path}.partial`;
  const stream = createWriteStream(partial, { mode: 0o600 });
  try {
    await once(stream, 'open');
    const report = await exportTo(deps, { ...options, csv: isCsv(options.path) }, stream);
    stream.end();
    await once(stream, 'close');
    await rename(partial, options.path);
    return report;
  } catch (error) {
    stream.destroy();
    await rm(partial, { force: true });
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Fault('record.invalid', `cannot write ${options.path}`, {}, { cause: error });
    }
    throw error;
  }
};
