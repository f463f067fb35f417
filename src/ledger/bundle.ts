import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Clock, toTimestamp } from '../core/clock.ts';
import { Fault, isFault } from '../core/fault.ts';
import type { Database, Reader } from '../storage/index.ts';
import { type BodyRow, readState } from './append.store.ts';
import { type Sign, type Signed, storeCheckpoint } from './checkpoint.ts';
import { type CheckpointRow, readCheckpoints } from './checkpoints.store.ts';
import { firstSeqAt, readBodies, readEntries, type StoredEntry } from './entries.store.ts';
import { portionsOf } from './portions.ts';
import type { CheckpointSigner } from './ports.ts';
import { erasersOf } from './privacy.store.ts';
import { inclusionProof, rangeRoots } from './proofs.ts';

export interface ExportOptions {
  /** The file to write; gzip when its name ends in `.gz`. */
  readonly out: string;
  /** Only entries recorded from this time on, and before that one. */
  readonly from?: string;
  readonly to?: string;
  /** `false`: leaves and proofs only. */
  readonly bodies?: boolean;
  readonly progress?: (done: number, all: number) => void;
}

export interface ExportResult {
  readonly file: string;
  readonly from: number;
  readonly to: number;
  readonly entries: number;
  readonly checkpoints: number;
  readonly size: number;
  /** `false`: the store is damaged, so its present state was not signed; the bundle shows it as it is. */
  readonly signed: boolean;
}

interface Deps {
  readonly db: Database;
  readonly clock: Clock;
  readonly signer: CheckpointSigner;
  /** Signs the state that is exported, so that the bundle is covered to its end. */
  readonly sign: Sign;
}

export const BUNDLE_FORMAT = 'crosswalk-ledger-bundle/1';

const PAGE = 1000;

const base64 = (bytes: Buffer): string => bytes.toString('base64');

/** Text where the bytes are UTF-8, so that a bundle can be read and searched; base64 otherwise. */
const toBody = ({ salt, body }: BodyRow): object => {
  const text = body.toString('utf8');
  const isExact = Buffer.from(text, 'utf8').equals(body);
  return { salt: base64(salt), ...(isExact ? { text } : { base64: base64(body) }) };
};

const toEntry = (row: StoredEntry, body: BodyRow | undefined): object => ({
  type: 'entry',
  seq: row.seq,
  hash: base64(row.leafHash),
  leaf: row.leaf,
  ...(body ? toBody(body) : {}),
});

const boundOf = async (reader: Reader, name: string, time: string | undefined, size: number, fallback: number) => {
  if (time === undefined) return fallback;
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) throw new Fault('query.invalid', `--${name} is not a time: expected RFC 3339`);
  return await firstSeqAt(reader, new Date(ms).toISOString(), size);
};

/** A damaged store gets no further signature; an auditor must be able to carry it away all the same. */
const signUnlessDamaged = async (sign: Sign, reader: Reader): Promise<Signed | undefined> => {
  try {
    return await sign(reader);
  } catch (error) {
    if (isFault(error) && error.code === 'ledger.damaged') return undefined;
    throw error;
  }
};

/** The records of a bundle, in order. All reads see one moment. */
async function* recordsOf(
  reader: Reader,
  deps: Pick<Deps, 'clock' | 'signer'>,
  newest: CheckpointRow | undefined,
  options: ExportOptions,
  result: { from: number; to: number; size: number; entries: number; checkpoints: number },
): AsyncGenerator<object> {
  const { origin, frontier } = await readState(reader);
  const size = newest?.size ?? frontier.size;
  const from = await boundOf(reader, 'from', options.from, size, 0);
  const to = Math.max(from, await boundOf(reader, 'to', options.to, size, size));
  Object.assign(result, { from, to, size });
  yield {
    type: 'header',
    format: BUNDLE_FORMAT,
    origin,
    created_at: toTimestamp(deps.clock()),
    from,
    to,
    size,
    bodies: options.bodies !== false,
    // The tree of all that stands before the first entry, as the roots of its perfect subtrees.
    ...(from > 0 ? { left: (await rangeRoots(reader, [0, from])).map(base64) } : {}),
  };
  for (const jwk of await deps.signer.publicKeys()) yield { type: 'key', jwk };

  // A checkpoint right at the first entry needs nothing but the left side of the tree.
  let covered = -1;
  const toCheckpoint = ({ size: at, note }: CheckpointRow, right: object = {}): object => {
    result.checkpoints += 1;
    covered = at;
    return { type: 'checkpoint', note, ...right };
  };
  for (const row of await readCheckpoints(reader, from, from)) yield toCheckpoint(row);
  for (let begin = from; begin < to; ) {
    const rows = await readEntries(reader, begin, to, PAGE);
    if (rows.length === 0) break;
    for (const portion of portionsOf(rows)) {
      const upTo = (portion.at(-1) as StoredEntry).seq + 1;
      const bodies = options.bodies === false ? [] : await readBodies(reader, begin, upTo);
      const bodyOf = new Map(bodies.map((body) => [body.seq, body]));
      const due = [...(await readCheckpoints(reader, begin + 1, upTo))];
      for (const row of portion) {
        yield toEntry(row, bodyOf.get(row.seq));
        result.entries += 1;
        while (due[0] && due[0].size <= row.seq + 1) yield toCheckpoint(due.shift() as CheckpointRow);
      }
      begin = upTo;
    }
    options.progress?.(begin - from, to - from);
  }
  if (newest && covered < size) {
    const right = to < size ? { right: (await rangeRoots(reader, [to, size])).map(base64) } : {};
    yield toCheckpoint(newest, right);
    for (const seq of await erasersOf(reader, from, to, to)) {
      const [row] = await readEntries(reader, seq, seq + 1, 1);
      if (!row || seq >= size) continue;
      yield { type: 'elsewhere', seq, leaf: row.leaf, path: (await inclusionProof(reader, seq, size)).map(base64) };
    }
  }
  yield { type: 'end', entries: result.entries };
}

async function* linesOf(records: AsyncIterable<object>): AsyncGenerator<string> {
  // Small lines are handed on together: a stream costs more per piece than per byte.
  let text = '';
  for await (const record of records) {
    text += `${JSON.stringify(record)}\n`;
    if (text.length < 65_536) continue;
    yield text;
    text = '';
  }
  if (text) yield text;
}

/**
 * Writes a bundle: one file that holds entries, exact messages, keys, checkpoints and proofs, and needs nothing else
 * to be verified. It is made while the server runs, from one moment of the database, and appears under its name only
 * when it is complete.
 */
export const createExport =
  ({ db, sign, ...deps }: Deps) =>
  async (options: ExportOptions): Promise<ExportResult> => {
    const unfinished = `${options.out}.part`;
    const result = { from: 0, to: 0, size: 0, entries: 0, checkpoints: 0, signed: false };
    try {
      await db.snapshot(async (reader) => {
        const signed = await signUnlessDamaged(sign, reader);
        if (signed) await storeCheckpoint(db, signed);
        result.signed = signed !== undefined;
        const newest = signed?.row;
        const lines = Readable.from(linesOf(recordsOf(reader, deps, newest, options, result)));
        const file = createWriteStream(unfinished, { mode: 0o600 });
        if (options.out.endsWith('.gz')) await pipeline(lines, createGzip(), file);
        else await pipeline(lines, file);
      });
      await rename(unfinished, options.out);
    } catch (error) {
      await rm(unfinished, { force: true });
      if ((error as { code?: string }).code?.startsWith('E')) {
        throw new Fault('ledger.bundle-unreadable', `cannot write ${options.out}`, {}, { cause: error });
      }
      throw error;
    }
    return { file: options.out, ...result };
  };
