import type { FaultKind } from '../core/fault-catalogue.ts';

/** The HTTP status of each kind of fault, where a door's contract says nothing else. */
export const statusOfKind: Readonly<Record<FaultKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  gone: 410,
  'too-large': 413,
  'rate-limited': 429,
  unsupported: 400,
  'untrusted-signature': 401,
  upstream: 502,
  unavailable: 503,
  internal: 500,
};
