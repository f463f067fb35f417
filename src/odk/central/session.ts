import { singleFlight } from '../../core/async.ts';
import type { Clock } from '../../core/clock.ts';
import { Fault } from '../../core/fault.ts';
import { isObject } from '../../core/json.ts';
import type { HttpClient } from '../../net/index.ts';

export type Credentials =
  | { readonly email: string; readonly password: string }
  /** For servers with OpenID Connect, which know no password login (odk.md §2). */
  | { readonly accessToken: string };

export interface Session {
  /** A token that will live for a while yet. */
  token(): Promise<string>;
  /** A token other than `refused`: many callers that were refused together log in once. */
  renewed(refused: string): Promise<string>;
}

// A session this near its end is replaced before it is used, so that it does not end in the middle of a request.
const AHEAD_MS = 60_000;

export const createSession = ({
  base,
  http,
  clock,
  credentials,
}: {
  readonly base: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly credentials: Credentials;
}): Session => {
  let current: { readonly token: string; readonly until: number } | undefined;
  const once = singleFlight<string>();

  const logIn = async (): Promise<string> => {
    if ('accessToken' in credentials) return credentials.accessToken;
    const answer = await http.request({
      method: 'POST',
      url: `${base}/sessions`,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ email: credentials.email, password: credentials.password }),
      timeoutMs: 30_000,
    });
    if (answer.status === 401 || answer.status === 400) {
      throw new Fault('odk.login-refused', 'ODK Central refuses this e-mail and password');
    }
    if (answer.status === 404) {
      throw new Fault('odk.login-refused', 'this ODK Central has no password login; give an access token instead');
    }
    const value: unknown = answer.status === 200 ? JSON.parse(answer.body.toString('utf8')) : undefined;
    if (!isObject(value) || typeof value['token'] !== 'string') {
      throw new Fault('net.upstream', `ODK Central answers a login with status ${answer.status}`);
    }
    const expires = Date.parse(String(value['expiresAt'] ?? ''));
    current = { token: value['token'], until: Number.isNaN(expires) ? clock() + 3_600_000 : expires };
    return current.token;
  };

  return {
    async token() {
      if (current && current.until - clock() > AHEAD_MS) return current.token;
      return await once('login', logIn);
    },
    async renewed(refused) {
      if (current && current.token !== refused) return current.token;
      return await once('login', logIn);
    },
  };
};
