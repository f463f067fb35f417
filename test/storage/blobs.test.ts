import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { isFault } from '../../src/core/fault.ts';
import { type BlobStore, openFolderBlobs } from '../../src/storage/index.ts';

describe('folder blobs', () => {
  let folder: string;
  let blobs: BlobStore;
  const filesIn = (path: string): string[] =>
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'crosswalk-blobs-'));
    blobs = openFolderBlobs(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('names bytes by their SHA-256 and gives them back unchanged', async () => {
    const bytes = Buffer.from([0, 255, 1, 254, 10, 13]);
    const stored = await blobs.put(bytes);
    assert.deepEqual(stored, { blob: stored.hash, hash: createHash('sha256').update(bytes).digest('hex'), size: 6 });
    assert.deepEqual(await blobs.read(stored.blob), bytes);
    assert.deepEqual(await buffer(blobs.stream(stored.blob)), bytes);
    assert.equal(await blobs.has(stored.blob), true);
  });

  it('keeps the same bytes once, also when stored at the same time and in parts', async () => {
    const inParts = async function* () {
      yield Buffer.from('one');
      yield Buffer.from('two');
    };
    const [a, b, c] = await Promise.all([
      blobs.put(Buffer.from('onetwo')),
      blobs.put(inParts()),
      blobs.put(Buffer.from('onetwo')),
    ]);
    assert.deepEqual([b, c], [a, a]);
    assert.deepEqual(filesIn(folder), [a.blob]);
  });

  it('refuses what is larger than allowed and leaves nothing behind', async () => {
    await assert.rejects(
      blobs.put(Buffer.alloc(11), { maxBytes: 10 }),
      (error) => isFault(error) && error.code === 'body.too-large',
    );
    assert.deepEqual(filesIn(folder), []);
  });

  it('leaves nothing behind when the source breaks off', async () => {
    const breaking = async function* () {
      yield Buffer.from('half');
      throw new Error('cut off');
    };
    await assert.rejects(blobs.put(breaking()), /cut off/);
    assert.deepEqual(filesIn(folder), []);
  });

  it('answers nothing for a blob that is not there, and never leaves its folder', async () => {
    assert.equal(await blobs.read('0'.repeat(64)), undefined);
    assert.equal(await blobs.has('0'.repeat(64)), false);
    await assert.rejects(async () => blobs.read('../../etc/passwd'), /not the name of a blob/);
  });

  it('lets only its owner read', async () => {
    const { blob } = await blobs.put(Buffer.from('private'));
    assert.equal(statSync(join(folder, blob.slice(0, 2), blob)).mode & 0o777, 0o600);
  });
});
