import type { Clock } from '../../core/clock.ts';
import { Fault, isFault } from '../../core/fault.ts';
import { type HttpClient, type HttpResponse, type HttpStream, readRetryAfter, readWhole } from '../../net/index.ts';
import { CentralError, tryParse } from './answer.ts';
import { defaultRetry, mayPass, pauseBefore, type RetryPolicy } from './retry.ts';
import { type Credentials, createSession } from './session.ts';

export interface CentralOptions {
  /** Without `/v1`. */
  readonly url: string;
  readonly credentials: Credentials;
  /** How long an answer may stay silent in its middle. */
  readonly idleTimeoutMs: number;
  readonly retry?: RetryPolicy;
}

export interface CentralDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** Told of every request: for metrics. */
  readonly observe?: (status: number | undefined, ms: number) => void;
}

export interface CentralRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/v1`, percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBytes?: number;
  /** A 500 of one submission may be for good (odk.md §10.1): no use in repeating it often. */
  readonly attempts?: number;
}

export interface CentralAnswer {
  readonly status: number;
  readonly headers: HttpResponse['headers'];
  readonly body: Buffer;
}

/** A parsed answer; a 304 has no body. */
export interface CentralJson {
  readonly status: number;
  readonly headers: HttpResponse['headers'];
  readonly body: unknown;
}

/** Requests to one Central as one account, with login, repeats and bounds. */
export interface CentralClient {
  /** Answers 200s and 304; a 307 is answered too, as object storage behind Central redirects. Else a `CentralError`. */
  send(request: CentralRequest): Promise<CentralAnswer>;
  /** As `send`, parsed; a body that is no whole JSON counts as a failure that may pass. */
  json(request: CentralRequest): Promise<CentralJson>;
  /** As `send`, for what is too large to hold: `read` takes the body as it comes, anew with every attempt. */
  stream<T>(request: CentralRequest, read: (response: HttpStream) => Promise<T>): Promise<T>;
  /** Reads from another place, where Central's answer sent us, and without telling it who we are. */
  streamPlain<T>(url: string, read: (response: HttpStream) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const LONGEST_MS = 10 * 60_000;
const MAX_BYTES = 256 * 1024 * 1024;

const toBase = (url: string): string => `${url.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1`;

/** Percent-encodes one part of a path. */
export const part = (text: string | number): string => encodeURIComponent(text);

export const createCentralClient = (deps: CentralDeps, options: CentralOptions): CentralClient => {
  const base = toBase(options.url);
  const session = createSession(deps.http, base, options.credentials, deps.clock);
  const retry = options.retry ?? defaultRetry;

  const toUrl = ({ path, query }: CentralRequest): string => {
    const parts = Object.entries(query ?? {}).map(([name, value]) => `${part(name)}=${part(value)}`);
    return `${base}${path}${parts.length > 0 ? `?${parts.join('&')}` : ''}`;
  };

  /** What one attempt came to: a result where Central gave what was asked for, else its answer. */
  interface Attempt<T> {
    readonly status: number;
    readonly headers: HttpResponse['headers'];
    readonly result?: T | undefined;
    readonly body?: Buffer;
  }
  type Read<T> = (response: HttpStream) => Promise<T | undefined>;

  const attempt = async <T>(request: CentralRequest, token: string, read: Read<T>): Promise<Attempt<T>> => {
    const since = Date.now();
    let seen: number | undefined;
    try {
      return await deps.http.stream(
        {
          method: request.method ?? 'GET',
          url: toUrl(request),
          headers: {
            authorization: `Bearer ${token}`,
            accept: 'application/json, */*;q=0.5',
            ...(request.json === undefined ? {} : { 'content-type': 'application/json' }),
            ...request.headers,
          },
          ...(request.json === undefined ? {} : { body: JSON.stringify(request.json) }),
          timeoutMs: LONGEST_MS,
          idleTimeoutMs: options.idleTimeoutMs,
          maxBytes: request.maxBytes ?? MAX_BYTES,
        },
        async (response) => {
          const { status, headers } = response;
          seen = status;
          if (status < 400) return { status, headers, result: await read(response) };
          return { status, headers, body: (await readWhole(response)).body };
        },
      );
    } finally {
      deps.observe?.(seen, Date.now() - since);
    }
  };

  /** One attempt; a token that was refused is replaced once. */
  const authorized = async <T>(request: CentralRequest, read: Read<T>): Promise<Attempt<T>> => {
    const token = await session.token();
    const first = await attempt(request, token, read);
    if (first.status !== 401) return first;
    session.refused(token);
    const again = await attempt(request, await session.token(), read);
    // Not the token then, but the configuration: further attempts would only hammer.
    if (again.status === 401) throw new Fault('odk.login-refused', 'ODK Central refuses a fresh session');
    return again;
  };

  const perform = async <T>(request: CentralRequest, read: Read<T>): Promise<T> => {
    const attempts = request.attempts ?? retry.attempts;
    for (let count = 0; ; count += 1) {
      let failure: unknown;
      let asked: number | undefined;
      try {
        const { status, headers, result, body } = await authorized(request, read);
        if (status < 400) {
          if (result !== undefined) return result;
          failure = new Fault('net.upstream', 'ODK Central sent an answer that is not whole');
        } else {
          failure = new CentralError(status, body && tryParse(body), request.path);
          if (!mayPass(status)) throw failure;
          asked = readRetryAfter(headers['retry-after'], deps.clock());
        }
      } catch (error) {
        if (!isFault(error) || error.code !== 'net.upstream') throw error;
        failure = error;
      }
      if (count + 1 >= attempts) throw failure;
      await retry.pause(pauseBefore(retry, count, asked));
    }
  };

  return {
    send: (request) => perform(request, readWhole),
    json: (request) =>
      perform(request, async (response) => {
        const { status, body, headers } = await readWhole(response);
        if (status === 304) return { status, headers, body: undefined };
        const parsed = tryParse(body);
        return parsed === undefined ? undefined : { status, headers, body: parsed };
      }),
    stream: (request, read) => perform(request, read),
    streamPlain: (url, read) =>
      deps.http.stream(
        {
          method: 'GET',
          url,
          timeoutMs: LONGEST_MS,
          idleTimeoutMs: options.idleTimeoutMs,
          maxBytes: Number.POSITIVE_INFINITY,
        },
        async (response) => {
          if (response.status !== 200) throw new CentralError(response.status, undefined, 'a redirected file');
          return await read(response);
        },
      ),
    close: () => session.close(),
  };
};
