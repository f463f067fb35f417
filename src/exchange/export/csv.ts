import { stringify } from 'csv-stringify/sync';
import { Fault } from '../../core/fault.ts';
import { flatten } from '../flat/flatten.ts';
import type { Row } from './rows.ts';

// Enough rows at a time that the writer's own start costs nothing.
const RUN = 200;

const toLines = (rows: string[][]): string => stringify(rows).replace(/\n$/, '');

/**
 * The lines of a CSV file. Its header must be known before its first row, so the rows are looked at twice: once for
 * the columns, once for the cells. Rows are never gathered.
 */
export const toCsvLines = async function* (
  preview: AsyncIterable<Row>,
  rows: AsyncIterable<Row>,
): AsyncGenerator<string> {
  const columns = new Map<string, number>();
  for await (const row of preview) {
    for (const heading of flatten(row).keys()) if (!columns.has(heading)) columns.set(heading, columns.size);
  }
  if (columns.size === 0) return;
  let run = [[...columns.keys()]];
  for await (const row of rows) {
    const line = new Array<string>(columns.size).fill('');
    for (const [heading, cell] of flatten(row)) {
      const at = columns.get(heading);
      // Somebody wrote meanwhile. Leaving the value out would be a file that looks whole and is not.
      if (at === undefined) {
        throw new Fault('record.version-conflict', 'the registry changed during the export; please run it again');
      }
      line[at] = cell;
    }
    run.push(line);
    if (run.length < RUN) continue;
    yield toLines(run);
    run = [];
  }
  if (run.length > 0) yield toLines(run);
};
