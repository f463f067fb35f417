import type { Context, Middleware } from 'koa';
import { PUBLISHED_MAX_AGE_SECONDS } from '../trust/index.ts';
import type { DciDeps } from './deps.ts';
import { createLocations, LOCATIONS_MAX_AGE_SECONDS } from './locations/locations.ts';
import { allRoots } from './paths.ts';

type Publish = { readonly document: () => Promise<object>; readonly maxAgeSeconds: number };

const methods = new Set(['GET', 'HEAD']);

const publish = async ({ document, maxAgeSeconds }: Publish, ctx: Context): Promise<void> => {
  ctx.state['door'] = 'dci';
  ctx.set('Content-Type', 'application/json; charset=utf-8');
  ctx.set('Cache-Control', `public, max-age=${maxAgeSeconds}`);
  ctx.body = JSON.stringify(await document());
};

/** Our public keys (dci.md §4.6) and the places we know (§10): for everybody, at the root and under every prefix. */
export const wellKnownRoutes = (deps: Pick<DciDeps, 'jwks' | 'registry' | 'clock'>): Middleware => {
  const keys: Publish = { document: deps.jwks, maxAgeSeconds: PUBLISHED_MAX_AGE_SECONDS };
  const locations: Publish = { document: createLocations(deps), maxAgeSeconds: LOCATIONS_MAX_AGE_SECONDS };
  const published = new Map<string, Publish>(
    allRoots.flatMap((root) => [
      [`${root}/.well-known/jwks.json`, keys],
      [`${root}/.well-known/locations.json`, locations],
    ]),
  );
  return async (ctx, next) => {
    const found = methods.has(ctx.method) ? published.get(ctx.path) : undefined;
    await (found ? publish(found, ctx) : next());
  };
};
