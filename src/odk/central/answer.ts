import { isObject } from '../../core/json.ts';

/**
 * An answer of Central that is not what was asked for. What to do follows from status and code alone, never from the
 * message (odk.md §14); the message may show values of the data and stays out of logs.
 */
export class CentralError extends Error {
  override readonly name = 'CentralError';
  readonly status: number;
  /** Central's own number, `409.15`; absent for unhandled faults and for answers of a proxy. */
  readonly code: number | undefined;
  readonly details: unknown;

  constructor(status: number, body: unknown, what: string) {
    const code = isObject(body) && typeof body['code'] === 'number' ? body['code'] : undefined;
    super(`Central answered ${what} with status ${status}${code === undefined ? '' : ` (code ${code})`}`);
    this.status = status;
    this.code = code;
    this.details = isObject(body) ? body['details'] : undefined;
  }
}

export const isCentralError = (error: unknown, status?: number, code?: number): error is CentralError =>
  error instanceof CentralError &&
  (status === undefined || error.status === status) &&
  (code === undefined || error.code === code);

/** JSON, or `undefined` when it is none: a body cut off, or a proxy's error page. */
export const tryParse = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
};
