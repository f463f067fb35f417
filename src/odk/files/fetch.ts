import { createHash } from 'node:crypto';
import { Fault } from '../../core/fault.ts';
import type { BlobStore } from '../../storage/index.ts';
import type { CentralForm, IncomingFile } from '../central/api.ts';
import { contentTypeOf, HEAD_BYTES } from './sniff.ts';

export interface FetchedFile {
  readonly blob: string;
  readonly hash: string;
  readonly size: number;
  readonly md5: string;
  readonly contentType: string;
}

const MD5 = /^"([0-9a-f]{32})"$/;

/** Streams a file into the blob store: neither here nor there is it ever whole in memory. */
const store = async (blobs: BlobStore, file: IncomingFile, maxBytes: number): Promise<FetchedFile> => {
  const md5 = createHash('md5');
  let head = Buffer.alloc(0);
  async function* tapped(): AsyncGenerator<Buffer> {
    for await (const piece of file.body) {
      md5.update(piece);
      if (head.length < HEAD_BYTES) head = Buffer.concat([head, piece.subarray(0, HEAD_BYTES)]);
      yield piece;
    }
  }
  const stored = await blobs.put(tapped(), { maxBytes });
  const digest = md5.digest('hex');
  const promised = MD5.exec(file.etag ?? '')?.[1];
  if (promised !== undefined && promised !== digest) {
    throw new Fault('net.upstream', 'a file arrived other than ODK Central holds it');
  }
  return { ...stored, md5: digest, contentType: contentTypeOf(head, file.contentType) };
};

/** Fetches one file, unless it is the one we have. Throws `body.too-large` above `maxBytes`. */
export const fetchFile = (
  { central, blobs }: { readonly central: CentralForm; readonly blobs: BlobStore },
  wanted: { readonly instanceId: string; readonly name: string; readonly md5: string | null },
  maxBytes: number,
): Promise<FetchedFile | 'absent' | 'same'> =>
  central.attachment(wanted.instanceId, wanted.name, wanted.md5 === null ? undefined : `"${wanted.md5}"`, (file) =>
    store(blobs, file, maxBytes),
  );
