import { createHash } from 'node:crypto';
import type { BlobStore } from '../../storage/index.ts';
import type { StoreFile } from './incoming.ts';

const HASH = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Keeps the files of rows; they are durable before the row that names them is written. */
export const storeFiles =
  (blobs: BlobStore): StoreFile =>
  async ({ name, contentType, base64 }) => {
    const { hash, size } = await blobs.put(Buffer.from(base64, 'base64'));
    return { name, contentType, hash, size };
  };

/** Says what the files would be called, and keeps none: for a dry run. */
export const nameFiles: StoreFile = async ({ name, contentType, base64 }) => {
  const bytes = Buffer.from(base64, 'base64');
  return { name, contentType, hash: HASH(bytes), size: bytes.length };
};
