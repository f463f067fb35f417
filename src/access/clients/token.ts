import { errors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../core/clock.ts';
import { Fault } from '../../core/fault.ts';
import type { Client } from './client.ts';
import type { Clients } from './clients.ts';
import { allows, type Scope, showScope } from './scope.ts';

/** Seconds a token lives (api-v2.md §2.1). */
export const TOKEN_SECONDS = 86_400;
const ISSUER = 'openspp-api-v2';
const AUDIENCE = 'openspp';

export interface ClientTokens {
  /** `narrowed`: the scopes the client asked for, when it asked for less than it may. */
  issue(client: Client, narrowed?: readonly Scope[]): Promise<string>;
  /**
   * The client behind an `Authorization` header, with its rights as they are now. Throws `token.invalid` with the
   * text of api-v2.md §2.2.
   */
  authenticate(authorization: string | undefined): Promise<Client>;
}

const refuse = (text: string, cause?: unknown): Fault => new Fault('token.invalid', text, {}, { cause });

/** HS256 tokens for API clients; the algorithm, issuer, audience and expiry are pinned (api-v2.md §2.2). */
export const createClientTokens = ({
  clients,
  secret,
  clock,
}: {
  readonly clients: Clients;
  readonly secret: string;
  readonly clock: Clock;
}): ClientTokens => {
  const key = new TextEncoder().encode(secret);
  return {
    issue(client, narrowed) {
      const now = Math.floor(clock() / 1000);
      return new SignJWT({
        client_id: client.clientId,
        scopes: (narrowed ?? client.scopes).map(showScope),
        ...(narrowed ? { narrowed: true } : {}),
      })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(client.clientId)
        .setIssuedAt(now)
        .setExpirationTime(now + TOKEN_SECONDS)
        .sign(key);
    },
    async authenticate(authorization) {
      if (!authorization) throw refuse('Missing Authorization header');
      const token = authorization.replace(/^Bearer +/i, '');
      const verified = await jwtVerify(token, key, {
        algorithms: ['HS256'],
        issuer: ISSUER,
        audience: AUDIENCE,
        currentDate: new Date(clock()),
      }).catch((error: unknown) => {
        throw refuse(error instanceof errors.JWTExpired ? 'Token expired' : 'Invalid token', error);
      });
      const clientId = verified.payload['client_id'];
      if (typeof clientId !== 'string') throw refuse('Invalid token: missing client_id');
      const client = await clients.find(clientId);
      if (!client) throw refuse('Client not found or inactive');
      if (verified.payload['narrowed'] !== true) return client;
      const asked = verified.payload['scopes'];
      const kept = new Set(Array.isArray(asked) ? asked.map(String) : []);
      return { ...client, scopes: client.scopes.filter((scope) => kept.has(showScope(scope))) };
    },
  };
};

/** Throws `scope.missing` unless the client may do `action` on `resource`. */
export const requireScope = (client: Client, resource: string, action: string): void => {
  if (allows(client.scopes, resource, action)) return;
  throw new Fault(
    'scope.missing',
    `Missing required scope '${resource}:${action}'. Request access from your administrator.`,
  );
};
