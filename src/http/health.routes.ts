import { Router } from '@koa/router';
import type { Middleware } from 'koa';
import { asDoor } from './door.ts';
import type { Metrics } from './metrics.ts';

export interface HealthDeps {
  /** Throws when the database does not answer. */
  readonly ping: () => Promise<void>;
  readonly isStopping: () => boolean;
  readonly metrics: Metrics;
  /** The exposition of all processes of this server; absent: this process alone. */
  readonly exposition?: () => Promise<string>;
}

/** `/health/live`, `/health/ready` and `/metrics` (Prometheus text). */
export const healthRoutes = ({ ping, isStopping, metrics, exposition }: HealthDeps): Middleware => {
  const router = new Router();
  router.get('/health/live', (ctx) => {
    ctx.body = { status: 'live' };
  });
  router.get('/health/ready', async (ctx) => {
    try {
      if (isStopping()) throw new Error('stopping');
      await ping();
      ctx.body = { status: 'ready' };
    } catch {
      ctx.status = 503;
      ctx.body = { status: isStopping() ? 'stopping' : 'database unavailable' };
    }
  });
  router.get('/metrics', async (ctx) => {
    ctx.set('Content-Type', metrics.registry.contentType);
    ctx.body = await (exposition ?? (() => metrics.registry.metrics()))();
  });
  return asDoor(router);
};
