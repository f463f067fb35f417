import { randomUUID } from 'node:crypto';
import Koa, { type Middleware } from 'koa';
import { Fault } from '../core/fault.ts';
import type { Logger } from '../core/log.ts';
import { captureFaults, problemJson } from './kernel.ts';
import type { Metrics } from './metrics.ts';

export interface HttpDeps {
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Tried in order; each answers its own paths and passes the rest on. */
  readonly doors: readonly Middleware[];
}

// What a caller names as its request id goes into log lines and headers: only what is harmless there.
const HARMLESS_ID = /^[A-Za-z0-9._:-]{1,99}$/;

const identify: Middleware = async (ctx, next) => {
  const given = ctx.get('x-request-id');
  ctx.state['traceId'] = HARMLESS_ID.test(given) ? given : randomUUID();
  ctx.set('X-Request-Id', ctx.state['traceId'] as string);
  const correlation = ctx.get('x-correlation-id');
  if (HARMLESS_ID.test(correlation)) ctx.set('X-Correlation-Id', correlation);
  ctx.set('X-Content-Type-Options', 'nosniff');
  await next();
};

/** Times each request and logs it: method, door and status, never a path or query, which may name a person. */
const observe =
  ({ metrics, log }: HttpDeps): Middleware =>
  async (ctx, next) => {
    const started = performance.now();
    await next();
    const seconds = (performance.now() - started) / 1000;
    const door = (ctx.state['door'] as string | undefined) ?? 'other';
    metrics.requests.observe({ door, method: ctx.method, status: ctx.status }, seconds);
    log.debug({ traceId: ctx.state['traceId'], door, method: ctx.method, status: ctx.status, seconds }, 'request');
  };

/** The Koa application: request identity, measurement, fault capture, then the doors. */
export const createHttpApp = (deps: HttpDeps): Koa => {
  const app = new Koa();
  app.use(identify);
  app.use(observe(deps));
  app.use(captureFaults(problemJson, deps.log));
  for (const door of deps.doors) app.use(door);
  app.use((ctx) => {
    if (ctx.status === 405 || ctx.status === 501)
      throw new Fault('http.method-not-allowed', `${ctx.method} is not served here`);
    throw new Fault('http.not-found', 'there is nothing at this path');
  });
  // What reaches this is a broken connection or a stream that failed after its first byte: nothing can be answered.
  app.on('error', (error) => deps.log.warn({ err: error }, 'connection error'));
  return app;
};
