import { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { type Client, type Clients, type ClientTokens, showScope, TOKEN_SECONDS } from '../access/clients/index.ts';
import {
  type AccessLog,
  type AccessRow,
  createAttempts,
  createGrant,
  OAuthRefusal,
  readTokenRequest,
} from '../access/index.ts';
import { asDoor, rawBody } from '../http/index.ts';

export interface TokenDeps {
  readonly clients: Clients;
  readonly tokens: ClientTokens;
  readonly accessLog: Pick<AccessLog, 'record'>;
}

const MAX_BODY = 8 * 1024;
const BASE = '/api/v2/spp/oauth/token';

/** `POST /api/v2/spp/oauth/token`: client credentials only (api-v2.md §2). */
export const tokenRoutes = ({ clients, tokens, accessLog }: TokenDeps): Middleware => {
  const grant = createGrant<Client>({
    seconds: TOKEN_SECONDS,
    authenticate: (id, secret) => clients.authenticate(id, secret),
    grantScopes({ scopes }, asked) {
      const own = scopes.map(showScope);
      const kept = asked.length === 0 ? own : own.filter((scope) => asked.includes(scope));
      return kept.length > 0 || asked.length === 0 ? kept : undefined;
    },
    issue(client, scopes) {
      const narrowed = client.scopes.filter((own) => scopes.includes(showScope(own)));
      return tokens.issue(client, narrowed.length < client.scopes.length ? narrowed : undefined);
    },
  });
  const attempts = createAttempts();
  const missing = new OAuthRefusal(400, 'invalid_request', 'client_id and client_secret are required');

  /** Answers, and tells who got a token or why nobody did. */
  const answer = async (ctx: Context): Promise<Pick<AccessRow, 'who' | 'refusal' | 'facts'>> => {
    const wait = await attempts.begin(ctx.ip);
    if (wait !== undefined) {
      ctx.status = 429;
      ctx.set('Retry-After', String(wait));
      ctx.body = { detail: 'Too many authentication attempts. Please try again later.' };
      return { refusal: 'rate.limited' };
    }
    try {
      const isForm = Boolean(ctx.is('application/x-www-form-urlencoded'));
      const given = { isForm, authorization: ctx.get('authorization'), body: ctx.state['body'] as Buffer };
      const { client, token, seconds, scopes } = await grant(readTokenRequest(given, missing));
      ctx.body = { access_token: token, token_type: 'Bearer', expires_in: seconds, scope: scopes.join(' ') };
      await attempts.succeed(ctx.ip);
      return { who: client.clientId, facts: { scopes: [...scopes] } };
    } catch (error) {
      if (!(error instanceof OAuthRefusal)) throw error;
      ctx.status = error.status;
      if (error.status === 401) ctx.set('WWW-Authenticate', 'Basic realm="crosswalk"');
      ctx.body = { detail: error.message, error: error.code, error_description: error.message };
      return { refusal: error.code };
    }
  };

  const router = new Router();
  router.post(BASE, rawBody({ limit: MAX_BODY }) as never, async (ctx) => {
    ctx.state['door'] = 'api-v2';
    ctx.set('Cache-Control', 'no-store');
    ctx.set('Pragma', 'no-cache');
    const outcome = await answer(ctx);
    await accessLog.record({ endpoint: `POST ${BASE}`, status: ctx.status, ...outcome });
  });
  return asDoor(router);
};
