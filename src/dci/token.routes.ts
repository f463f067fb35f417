import type { Context, Middleware } from 'koa';
import {
  type AccessLog,
  type AccessRow,
  createAttempts,
  createGrant,
  narrowScopes,
  OAuthRefusal,
  PEER_TOKEN_SECONDS,
  type Peer,
  type PeerTokens,
  readTokenRequest,
} from '../access/index.ts';
import { rawBody } from '../http/index.ts';
import { ALTERNATIVE_ROOT } from './paths.ts';

const MAX_BODY = 8 * 1024;

const paths = new Set(
  ['', ALTERNATIVE_ROOT].flatMap((root) => [`${root}/oauth2/client/token`, `${root}/oauth2/token`]),
);

/** An id that holds a colon comes percent-encoded in HTTP Basic (RFC 6749 §2.3.1); others come as they are. */
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/**
 * `POST /oauth2/client/token` (dci.md §3): client credentials of peers. The client id is the sender id, the secret the
 * token that the peer was registered with.
 */
export const peerTokenRoutes = ({
  tokens,
  accessLog,
}: {
  readonly tokens: PeerTokens;
  readonly accessLog: Pick<AccessLog, 'record'>;
}): Middleware => {
  const grant = createGrant<Peer>({
    seconds: PEER_TOKEN_SECONDS,
    authenticate: async (id, secret) =>
      (await tokens.authenticate(id, secret)) ?? (await tokens.authenticate(decoded(id), decoded(secret))),
    grantScopes({ scopes }, asked) {
      if (asked.length === 0) return [];
      const kept = narrowScopes(scopes, asked);
      return kept.length > 0 ? kept : undefined;
    },
    issue: (peer, scopes) => tokens.issue(peer, scopes.length > 0 ? scopes : undefined),
  });
  const attempts = createAttempts();
  const missing = new OAuthRefusal(401, 'invalid_client', 'client_id and client_secret are required');
  const readBody = rawBody({ limit: MAX_BODY }) as Middleware;

  /** Answers, and tells who got a token or why nobody did. */
  const answer = async (ctx: Context): Promise<Pick<AccessRow, 'who' | 'refusal' | 'facts'>> => {
    const wait = await attempts.begin(ctx.ip);
    if (wait !== undefined) {
      ctx.status = 429;
      ctx.set('Retry-After', String(wait));
      ctx.body = { error: 'temporarily_unavailable', error_description: 'too many attempts from this address' };
      return { refusal: 'rate.limited' };
    }
    try {
      const isForm = Boolean(ctx.is('application/x-www-form-urlencoded'));
      const given = { isForm, authorization: ctx.get('authorization'), body: ctx.state['body'] as Buffer };
      const { client: peer, token, seconds, scopes } = await grant(readTokenRequest(given, missing));
      const scope = scopes.length > 0 ? { scope: scopes.join(' ') } : {};
      ctx.body = { access_token: token, token_type: 'bearer', expires_in: seconds, ...scope };
      await attempts.succeed(ctx.ip);
      return { who: peer.senderId, facts: { scopes: [...scopes] } };
    } catch (error) {
      if (!(error instanceof OAuthRefusal)) throw error;
      ctx.status = error.status;
      if (error.status === 401) ctx.set('WWW-Authenticate', 'Basic realm="crosswalk"');
      ctx.body = { error: error.code, ...(error.status === 401 ? {} : { error_description: error.message }) };
      return { refusal: error.code };
    }
  };

  return async (ctx, next) => {
    if (!paths.has(ctx.path)) return await next();
    ctx.state['door'] = 'dci';
    ctx.set('Cache-Control', 'no-store');
    ctx.set('Pragma', 'no-cache');
    if (ctx.method !== 'POST') {
      ctx.status = 405;
      ctx.set('Allow', 'POST');
      ctx.body = { error: 'invalid_request', error_description: 'tokens are asked for by POST' };
      return;
    }
    await readBody(ctx, async () => {
      const outcome = await answer(ctx);
      await accessLog.record({ endpoint: `POST ${ctx.path}`, status: ctx.status, ...outcome });
    });
  };
};
