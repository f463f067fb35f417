import { Router } from '@koa/router';
import OAuth2Server from '@node-oauth/oauth2-server';
import type { Context, Middleware } from 'koa';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { type Client, type Clients, type ClientTokens, showScope, TOKEN_SECONDS } from '../access/clients/index.ts';
import { isObject } from '../core/json.ts';
import { asDoor, rawBody } from '../http/index.ts';

export interface TokenDeps {
  readonly clients: Clients;
  readonly tokens: ClientTokens;
}

const MAX_BODY = 8 * 1024;
const BASE = '/api/v2/spp/oauth/token';

interface Credentials {
  readonly grant: string | undefined;
  readonly clientId: string;
  readonly secret: string;
  readonly scope: string | undefined;
}

/** What the endpoint refuses, in the words existing clients read and with the members of RFC 6749 §5.2 beside. */
class TokenRefusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

const fromBasic = (header: string): { id: string; secret: string } | undefined => {
  const match = /^Basic +([A-Za-z0-9+/=_-]+)$/i.exec(header);
  if (!match?.[1]) return undefined;
  const text = Buffer.from(match[1], 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { id: text.slice(0, colon), secret: text.slice(colon + 1) };
};

const fields = (ctx: Context, body: Buffer): { form: boolean; values: Record<string, unknown> } => {
  const text = body.toString('utf8');
  if (ctx.is('application/x-www-form-urlencoded')) {
    return { form: true, values: Object.fromEntries(new URLSearchParams(text)) };
  }
  try {
    const json: unknown = JSON.parse(text);
    return { form: false, values: isObject(json) ? json : {} };
  } catch {
    return { form: false, values: {} };
  }
};

/** Reads the four request forms of api-v2.md §2.1; credentials in the body win over Basic. */
const readCredentials = (ctx: Context, body: Buffer): Credentials => {
  const { form, values } = fields(ctx, body);
  const basic = fromBasic(ctx.get('authorization'));
  const word = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const clientId = word('client_id') ?? basic?.id;
  const secret = word('client_secret') ?? basic?.secret;
  if (!clientId || !secret) throw new TokenRefusal(400, 'invalid_request', 'client_id and client_secret are required');
  return {
    grant: word('grant_type') ?? (form ? undefined : 'client_credentials'),
    clientId,
    secret,
    scope: word('scope'),
  };
};

/** The grant rules are the library's; ours is who the client is and what the token says. */
const grantServer = ({ clients, tokens }: TokenDeps): OAuth2Server =>
  new OAuth2Server({
    accessTokenLifetime: TOKEN_SECONDS,
    model: {
      async getClient(clientId: string, secret: string) {
        const client = await clients.authenticate(clientId, secret);
        return client ? { id: client.clientId, grants: ['client_credentials'], client } : false;
      },
      getUserFromClient: async (found: OAuth2Server.Client) => ({ id: found.id }),
      async validateScope(_user: OAuth2Server.User, found: OAuth2Server.Client, asked?: string[]) {
        const own = (found['client'] as Client).scopes;
        if (!asked || asked.length === 0) return own.map(showScope);
        const kept = own.filter((scope) => asked.includes(showScope(scope)));
        return kept.length > 0 ? kept.map(showScope) : false;
      },
      generateAccessToken(found: OAuth2Server.Client, _user: OAuth2Server.User, scope: string[]) {
        const client = found['client'] as Client;
        const narrowed = client.scopes.filter((own) => scope.includes(showScope(own)));
        return tokens.issue(client, narrowed.length < client.scopes.length ? narrowed : undefined);
      },
      saveToken: async (token: OAuth2Server.Token, client: OAuth2Server.Client, user: OAuth2Server.User) => ({
        ...token,
        client,
        user,
      }),
      getAccessToken: async () => false as const,
    },
  });

/** `POST /api/v2/spp/oauth/token`: client credentials only (api-v2.md §2). */
export const tokenRoutes = (deps: TokenDeps): Middleware => {
  const server = grantServer(deps);
  // Attempts are counted before the secret is checked: 5 a minute and 50 a day for each address that fails; an
  // attempt that succeeds is given back, so that many honest clients behind one address are not locked out.
  const minute = new RateLimiterMemory({ points: 5, duration: 60 });
  const day = new RateLimiterMemory({ points: 50, duration: 86_400 });

  const throttle = async (address: string): Promise<number | undefined> => {
    for (const limiter of [minute, day]) {
      const refused = await limiter.consume(address).then(
        () => undefined,
        (state: { msBeforeNext: number }) => Math.max(1, Math.ceil(state.msBeforeNext / 1000)),
      );
      if (refused !== undefined) return refused;
    }
    return undefined;
  };

  const grant = async (ctx: Context, given: Credentials): Promise<void> => {
    if (given.grant !== 'client_credentials') {
      throw new TokenRefusal(
        400,
        'unsupported_grant_type',
        "Unsupported grant_type. Only 'client_credentials' is supported.",
      );
    }
    const request = new OAuth2Server.Request({
      method: 'POST',
      query: {},
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '1' },
      body: {
        grant_type: given.grant,
        client_id: given.clientId,
        client_secret: given.secret,
        ...(given.scope ? { scope: given.scope } : {}),
      },
    });
    const token = await server.token(request, new OAuth2Server.Response({})).catch((error: unknown) => {
      if (!(error instanceof OAuth2Server.OAuthError)) throw error;
      if (error.name === 'invalid_client') throw new TokenRefusal(401, 'invalid_client', 'Invalid client credentials');
      if (error.code >= 500) throw error;
      throw new TokenRefusal(400, error.name, error.message);
    });
    ctx.body = {
      access_token: token.accessToken,
      token_type: 'Bearer',
      expires_in: TOKEN_SECONDS,
      scope: (token.scope ?? []).join(' '),
    };
  };

  const router = new Router();
  router.post(BASE, rawBody({ limit: MAX_BODY }) as never, async (ctx) => {
    ctx.state['door'] = 'api-v2';
    ctx.set('Cache-Control', 'no-store');
    ctx.set('Pragma', 'no-cache');
    const wait = await throttle(ctx.ip);
    if (wait !== undefined) {
      ctx.status = 429;
      ctx.set('Retry-After', String(wait));
      ctx.body = { detail: 'Too many authentication attempts. Please try again later.' };
      return;
    }
    try {
      await grant(ctx, readCredentials(ctx, ctx.state['body'] as Buffer));
      await Promise.all([minute.reward(ctx.ip), day.reward(ctx.ip)]);
    } catch (error) {
      if (!(error instanceof TokenRefusal)) throw error;
      ctx.status = error.status;
      if (error.status === 401) ctx.set('WWW-Authenticate', 'Basic realm="crosswalk"');
      ctx.body = { detail: error.message, error: error.code, error_description: error.message };
    }
  });
  return asDoor(router);
};
