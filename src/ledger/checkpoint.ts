import { type Clock, toTimestamp } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Database } from '../storage/index.ts';
import { type CheckpointRow, insertCheckpoint, latestCheckpoint, readState, writeOrigin } from './ledger.store.ts';
import { signCheckpoint } from './note.ts';
import type { CheckpointSigner } from './ports.ts';
import { rootAt } from './proofs.ts';
import { rootOf } from './tree.ts';

export interface CheckpointDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly signer: CheckpointSigner;
  /** The name this log gets when its first checkpoint is signed; later it keeps it. */
  readonly origin: string;
}

/**
 * Signs the tree as it stands, unless that was done; answers the newest checkpoint.
 *
 * What was signed before must still be the beginning of what is signed now: a store that somebody altered gets no
 * signature under the alteration.
 */
export const createCheckpointer =
  ({ db, clock, signer, origin }: CheckpointDeps) =>
  async (): Promise<CheckpointRow> => {
    const { state, latest, before } = await db.snapshot(async (reader) => {
      const found = await latestCheckpoint(reader);
      const now = await readState(reader);
      const comparable = found && found.size <= now.frontier.size;
      return { state: now, latest: found, before: comparable ? await rootAt(reader, found.size) : undefined };
    });
    if (latest && !before?.equals(latest.root)) {
      throw new Error(`the ledger differs from its checkpoint at ${latest.size} entries; run "ledger verify"`);
    }
    if (latest?.size === state.frontier.size) return latest;
    const checkpoint = {
      origin: state.origin ?? origin,
      size: state.frontier.size,
      root: rootOf(state.frontier),
      at: toTimestamp(clock()),
    };
    const row = { ...checkpoint, note: signCheckpoint(checkpoint, await signer.current()) };
    await db.write(async (tx) => {
      await writeOrigin(tx, checkpoint.origin);
      await insertCheckpoint(tx, row);
    });
    return row;
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
