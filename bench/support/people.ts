import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { sampleTo } from '../../src/exchange/sample/sample.ts';

/** Writes made-up people to a file in a folder; answers its path. */
export const writePeople = async (folder: string, individuals: number): Promise<string> => {
  const file = join(folder, 'people.ndjson');
  const stream = createWriteStream(file);
  await sampleTo({ individuals, households: 0, seed: 1 }, stream);
  stream.end();
  await once(stream, 'close');
  return file;
};

/** The national id of the n-th made-up person, from 0. */
export const idOf = (n: number): string => String(100_100_000_001 + n);
