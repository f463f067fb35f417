import { extname } from 'node:path';
import { readCsv } from './csv.ts';
import { readNdjson } from './ndjson.ts';

/** One line of a file: what it says, or why it cannot be read. `line` counts from 1, as editors do. */
export type Row =
  | { readonly line: number; readonly json: unknown /** Its size in the file. */; readonly bytes: number }
  | { readonly line: number; readonly reason: string };

/** Rows come in runs, so that a million of them do not cost a million turns of the event loop. */
export type Rows = AsyncIterable<readonly Row[]>;

export const isCsv = (path: string): boolean => extname(path).toLowerCase() === '.csv';

/** Reads a file line by line with bounded memory: CSV when its name says so, else NDJSON. */
export const readRows = (path: string): Rows => (isCsv(path) ? readCsv(path) : readNdjson(path));
