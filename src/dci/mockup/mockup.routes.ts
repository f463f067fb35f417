import type { Context, Middleware } from 'koa';
import type { Clock } from '../../core/clock.ts';
import { type Endpoint, isShortPath } from '../paths.ts';
import { mockupReply } from './replies.ts';

const hasBody = (ctx: Context): boolean =>
  ctx.get('transfer-encoding') !== '' || !['', '0'].includes(ctx.get('content-length'));

/**
 * With `DCI_MOCKUP_MODE`, calls without a body under the short prefixes (`/sr/…`) are answered with samples, and
 * without a token; every other call passes on to where it is checked and answered in earnest.
 */
export const mockup =
  (endpoint: Endpoint, clock: Clock): Middleware =>
  async (ctx, next) => {
    if (endpoint.registry === undefined || !isShortPath(ctx.path) || hasBody(ctx)) return await next();
    ctx.status = 200;
    // In capitals: two of the suites compare raw header names.
    ctx.set('Content-Type', 'application/json; charset=utf-8');
    ctx.body = JSON.stringify(mockupReply(endpoint.operation, endpoint.registry, clock));
  };
