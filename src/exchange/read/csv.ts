import { createReadStream } from 'node:fs';
import { type CsvError, parse } from 'csv-parse';
import { Fault } from '../../core/fault.ts';
import { compileHeader } from '../flat/unflatten.ts';
import { MAX_LINE } from './ndjson.ts';
import type { Row } from './row.ts';

const RUN = 500;

interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly lines: number; readonly bytes: number };
}

/**
 * Reads CSV whose first line holds flat paths (`identifier[national_id]`, `name.given`, …). A row with too few or too
 * many cells is a fault of that row; a header that names no path is a fault of the file.
 *
 * `line` is the line on which a row begins, also when rows before it hold line breaks.
 */
export const readCsv = async function* (path: string): AsyncGenerator<readonly Row[]> {
  const skipped: Row[] = [];
  const parser = parse({
    bom: true,
    info: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: MAX_LINE,
    relax_column_count: true,
    on_skip: (error: CsvError | undefined) => {
      if (error) skipped.push({ line: Number(error['lines'] ?? 0), reason: `the row is not CSV (${error.code})` });
    },
  });
  const source = createReadStream(path);
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);

  let toResource: ((cells: readonly string[]) => unknown) | undefined;
  let width = 0;
  // The parser tells where a row ends; the next one begins on the line after.
  let line = 1;
  let read = 0;
  let rows: Row[] = [];
  for await (const { record, info } of parser as AsyncIterable<Parsed>) {
    const begins = line;
    line = info.lines + 1;
    const bytes = info.bytes - read;
    read = info.bytes;
    if (!toResource) {
      const header = compileHeader(record);
      if ('faults' in header) {
        throw new Fault('record.invalid', `the header has headings of no known path: ${header.faults.join(', ')}`);
      }
      ({ toResource } = header);
      width = record.length;
      continue;
    }
    rows.push(...skipped.splice(0));
    if (record.length !== width) {
      rows.push({ line: begins, reason: `the row has ${record.length} cells, the header ${width}` });
    } else rows.push({ line: begins, json: toResource(record), bytes });
    if (rows.length >= RUN) {
      yield rows;
      rows = [];
    }
  }
  rows.push(...skipped.splice(0));
  if (rows.length > 0) yield rows;
};
