import { Fault, isFault } from '../core/fault.ts';
import type { FaultCode, FaultKind } from '../core/fault-catalogue.ts';
import type { AckErrorCode, SearchReasonCode } from './codes.ts';

/** How a fault of a whole message looks on this wire (dci.md §2.3). */
export interface Refusal {
  readonly status: number;
  readonly code: AckErrorCode;
}

const byKind: Readonly<Record<FaultKind, Refusal>> = {
  invalid: { status: 400, code: 'err.request.bad' },
  unauthenticated: { status: 401, code: 'err.request.unauthorized' },
  forbidden: { status: 403, code: 'err.request.forbidden' },
  'not-found': { status: 404, code: 'err.request.not_found' },
  conflict: { status: 400, code: 'err.request.bad' },
  gone: { status: 404, code: 'err.request.not_found' },
  'too-large': { status: 413, code: 'err.request.bad' },
  'rate-limited': { status: 429, code: 'err.request.too_many_requests' },
  unsupported: { status: 400, code: 'err.request.bad' },
  'untrusted-signature': { status: 401, code: 'err.signature.invalid' },
  upstream: { status: 503, code: 'err.service.unavailable' },
  unavailable: { status: 503, code: 'err.service.unavailable' },
  internal: { status: 500, code: 'err.service.unavailable' },
};

const byCode: { readonly [code in FaultCode]?: Refusal } = {
  'dci.encryption-invalid': { status: 400, code: 'err.encryption.invalid' },
  'dci.receiver-invalid': { status: 400, code: 'err.receiver_id.invalid' },
  'dci.sender-unknown': { status: 403, code: 'err.sender_id.invalid' },
  'dci.sender-uri-invalid': { status: 400, code: 'err.sender_uri.invalid' },
  'dci.version-unsupported': { status: 400, code: 'err.version.not_supported' },
  'http.method-not-allowed': { status: 405, code: 'err.request.bad' },
  'signature.missing': { status: 401, code: 'err.signature.missing' },
};

/** The status and code of a refused message; every fault of the catalogue has one. */
export const toRefusal = (fault: Fault): Refusal => byCode[fault.code] ?? byKind[fault.kind];

/** Why one item of a message is refused while the others are answered (dci.md §8.3). */
export interface Rejection {
  readonly code: SearchReasonCode;
  readonly message: string;
}

/** Refuses one item: to be thrown where its question is read. `message` must not repeat values, only names. */
export const rejectItem = (reason: SearchReasonCode, message: string): Fault =>
  new Fault('dci.item-rejected', message, { reason });

const MAX_MESSAGE = 999;

/** What the thrower of `error` meant for its item; what is no fault of the item is thrown on. */
export const toRejection = (error: unknown): Rejection => {
  if (!isFault(error)) throw error;
  const message = error.message.slice(0, MAX_MESSAGE);
  if (error.code === 'dci.item-rejected') return { code: error.details['reason'] as SearchReasonCode, message };
  if (error.code === 'query.invalid' || error.code === 'policy.refused')
    return { code: 'rjct.search_criteria.invalid', message };
  throw error;
};
