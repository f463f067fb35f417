import { extname } from 'node:path';
import { readCsv } from './csv.ts';
import { readNdjson } from './ndjson.ts';
import type { Row } from './row.ts';

export type { Row } from './row.ts';

/** Rows come in runs, so that a million of them do not cost a million turns of the event loop. */
export type Rows = AsyncIterable<readonly Row[]>;

export const isCsv = (path: string): boolean => extname(path).toLowerCase() === '.csv';

/** Reads a file line by line with bounded memory: CSV when its name says so, else NDJSON. */
export const readRows = (path: string): Rows => (isCsv(path) ? readCsv(path) : readNdjson(path));
