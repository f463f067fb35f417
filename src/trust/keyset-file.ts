import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../core/fault.ts';
import { isObject } from '../core/json.ts';
import type { Sealing } from './key-seal.ts';
import type { PublicJwk } from './ports.ts';

export type OwnAlgorithm = 'EdDSA' | 'RS256' | 'RSA-OAEP-256';

/** One of our key pairs as it lies on disk. */
export interface StoredKey {
  readonly id: string;
  readonly algorithm: OwnAlgorithm;
  readonly created: string;
  /** From when on it is used; see `rotateKeys`. */
  readonly from: string;
  /** Once replaced: until when it stays published, verifies and decrypts. */
  readonly until?: string;
  /** When it was withdrawn before its time. */
  readonly revoked?: string;
  readonly public: PublicJwk;
  /** PKCS#8 in PEM, or sealed. Gone when the key's time is over: the public half stays, for old records. */
  readonly private?: string;
}

export interface Keyset {
  readonly format: 1;
  readonly sealing?: Sealing;
  readonly keys: readonly StoredKey[];
}

export interface KeysetRevision {
  readonly revision: number;
  readonly keyset: Keyset;
}

/*
 * The whole set is one file, `keyset-<revision>.json`, and the highest revision counts. A new one is written aside,
 * made durable, and then linked to its name, which fails when the name is taken: so a reader never sees half a file,
 * and of several processes that change the set at once, first starts included, exactly one wins and the others read
 * what it wrote. There is no lock to be left behind by a process that was killed.
 */

const fileOf = (directory: string, revision: number): string =>
  join(directory, `keyset-${String(revision).padStart(6, '0')}.json`);

const errorCode = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

const listRevisions = async (directory: string): Promise<number[]> =>
  (await readdir(directory))
    .map((name) => /^keyset-(\d{6,})\.json$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);

/** The highest revision there is; 0 when there is none. */
export const newestRevision = async (directory: string): Promise<number> => {
  try {
    return (await listRevisions(directory)).at(-1) ?? 0;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw error;
  }
};

const parse = (text: string, file: string): Keyset => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!isObject(value) || value['format'] !== 1 || !Array.isArray(value['keys'])) {
    throw new Fault('key.unusable', `${file} is not a key set of ours`);
  }
  return value as unknown as Keyset;
};

/** The set in force, or nothing before the first start. */
export const readKeyset = async (directory: string): Promise<KeysetRevision | undefined> => {
  for (;;) {
    const revision = await newestRevision(directory);
    if (revision === 0) return undefined;
    const file = fileOf(directory, revision);
    try {
      return { revision, keyset: parse(await readFile(file, 'utf8'), file) };
    } catch (error) {
      // Replaced between the look and the reading: look again.
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
};

const syncFolder = async (directory: string): Promise<void> => {
  const folder = await open(directory, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

/** Writes `revision`; answers `false` when another process was quicker. Older revisions are removed. */
export const writeKeyset = async (directory: string, revision: number, keyset: Keyset): Promise<boolean> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const aside = join(directory, `.${randomBytes(8).toString('hex')}.tmp`);
  try {
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(keyset, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(aside, fileOf(directory, revision));
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
  await syncFolder(directory);
  const others = (await listRevisions(directory)).filter((other) => other !== revision);
  if (others.some((other) => other > revision)) {
    await rm(fileOf(directory, revision), { force: true });
    return false;
  }
  for (const older of others) await rm(fileOf(directory, older), { force: true });
  return true;
};
