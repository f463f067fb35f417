import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readNdjson } from '../read/ndjson.ts';

/** Rows put aside until the whole file was read: on disk, so that their number costs no memory. */
export interface Spool<T> {
  put(item: T): Promise<void>;
  /** How many wait. */
  readonly size: number;
  /** What was put aside, in order, in runs. Once only. */
  drain(): AsyncGenerator<readonly T[]>;
  /** Removes the file. */
  close(): Promise<void>;
}

/**
 * A spool in a folder of its own below `folder`. The rows are people's data: the folder is readable by its owner
 * alone and goes with the import. `T` must survive JSON.
 */
export const createSpool = <T>(folder: string): Spool<T> => {
  let size = 0;
  let directory: string | undefined;
  let stream: WriteStream | undefined;
  let failure: Error | undefined;
  return {
    get size() {
      return size;
    },
    async put(item) {
      if (!stream || !directory) {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        directory = await mkdtemp(join(folder, 'crosswalk-import-'));
        stream = createWriteStream(join(directory, 'waiting.ndjson'), { mode: 0o600 });
        stream.on('error', (error) => {
          failure = error;
        });
      }
      if (failure) throw failure;
      size += 1;
      if (!stream.write(`${JSON.stringify(item)}\n`)) await once(stream, 'drain');
    },
    async *drain() {
      if (!stream || !directory) return;
      stream.end();
      await once(stream, 'close');
      if (failure) throw failure;
      for await (const rows of readNdjson(join(directory, 'waiting.ndjson'), Number.POSITIVE_INFINITY)) {
        yield rows.flatMap((row) => ('json' in row ? [row.json as T] : []));
      }
    },
    async close() {
      stream?.destroy();
      if (directory) await rm(directory, { recursive: true, force: true });
    },
  };
};
