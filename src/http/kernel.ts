import type { Context, Middleware } from 'koa';
import { Fault, isFault } from '../core/fault.ts';
import type { Logger } from '../core/log.ts';
import { statusOfKind } from './status.ts';

/**
 * How results and faults look on one wire. Every door shares one request life cycle and differs only here
 * (style.md §3).
 */
export interface WireKernel {
  readonly writeFault: (ctx: Context, fault: Fault) => void;
}

/** RFC 9457 problem details: what doors without a dialect of their own answer. */
export const problemJson: WireKernel = {
  writeFault(ctx, fault) {
    ctx.status = fault.code === 'http.method-not-allowed' ? 405 : statusOfKind[fault.kind];
    if (fault.details.retryAfter !== undefined) ctx.set('Retry-After', String(fault.details.retryAfter));
    ctx.set('Content-Type', 'application/problem+json; charset=utf-8');
    ctx.body = JSON.stringify({
      type: `urn:crosswalk:fault:${fault.code}`,
      title: fault.code,
      status: ctx.status,
      detail: fault.message,
      instance: ctx.state['traceId'],
      ...(fault.details.errors ? { errors: fault.details.errors } : {}),
    });
  },
};

/**
 * The capture around a door: a `Fault` is written in the door's dialect; anything else is a bug, logged whole under
 * the trace id and shown as that id only.
 */
export const captureFaults =
  (kernel: WireKernel, log: Logger): Middleware =>
  async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      kernel.writeFault(ctx, toFault(error, ctx, log));
    }
  };

const toFault = (error: unknown, ctx: Context, log: Logger): Fault => {
  const traceId = ctx.state['traceId'] as string;
  if (isFault(error)) {
    if (error.cause) log.info({ traceId, code: error.code, err: error.cause }, 'refused');
    return error;
  }
  log.error({ traceId, err: error }, 'unexpected error');
  return new Fault('internal.bug', `something went wrong here; the log has it under ${traceId}`);
};
