import type { Router } from '@koa/router';
import type { Middleware } from 'koa';

/**
 * A router as one middleware of the application. Its own type promises a context that only it makes, so it does not
 * fit Koa's `Middleware` though it is one; the cast stands here and nowhere else.
 */
export const asDoor = (router: Router): Middleware => router.middleware() as unknown as Middleware;
