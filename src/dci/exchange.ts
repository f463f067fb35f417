import type { Peer } from '../access/ports.ts';
import type { FaultCode } from '../core/fault-catalogue.ts';
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
}

/** What a synchronous operation answers; the header and the signature are put on it when it leaves. */
export interface Reply extends Pick<ReplyHead, 'action' | 'status' | 'reason' | 'total' | 'completed' | 'meta'> {
  readonly message: object;
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
  /** Why it was refused. */
  fault?: FaultCode;
  /** The answer's status and exact bytes. */
  status?: number;
  answer?: Buffer;
}
