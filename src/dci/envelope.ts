import { toWholeSeconds } from '../core/clock.ts';
import { newRandomId } from '../core/ids.ts';
import type { AckErrorCode, HeaderReasonCode, RequestStatus } from './codes.ts';

/** A header as we read it: what was empty is absent, numbers are numbers (dci.md §11, C16–C18). */
export interface RequestHeader {
  readonly version: string;
  readonly messageId: string;
  readonly messageTs: string;
  readonly action: string;
  readonly senderId: string;
  readonly senderUri?: string;
  readonly receiverId?: string;
  readonly totalCount: number;
  readonly isEncrypted: boolean;
}

/** Text of an optional member: `""`, `null` and what is not text are absent. */
export const given = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Text of a required id; numbers are spelled out (C18). */
export const idText = (value: unknown): string => String(value);

/** Reads a header that fits `accept/request-header.json`. */
export const readRequestHeader = (header: Readonly<Record<string, unknown>>): RequestHeader => {
  const senderUri = given(header['sender_uri']);
  const receiverId = given(header['receiver_id']);
  return {
    version: String(header['version'] ?? '') || '1.0.0',
    messageId: idText(header['message_id']),
    messageTs: idText(header['message_ts']),
    action: idText(header['action']),
    senderId: idText(header['sender_id']),
    ...(senderUri === undefined ? {} : { senderUri }),
    ...(receiverId === undefined ? {} : { receiverId }),
    totalCount: Number(header['total_count']),
    isEncrypted: String(header['is_msg_encrypted'] ?? '').toLowerCase() === 'true',
  };
};

/** Whether we speak this version: the major number counts, `v` before it is tolerated. */
export const isServedVersion = (version: string): boolean => /^v?1(\.|$)/i.test(version.trim());

/** What a reply says of itself in its header. */
export interface ReplyHead {
  readonly action: string;
  readonly status: RequestStatus;
  readonly reason?: { readonly code: HeaderReasonCode; readonly message: string };
  /** Number of items asked for, and of those that are finished, answered or refused. */
  readonly total: number;
  readonly completed: number;
  readonly from: string;
  readonly to: string;
  readonly encrypted: boolean;
  readonly meta?: object;
  /** Absent: a new one. */
  readonly messageId?: string;
}

/**
 * The one header of everything we send back (dci.md §2.2): a union that fits the request and the callback header.
 * Members stand in the order of their names, the timestamp in whole seconds: the form peers can sign over again.
 */
export const replyHeader = (head: ReplyHead, now: number) => ({
  action: head.action,
  completed_count: head.completed,
  is_msg_encrypted: head.encrypted,
  message_id: head.messageId ?? newRandomId(),
  message_ts: toWholeSeconds(now),
  meta: head.meta ?? {},
  receiver_id: head.to,
  sender_id: head.from,
  status: head.status,
  ...(head.reason ? { status_reason_code: head.reason.code, status_reason_message: head.reason.message } : {}),
  total_count: head.total,
  version: '1.0.0',
});

/** `succ` as soon as one item succeeded; `rjct` with the reason when every one failed. */
export const overallStatus = (statuses: readonly RequestStatus[]): Pick<ReplyHead, 'status' | 'reason'> => {
  if (statuses.some((status) => status === 'succ')) return { status: 'succ' };
  if (statuses.some((status) => status === 'pdng')) return { status: 'pdng' };
  return { status: 'rjct', reason: { code: 'rjct.errors.too_many', message: 'every item was refused' } };
};

const MAX_MESSAGE = 999;

/** The Ack of an accepted asynchronous message (dci.md §2.3). */
export const ackBody = (correlationId: string, now: number): string =>
  JSON.stringify({
    message: { ack_status: 'ACK', timestamp: toWholeSeconds(now), correlation_id: correlationId },
  });

/** The body of a refusal: the Ack's error and the gateway's `errors`, so that either reader finds its own. */
export const refusalBody = (code: AckErrorCode, message: string, now: number): string => {
  const error = { code, message: message.slice(0, MAX_MESSAGE) || code };
  return JSON.stringify({
    message: { ack_status: 'ERR', timestamp: toWholeSeconds(now), correlation_id: newRandomId(), error },
    errors: [error],
  });
};
