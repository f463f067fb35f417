import type { Peer } from '../access/ports.ts';
import type { FaultCode } from '../core/fault-catalogue.ts';
import type { Tx } from '../storage/index.ts';
import type { Acceptance } from '../trust/index.ts';
import type { Verification } from '../trust/ports.ts';
import type { ReplyHead, RequestHeader } from './envelope.ts';
import type { OperationName } from './operations.ts';
import type { Place } from './place.ts';

/** A message that was let in: known sender, checked signature, plain, of the right shape. */
export interface Question {
  readonly header: RequestHeader;
  /** Fits the schema of the operation. */
  readonly message: unknown;
  readonly peer: Peer;
  readonly place: Place;
  /** Ours: given out with the Ack, and repeated in whatever answers this. */
  readonly correlationId: string;
}

/** What a synchronous operation answers; the header and the signature are put on it when it leaves. */
export interface Reply extends Pick<ReplyHead, 'action' | 'status' | 'reason' | 'total' | 'completed' | 'meta'> {
  readonly message: object;
  /** The identifiers of people named in it, where they were gathered while it was made. */
  readonly subjects?: ReadonlySet<string>;
}

/**
 * One call as far as it has come: the steps write here what they find, and at the end everything there is to know of
 * the call stands in one place, for the ledger.
 */
export interface Exchange {
  readonly traceId: string;
  readonly receivedAt: number;
  readonly path: string;
  readonly operation?: OperationName;
  /** Whose token it was. */
  peer?: Peer;
  /** The received bytes, whole. */
  body?: Buffer;
  /** What the header said, also where the message was refused. */
  claims?: { readonly messageId?: string; readonly senderId?: string; readonly action?: string };
  verification?: Verification;
  /** What the body says, once it was read; `message` in plain, once that was opened. */
  envelope?: Readonly<Record<string, unknown>>;
  message?: unknown;
  /** Why it was refused. */
  fault?: FaultCode;
  /** The answer's status and exact bytes. */
  status?: number;
  answer?: Buffer;
  /** What the answer says, where it is an envelope of ours. */
  reply?: SealedReply;
  /** Set once the call is on the ledger with this answer. */
  isRecorded?: boolean;
}

/** A reply as it leaves. */
export interface SealedReply {
  /** The exact bytes. */
  readonly body: Buffer;
  readonly messageId: string;
  /** In plain, also where the bytes hold it encrypted. */
  readonly message: object;
  /** See `Reply`. */
  readonly subjects?: ReadonlySet<string> | undefined;
  /** How we signed it, and in whose name. */
  readonly signature: Verification;
  readonly from: string;
}

/** Keeps calls, with their answers, on the ledger; and with them, which messages were accepted (dci.md §15.9, §15.15). */
export interface CallRecorder {
  /** For a call that accepts nothing: a refusal, or a repeat. Answers once it is durable. */
  record(exchange: Exchange): Promise<void>;
  /**
   * For a call that only reads: uses up the message's id and puts the call on the ledger in one commit, which many
   * calls share. Writes nothing when the id was used up before. The exchange must have its answer already.
   */
  accept(exchange: Exchange): Promise<Acceptance>;
  /** The same as part of a write, so that the change, the id and the entries commit together; call it first in `tx`. */
  acceptIn(tx: Tx, exchange: Exchange): Promise<Acceptance>;
}
