import type OAuth2Server from '@node-oauth/oauth2-server';
import type { TokenRequest } from './read-request.ts';
import { OAuthRefusal } from './refusal.ts';

/** Who the clients of one token endpoint are, and what their tokens say; scopes as they are written. */
export interface GrantModel<C> {
  readonly seconds: number;
  authenticate(clientId: string, secret: string): Promise<C | undefined>;
  /** The scopes that the token shall have, or nothing when what was asked for cannot be met in any part. */
  grantScopes(client: C, asked: readonly string[]): readonly string[] | undefined;
  issue(client: C, scopes: readonly string[]): Promise<string>;
}

export interface Granted<C> {
  readonly client: C;
  readonly token: string;
  readonly seconds: number;
  readonly scopes: readonly string[];
}

/** Client credentials, the one grant there is; the rules are the library's, the clients and the tokens ours. */
export const createGrant = <C>(model: GrantModel<C>): ((request: TokenRequest) => Promise<Granted<C>>) => {
  const clientOf = (found: OAuth2Server.Client): C => found['client'] as C;
  const options: OAuth2Server.ServerOptions = {
    accessTokenLifetime: model.seconds,
    model: {
      async getClient(clientId: string, secret: string) {
        const client = await model.authenticate(clientId, secret);
        return client ? { id: clientId, grants: ['client_credentials'], client } : false;
      },
      getUserFromClient: async (found: OAuth2Server.Client) => ({ id: found.id }),
      async validateScope(_user: OAuth2Server.User, found: OAuth2Server.Client, asked?: string[]) {
        const scopes = model.grantScopes(clientOf(found), asked ?? []);
        return scopes ? [...scopes] : false;
      },
      generateAccessToken: (found: OAuth2Server.Client, _user: OAuth2Server.User, scope: string[]) =>
        model.issue(clientOf(found), scope),
      saveToken: async (token: OAuth2Server.Token, client: OAuth2Server.Client, user: OAuth2Server.User) => ({
        ...token,
        client,
        user,
      }),
      getAccessToken: async () => false as const,
    },
  };

  return async ({ grant, clientId, secret, scope }) => {
    if (grant !== 'client_credentials') {
      throw new OAuthRefusal(
        400,
        'unsupported_grant_type',
        "Unsupported grant_type. Only 'client_credentials' is supported.",
      );
    }
    // Loaded with the first token that is asked for, not with every start.
    const { default: OAuth2 } = await import('@node-oauth/oauth2-server');
    const request = new OAuth2.Request({
      method: 'POST',
      query: {},
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '1' },
      body: { grant_type: grant, client_id: clientId, client_secret: secret, ...(scope ? { scope } : {}) },
    });
    const server = new OAuth2(options);
    const token = await server.token(request, new OAuth2.Response({})).catch((error: unknown) => {
      if (!(error instanceof OAuth2.OAuthError)) throw error;
      if (error.name === 'invalid_client') throw new OAuthRefusal(401, 'invalid_client', 'Invalid client credentials');
      if (error.code >= 500) throw error;
      throw new OAuthRefusal(400, error.name, error.message);
    });
    return {
      client: clientOf(token.client),
      token: token.accessToken,
      seconds: model.seconds,
      scopes: token.scope ?? [],
    };
  };
};
