import { singleFlight } from '../../core/async.ts';
import type { Clock } from '../../core/clock.ts';
import { Fault } from '../../core/fault.ts';
import { isObject } from '../../core/json.ts';
import type { HttpClient } from '../../net/index.ts';
import { tryParse } from './answer.ts';

/** How we make ourselves known: a login, or a token that somebody handed over (OpenID Connect servers). */
export type Credentials = { readonly email: string; readonly password: string } | { readonly accessToken: string };

/** A token for requests, renewed when it has to be. Many callers share one login. */
export interface Session {
  token(): Promise<string>;
  /** Called with a token that was refused: forgets it, so that the next `token()` logs in anew. */
  refused(token: string): void;
  /** Ends the session on the server, as far as that works. */
  close(): Promise<void>;
}

// A token must outlive the request it is sent with; ten minutes is the longest of ours (client.ts).
const AHEAD_MS = 10 * 60_000;

export const createSession = (http: HttpClient, base: string, credentials: Credentials, clock: Clock): Session => {
  if ('accessToken' in credentials) {
    const { accessToken } = credentials;
    return { token: async () => accessToken, refused() {}, async close() {} };
  }
  const once = singleFlight<string>();
  let held: { readonly token: string; readonly until: number } | undefined;

  const logIn = async (): Promise<string> => {
    const response = await http.request({
      method: 'POST',
      url: `${base}/sessions`,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(credentials),
      timeoutMs: 60_000,
    });
    const body = tryParse(response.body);
    if (response.status === 401 || response.status === 404 || response.status === 400) {
      const hint = response.status === 404 ? ' (no password login here: give an access token)' : '';
      throw new Fault('odk.login-refused', `ODK Central refused the login${hint}`);
    }
    if (response.status !== 200 || !isObject(body) || typeof body['token'] !== 'string') {
      throw new Fault('net.upstream', `ODK Central answered the login with status ${response.status}`);
    }
    // How long it lives, by the server's clock alone: ours may differ.
    const life = Date.parse(String(body['expiresAt'])) - Date.parse(String(body['createdAt']));
    const lasts = Number.isFinite(life) ? life : 24 * 3600_000;
    held = { token: body['token'], until: clock() + Math.max(lasts - AHEAD_MS, lasts / 2) };
    return held.token;
  };

  return {
    async token() {
      if (held && held.until > clock()) return held.token;
      return await once('login', logIn);
    },
    refused(token) {
      if (held?.token === token) held = undefined;
    },
    async close() {
      if (!held) return;
      const { token } = held;
      held = undefined;
      const headers = { authorization: `Bearer ${token}` };
      await http
        .request({ method: 'DELETE', url: `${base}/sessions/current`, headers, timeoutMs: 5000 })
        .catch(() => {});
    },
  };
};
