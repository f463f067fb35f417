import { type Clock, toTimestamp } from '../core/clock.ts';
import { Fault } from '../core/fault.ts';
import type { Logger } from '../core/log.ts';
import type { Database, Reader } from '../storage/index.ts';
import { readState, writeOrigin } from './append.store.ts';
import { type CheckpointRow, insertCheckpoint, latestCheckpoint } from './checkpoints.store.ts';
import { parseNote, signCheckpoint } from './note.ts';
import type { CheckpointSigner } from './ports.ts';
import { rootAt } from './proofs.ts';
import { rootOf } from './tree.ts';

export interface CheckpointDeps {
  readonly clock: Clock;
  readonly signer: CheckpointSigner;
  /** The name this log gets when its first checkpoint is signed; later it keeps it. */
  readonly origin: string;
}

/** A checkpoint, and whether it was signed just now. */
export interface Signed {
  readonly row: CheckpointRow;
  readonly isNew: boolean;
}

/**
 * Signs the tree as `reader` sees it, unless that was done.
 *
 * What was signed before must still be the beginning of what is signed now: a store that somebody altered gets no
 * signature under the alteration (`ledger.damaged`).
 */
export const createSign =
  ({ clock, signer, origin }: CheckpointDeps) =>
  async (reader: Reader): Promise<Signed> => {
    const { frontier, origin: known } = await readState(reader);
    const latest = await latestCheckpoint(reader);
    const before = latest && latest.size <= frontier.size ? await rootAt(reader, latest.size) : undefined;
    if (latest && !before?.equals(latest.root)) {
      const detail = `the ledger differs from its checkpoint at ${latest.size} entries; run "ledger verify"`;
      throw new Fault('ledger.damaged', detail);
    }
    if (latest?.size === frontier.size) return { row: latest, isNew: false };
    const checkpoint = {
      origin: known ?? origin,
      size: frontier.size,
      root: rootOf(frontier),
      at: toTimestamp(clock()),
    };
    return { row: { ...checkpoint, note: signCheckpoint(checkpoint, await signer.current()) }, isNew: true };
  };
export type Sign = ReturnType<typeof createSign>;

export const storeCheckpoint = (db: Database, { row, isNew }: Signed): Promise<void> =>
  isNew
    ? db.write(async (tx) => {
        await writeOrigin(tx, parseNote(row.note).checkpoint.origin);
        await insertCheckpoint(tx, row);
      })
    : Promise.resolve();

/** Signs the present state, unless that was done, and keeps the signature; answers the newest checkpoint. */
export const createCheckpointer =
  ({ db, sign }: { readonly db: Database; readonly sign: Sign }) =>
  async (): Promise<CheckpointRow> => {
    const signed = await db.snapshot(sign);
    await storeCheckpoint(db, signed);
    return signed.row;
  };

export interface CheckpointJob {
  /** Ends the rhythm and signs once more, so that nothing is left unsigned after an orderly end. */
  stop(): Promise<void>;
}

/** Signs a checkpoint every `everyMs` when entries came; to be run in one process. */
export const startCheckpoints = (checkpoint: () => Promise<unknown>, everyMs: number, log: Logger): CheckpointJob => {
  let running: Promise<void> | undefined;
  const once = (): Promise<void> => {
    running ??= checkpoint()
      .then(() => {})
      .catch((error: unknown) => log.error({ err: error }, 'no checkpoint of the ledger could be signed'))
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  void once();
  const timer = setInterval(() => void once(), everyMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
      await once();
    },
  };
};
