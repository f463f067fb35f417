import { catalogue, type FaultCode, type FaultKind } from './fault-catalogue.ts';

/** Facts that help the caller mend the request; safe to show. Field paths are JSON Pointers (RFC 6901). */
export interface FaultDetails {
  readonly path?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  /** Seconds to wait before a repeat can succeed. */
  readonly retryAfter?: number;
  readonly [key: string]: unknown;
}

/**
 * The one error that may reach a caller: its message and details are safe to show, its code is from a closed list.
 *
 * Edges translate the code into their dialect (HTTP status, DCI reason code, exit status); the code between never
 * mentions a status. Whatever else is thrown is a bug: it is logged whole and shown as a trace id only.
 * `options.cause` is never shown and always logged.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly details: FaultDetails;

  constructor(code: FaultCode, message: string, details: FaultDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }

  get kind(): FaultKind {
    return catalogue[this.code].kind;
  }
}

export const isFault = (error: unknown): error is Fault => error instanceof Fault;

/** Closes an exhaustive `switch`: reaching it is a programming error, so it crashes the request. */
export const absurd = (value: never): never => {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
};
