import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { Fault } from '../core/fault.ts';

/** What `put` says of the stored bytes; `blob` is the name to ask for them with. */
export interface StoredBlob {
  readonly blob: string;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
  readonly size: number;
}

/**
 * Files of any size, named by their content: the same bytes are kept once, and a stored blob never changes. A row that
 * names a blob is written after the blob is durable, so it never points to nothing; the reverse (a blob nobody names,
 * after a crash) costs only space.
 */
export interface BlobStore {
  /** Stores bytes; with `maxBytes`, more than that is refused with `body.too-large` and leaves nothing behind. */
  put(bytes: Uint8Array | AsyncIterable<Uint8Array>, options?: { readonly maxBytes?: number }): Promise<StoredBlob>;
  has(blob: string): Promise<boolean>;
  /** The whole blob; `undefined` when it is not there. */
  read(blob: string): Promise<Buffer | undefined>;
  /** The blob as a stream; a missing one fails the stream. */
  stream(blob: string): Readable;
}

const isName = (blob: string): boolean => /^[0-9a-f]{64}$/.test(blob);

/** A file that was renamed is only found after a power cut when its folder reached the disk as well. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Keeps blobs as plain files under `folder`, in sub-folders by the first two digits of their hash. */
export const openFolderBlobs = (folder: string): BlobStore => {
  const pathOf = (blob: string): string => {
    // A name reaches us from the database: it must never lead out of the folder.
    if (!isName(blob)) throw new Error('not the name of a blob');
    return join(folder, blob.slice(0, 2), blob);
  };

  const has = async (blob: string): Promise<boolean> =>
    await stat(pathOf(blob)).then(
      (found) => found.isFile(),
      () => false,
    );

  return {
    async put(bytes, { maxBytes = Number.POSITIVE_INFINITY } = {}) {
      const incoming = join(folder, 'incoming');
      await mkdir(incoming, { recursive: true, mode: 0o700 });
      const temporary = join(incoming, randomBytes(12).toString('hex'));
      const hash = createHash('sha256');
      let size = 0;
      const file = await open(temporary, 'wx', 0o600);
      try {
        try {
          for await (const part of bytes instanceof Uint8Array ? [bytes] : bytes) {
            size += part.byteLength;
            if (size > maxBytes) throw new Fault('body.too-large', `the file is larger than ${maxBytes} bytes`);
            hash.update(part);
            await file.writeFile(part);
          }
          await file.sync();
        } finally {
          await file.close();
        }
        const blob = hash.digest('hex');
        const path = pathOf(blob);
        if (await has(blob)) await rm(temporary);
        else {
          await mkdir(dirname(path), { recursive: true, mode: 0o700 });
          await rename(temporary, path);
          await syncFolder(dirname(path));
        }
        return { blob, hash: blob, size };
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
    has,
    async read(blob) {
      return await readFile(pathOf(blob)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
    },
    stream: (blob) => createReadStream(pathOf(blob)),
  };
};
