import { setImmediate as breathe } from 'node:timers/promises';
import type { LedgerCheck, LedgerResult } from '../../verifier/verify-bundle.mjs';
import { readAhead } from '../core/async.ts';
import type { Database } from '../storage/index.ts';
import { type BodyRow, readState } from './append.store.ts';
import { type CheckpointRow, latestCheckpoint, readCheckpoints } from './checkpoints.store.ts';
import { readBodies, readEntries, readExtent, type StoredEntry } from './entries.store.ts';
import { portionsOf } from './portions.ts';
import type { CheckpointSigner } from './ports.ts';
import { program } from './program.ts';
import { readSubtrees } from './tree.store.ts';
import { rootOf } from './tree.ts';

export interface VerifyOptions {
  /** A bundle (or a checkpoint as text) from earlier: the store must still begin with what it signed. */
  readonly against?: string;
  /** `false` leaves the signatures of messages out: hashes, order and checkpoints only. */
  readonly signatures?: boolean;
  /** Hears how far it has come. */
  readonly progress?: (done: number, all: number) => void;
}

export interface StoreResult extends LedgerResult {
  readonly seconds: number;
  /** Entries a second; the time for signatures is not counted. */
  readonly entries_per_second: number;
  /** Signatures a second, in the time for signatures. */
  readonly signatures_per_second: number;
}

interface Deps {
  readonly db: Database;
  readonly signer: CheckpointSigner;
}

const PAGE = 1000;

const COLUMNS = [
  ['recordedAt', 'recorded_at'],
  ['kind', 'kind'],
  ['direction', 'direction'],
  ['peer', 'peer'],
  ['messageId', 'message_id'],
  ['transactionId', 'transaction_id'],
  ['replyTo', 'reply_to'],
] as const;

/** The searched columns must repeat the leaf: an entry whose peer was rewritten would not be found any more. */
const checkColumns = (check: LedgerCheck, row: StoredEntry, leaf: Readonly<Record<string, unknown>>): void => {
  const wrong = COLUMNS.filter(([column, member]) => row[column] !== leaf[member]).map(([, member]) => member);
  if (wrong.length === 0) return;
  const detail = `what is searched (${wrong.join(', ')}) is not what the entry says`;
  check.problem('index', detail, { seq: row.seq, message_id: row.messageId });
};

interface Portion {
  readonly rows: readonly StoredEntry[];
  readonly bodies: readonly BodyRow[];
  /** Checkpoints in order; those due within this portion are taken off. */
  readonly checkpoints: CheckpointRow[];
  /** The seq behind the last row. */
  readonly upTo: number;
}

/** The store from seq `begin` up to `end`, in portions that fit in memory; ends early where no more entries are. */
async function* readPortions(db: Database, begin: number, end: number): AsyncGenerator<Portion> {
  for (let at = begin; at < end; ) {
    const page = await db.read((reader) => readEntries(reader, at, end, PAGE));
    if (page.length === 0) return;
    for (const rows of portionsOf(page)) {
      const upTo = (rows.at(-1) as StoredEntry).seq + 1;
      // A body may be erased after its entry was read and before this: then an entry beyond `end` says so.
      const bodies = await db.read((reader) => readBodies(reader, at, upTo));
      const checkpoints = await db.read((reader) => readCheckpoints(reader, at === 0 ? 0 : at + 1, upTo));
      yield { rows, bodies, checkpoints: [...checkpoints], upTo };
      at = upTo;
    }
  }
}

const feedPortion = (check: LedgerCheck, { rows, bodies, checkpoints }: Portion): void => {
  const bodyOf = new Map(bodies.map((body) => [body.seq, body]));
  const feedCheckpoints = (): void => {
    while (checkpoints[0] && checkpoints[0].size <= check.size) check.checkpoint(checkpoints.shift()?.note as string);
  };
  feedCheckpoints();
  for (const row of rows) {
    const body = bodyOf.get(row.seq);
    bodyOf.delete(row.seq);
    const leaf = check.entry({ seq: row.seq, leaf: row.leaf, hash: row.leafHash, salt: body?.salt, body: body?.body });
    if (leaf) checkColumns(check, row, leaf);
    feedCheckpoints();
  }
  for (const seq of bodyOf.keys()) check.problem('body-added', 'there is a message without an entry', { seq });
};

/** Compares the stored inner nodes of the tree; they tell an altered entry's place to 256 entries at the worst. */
const checkSubtrees = async (
  db: Database,
  check: LedgerCheck,
  completed: { level: number; first: number; root: Buffer }[],
): Promise<void> => {
  for (const { level, first, root } of completed.splice(0)) {
    const position = first / 2 ** level;
    const stored = await db.read((reader) => readSubtrees(reader, level, position, position + 1));
    if (stored.get(position)?.equals(root)) continue;
    const last = first + 2 ** level - 1;
    check.problem('tree', `the stored tree over entries ${first} to ${last} is not that of these entries`, {
      seq: first,
    });
  }
};

/** What the newest signed state of an earlier bundle or witness demands of this store. */
const readAgainst = async (file: string, signer: CheckpointSigner, check: LedgerCheck) => {
  const note = await program.lastCheckpointOf(file, await signer.publicKeys());
  if (!note) check.problem('against', 'the file to compare with holds no checkpoint signed by a key of this server');
  return note;
};

/** The end of the store must be where its own count says. */
const checkExtent = async (db: Database, check: LedgerCheck): Promise<void> => {
  const { size, lastSeq, root, signed } = await db.snapshot(async (reader) => ({
    ...(await readExtent(reader)),
    root: rootOf((await readState(reader)).frontier),
    signed: (await latestCheckpoint(reader))?.size ?? 0,
  }));
  const held = lastSeq === undefined ? 0 : lastSeq + 1;
  if (held > size)
    check.problem('extra', `entries ${size} to ${held - 1} lie beyond the end of the ledger`, { seq: size });
  if (held < size) {
    const what = size - held === 1 ? `entry ${held} is` : `entries ${held} to ${size - 1} are`;
    check.problem('missing', `${what} missing at the end`, { seq: held });
  }
  if (signed > Math.max(held, size)) {
    check.problem('missing', `a checkpoint counts ${signed} entries, and there are ${held}`, {
      seq: held,
      size: signed,
    });
  }
  if (held === size && check.size === size && check.root && !check.root.equals(root)) {
    check.problem('tree', 'the stored end of the tree is not that of the entries');
  }
};

/**
 * Verifies the whole store: each entry against its hash, the tree against every checkpoint, each message against its
 * commitment and its signature against the recorded key, erasures against the entries that record them. Reads page by
 * page while the server runs; the memory it takes does not grow with the ledger.
 */
export const createVerify =
  ({ db, signer }: Deps) =>
  async ({ against, signatures = true, progress }: VerifyOptions = {}): Promise<StoreResult> => {
    const started = performance.now();
    const completed: { level: number; first: number; root: Buffer }[] = [];
    const check = program.createLedgerCheck({
      keys: await signer.publicKeys(),
      signatures,
      completed: (level, first, root) => level % 8 === 0 && completed.push({ level, first, root }),
    });
    const earlier = against === undefined ? undefined : await readAgainst(against, signer, check);
    let earlierDue = earlier;
    const sizeNow = async (): Promise<number> => (await db.read(readState)).frontier.size;

    for (let begin = 0, end = await sizeNow(); begin < end; ) {
      for await (const portion of readAhead(readPortions(db, begin, end))) {
        if (earlierDue && earlierDue.size > begin && earlierDue.size <= portion.upTo) {
          portion.checkpoints.push({ ...earlierDue, at: '' });
          portion.checkpoints.sort((one, other) => one.size - other.size);
          earlierDue = undefined;
        }
        feedPortion(check, portion);
        begin = portion.upTo;
        await checkSubtrees(db, check, completed);
        progress?.(check.size, end);
        await breathe();
      }
      if (begin < end) break;
      // Bodies that were erased meanwhile: the entries that say so came after.
      if (check.hasMissingBodies) end = await sizeNow();
    }

    if (earlierDue && earlierDue.size > check.size) {
      const detail = `the store has ${check.size} entries, and ${earlierDue.size} were signed before: a tail was cut off, or an older copy put back`;
      check.problem('shorter', detail, { seq: check.size, size: earlierDue.size });
    }
    await checkExtent(db, check);
    const result = check.finish();
    const seconds = (performance.now() - started) / 1000;
    return {
      ...result,
      seconds: Math.round(seconds * 1000) / 1000,
      ...program.ratesOf(result, seconds, check.signatureMs / 1000),
    };
  };
