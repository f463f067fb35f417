import { once } from 'node:events';
import type { Writable } from 'node:stream';

// Few large writes instead of many small ones.
const CHUNK = 64 * 1024;

/**
 * Writes lines, waiting whenever the stream is full, so that a slow reader costs time and not memory. The stream stays
 * open; whoever opened it ends it. A reader that goes away (`sample | head`) ends the writing with the stream's error.
 */
export const writeLines = async (stream: Writable, lines: Iterable<string> | AsyncIterable<string>): Promise<void> => {
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure = error;
  };
  stream.on('error', fail);
  try {
    let chunk = '';
    const flush = async (): Promise<void> => {
      if (failure) throw failure;
      const text = chunk;
      chunk = '';
      if (text !== '' && !stream.write(text)) await once(stream, 'drain');
    };
    for await (const line of lines) {
      chunk += `${line}\n`;
      if (chunk.length >= CHUNK) await flush();
    }
    await flush();
    if (failure) throw failure;
  } finally {
    stream.off('error', fail);
  }
};
