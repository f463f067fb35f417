import type { Router } from '@koa/router';
import type { Middleware } from 'koa';

/** Something that answers its own paths and passes the rest on. */
export type Door = Middleware;

/**
 * A router as one middleware of the application. Its own type promises a context that only it makes, so it does not
 * fit Koa's `Middleware` though it is one; the cast stands here and nowhere else.
 */
export const asDoor = (router: Router): Door => router.middleware() as unknown as Door;
