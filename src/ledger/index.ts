import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Database, Reader } from '../storage/index.ts';
import { readState } from './append.store.ts';
import { createAppender, createRecorder } from './append.ts';
import { createExport } from './bundle.ts';
import { createCheckpointer, createSign, startCheckpoints } from './checkpoint.ts';
import { latestCheckpoint } from './checkpoints.store.ts';
import { createPrepare } from './entry.ts';
import { createFind } from './find.ts';
import type { CheckpointSigner, Copies, LedgerWriter } from './ports.ts';
import { createPrivacy } from './privacy.ts';
import { consistencyProof, inclusionProof } from './proofs.ts';
import { type Retention, startRetention } from './retention.ts';
import { createStrangers } from './strangers.ts';
import { createVerify } from './verify-store.ts';
import { createWitness } from './witness.ts';

export type { ExportOptions, ExportResult } from './bundle.ts';
export type { FoundEntry, LedgerQuestion } from './find.ts';
export { signerOfKeys } from './own-signer.ts';
export type { Erasure } from './privacy.ts';
export { program, programFile } from './program.ts';
export type { StoreResult, VerifyOptions } from './verify-store.ts';
export type { WitnessRequest, WitnessResult } from './witness.ts';

export interface LedgerDeps {
  /** Migrated. */
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signer: CheckpointSigner;
  /** The name of this ledger in its checkpoints, e.g. `crosswalk.local/ledger`; kept once the first is signed. */
  readonly origin: string;
  /** What other parts keep of messages, for erasure to reach it. */
  readonly copies?: readonly Copies[];
}

const CHECKPOINT_EVERY_MS = 30_000;

/** Opens the ledger of a database. Each process has its own; they append to one tree. */
export const openLedger = async ({ db, clock, log, signer, origin, copies = [] }: LedgerDeps) => {
  const { subjectKey } = await db.read(readState);
  const prepare = createPrepare(subjectKey);
  const appender = createAppender({ clock });
  const { append, record, recordPrepared } = createRecorder({ db, appender, prepare });
  const strangers = createStrangers({ clock, log, prepare, record: recordPrepared });
  const sign = createSign({ clock, signer, origin });
  const checkpoint = createCheckpointer({ db, sign });
  const privacy = createPrivacy({ db, clock, appender, prepare, copies });
  const writer: LedgerWriter = { append, record, recordStranger: strangers.recordStranger };

  return {
    ...writer,
    ...privacy,
    find: createFind({ db }),
    verify: createVerify({ db, signer }),
    exportBundle: createExport({ db, clock, signer, sign }),
    witness: createWitness({ db, clock, signer, name: origin }),
    /** Signs the present state, unless that was done; answers the newest checkpoint. */
    checkpoint,
    latestCheckpoint: () => db.read(latestCheckpoint),
    inclusionProof: (seq: number, size: number) => db.snapshot((reader: Reader) => inclusionProof(reader, seq, size)),
    consistencyProof: (from: number, to: number) => db.snapshot((reader: Reader) => consistencyProof(reader, from, to)),
    /** Signs in a rhythm; for the one process that runs background jobs. Its `stop` signs once more. */
    startCheckpoints: (everyMs = CHECKPOINT_EVERY_MS) => startCheckpoints(checkpoint, everyMs, log),
    /** Erases messages by age; for the one process that runs background jobs. */
    startRetention: (keep: Retention) => startRetention({ ...privacy, clock, log }, keep),
    /** Writes what is still counted; before the database closes. */
    close: () => strangers.flush(),
  };
};

export type Ledger = Awaited<ReturnType<typeof openLedger>>;
