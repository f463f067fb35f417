import { type Clock, toTimestamp } from '../core/clock.ts';
import { atEnd, createBatcher, type Database, type Tx } from '../storage/index.ts';
import { type BodyRow, type EntryRow, readState, writeAppended } from './append.store.ts';
import { type Prepare, type PreparedEntry, toLeaf } from './entry.ts';
import type { Appended, EntryDraft } from './ports.ts';
import type { NamedSubjects } from './subjects.store.ts';
import { appendLeaf, type Frontier, leafHash, type Subtree } from './tree.ts';

// Every eighth level of the tree is stored: one row for 256 leaves, and no node is more than 255 hashes away.
const LEVELS_PER_STORED = 8;

interface Waiting {
  readonly entry: PreparedEntry;
  readonly seqs: number[];
}

/** Runs after its entries were written, still inside the transaction. */
type Placed = (seqs: readonly number[]) => Promise<void>;

interface Queue {
  readonly waiting: Waiting[];
  readonly placed: (() => Promise<void>)[];
  closed: boolean;
}

/** Gives the waiting entries their places and writes them: the last thing a transaction does, under the order lock. */
const appendAll = async (tx: Tx, clock: Clock, waiting: readonly Waiting[]): Promise<void> => {
  const state = await readState(tx);
  const now = toTimestamp(clock());
  // Clocks of several processes differ; the order of the entries is the truth, so time stands still rather than falls.
  const isLater = now > state.lastAt;
  const recordedAt = isLater ? now : state.lastAt;
  const entries: EntryRow[] = [];
  const bodies: BodyRow[] = [];
  const subjects: NamedSubjects[] = [];
  const subtrees: (Subtree & { hash: Buffer })[] = [];
  const keep = (subtree: Subtree, hash: Buffer): void => {
    if (subtree.level > 0 && subtree.level % LEVELS_PER_STORED === 0) subtrees.push({ ...subtree, hash });
  };
  let frontier: Frontier = state.frontier;
  for (const { entry, seqs } of waiting) {
    const { draft, stored } = entry;
    const seq = frontier.size;
    const replyTo = typeof draft.replyTo === 'object' ? seqs[draft.replyTo.draft] : draft.replyTo;
    const { text, peer, messageId, transactionId } = toLeaf(entry, { seq, recordedAt, replyTo });
    const hash = leafHash(text);
    frontier = appendLeaf(frontier, hash, keep);
    seqs.push(seq);
    const { kind, direction } = draft;
    entries.push({
      seq,
      leaf: text,
      leafHash: hash,
      recordedAt,
      kind,
      direction,
      peer,
      messageId,
      transactionId,
      replyTo,
    });
    if (stored) bodies.push({ seq, salt: stored.salt, body: stored.body });
    subjects.push({ seq, subjects: entry.subjects });
  }
  await writeAppended(tx, { entries, bodies, subjects, subtrees, frontier, lastAt: recordedAt });
};

/** Appends prepared entries at the end of the transaction; all appends of one transaction are written together. */
export const createAppender = ({ clock }: { readonly clock: Clock }) => {
  const queues = new WeakMap<Tx, Queue>();
  let rounds = 0;

  return (tx: Tx, prepared: readonly PreparedEntry[], placed?: Placed): Appended => {
    const seqs: number[] = [];
    let queue = queues.get(tx);
    // An end step of somebody else may append when ours has run already: that takes a further step.
    if (!queue || queue.closed) {
      const opened: Queue = { waiting: [], placed: [], closed: false };
      queue = opened;
      queues.set(tx, opened);
      rounds += 1;
      atEnd(tx, `ledger ${rounds}`, async () => {
        opened.closed = true;
        if (opened.waiting.length > 0) await appendAll(tx, clock, opened.waiting);
        for (const call of opened.placed) await call();
      });
    }
    for (const entry of prepared) queue.waiting.push({ entry, seqs });
    if (placed) queue.placed.push(() => placed(seqs));
    return { seqs };
  };
};
export type Appender = ReturnType<typeof createAppender>;

interface RecorderDeps {
  readonly db: Database;
  readonly appender: Appender;
  readonly prepare: Prepare;
}

/** `append` and `record` of the ledger's writer. */
export const createRecorder = ({ db, appender, prepare }: RecorderDeps) => {
  const batch = createBatcher(db, async (tx, rows: readonly (readonly PreparedEntry[])[]) =>
    rows.map((entries) => appender(tx, entries)),
  );
  return {
    append: (tx: Tx, drafts: readonly EntryDraft[]): Appended =>
      appender(
        tx,
        drafts.map((draft) => prepare(draft)),
      ),
    record: async (drafts: readonly EntryDraft[]): Promise<readonly number[]> =>
      (await batch(drafts.map((draft) => prepare(draft)))).seqs,
    recordPrepared: async (entries: readonly PreparedEntry[]): Promise<readonly number[]> =>
      (await batch(entries)).seqs,
  };
};
