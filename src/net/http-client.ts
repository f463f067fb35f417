import type { IncomingHttpHeaders } from 'node:http';
import type { Agent, Dispatcher } from 'undici';
import { Fault, isFault } from '../core/fault.ts';
import { checkUrl, type Reach } from './address-guard.ts';
import { describeFailure } from './failure.ts';

export interface HttpClientOptions {
  /** Lets requests go to http and to private and loopback addresses (closed networks, addresses an operator set). */
  readonly allowPrivate: boolean;
  /** Open connections per origin; 64 by default. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** For the whole request, body included. */
  readonly timeoutMs?: number;
  /** Between two pieces of the answer, the first included: for long answers of slow servers. */
  readonly idleTimeoutMs?: number;
  /** Largest answer in bytes. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<IncomingHttpHeaders>;
  readonly body: Buffer;
}

/** An answer whose body comes piece by piece; it is read within the caller's function, or thrown away. */
export interface HttpStream {
  readonly status: number;
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** Fails with `net.upstream` when it breaks off, falls silent or grows beyond `maxBytes`. */
  readonly body: AsyncIterable<Buffer>;
}

/** Outbound HTTP. Redirects are answered as they are, never followed. */
export interface HttpClient {
  /**
   * Answers whatever status the other side sends. Throws `net.refused` when the address is not allowed, `net.upstream`
   * when there is no whole answer within the bounds; what the caller's `signal` says rises as it is.
   */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** As `request`, for answers that are too large to hold: `read` takes the body as it comes. What it throws rises. */
  stream<T>(request: HttpRequest, read: (response: HttpStream) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const TEN_SECONDS = 10_000;
const ONE_MEBIBYTE = 1 << 20;

/** The answer piece by piece; an endless one is cut off at the limit and not at the end of memory. */
async function* pieces(
  body: Dispatcher.ResponseData['body'],
  declared: unknown,
  maxBytes: number,
): AsyncGenerator<Buffer> {
  const tooLarge = () => new Fault('net.upstream', `the answer is larger than ${maxBytes} bytes`);
  if (Number(declared) > maxBytes) throw tooLarge();
  let size = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > maxBytes) throw tooLarge();
    yield piece;
  }
}

/** The same pieces; what breaks them off is said in our words. */
async function* translated(
  body: AsyncIterable<Buffer>,
  translate: (error: unknown) => unknown,
): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw translate(error);
  }
}

/** Takes an answer as a whole: within its `maxBytes`, that is. */
export const readWhole = async ({ status, headers, body }: HttpStream): Promise<HttpResponse> => {
  const read: Buffer[] = [];
  for await (const piece of body) read.push(piece);
  return { status, headers, body: read.length === 1 ? (read[0] as Buffer) : Buffer.concat(read) };
};

/** An HTTP client that keeps to allowed addresses and to bounds of time and size. Close it when done. */
export const createHttpClient = (options: HttpClientOptions): HttpClient => {
  const reach: Reach = options.allowPrivate ? 'private' : 'public';
  // Loaded with the first request: a server that starts has nobody to call yet.
  let opening: Promise<Agent> | undefined;
  const openAgent = (): Promise<Agent> => {
    opening ??= import('./agent.ts').then(({ createAgent }) =>
      createAgent(reach, {
        connections: options.connections ?? 64,
        connectTimeoutMs: options.connectTimeoutMs ?? TEN_SECONDS,
      }),
    );
    return opening;
  };

  const send = async <T>(
    request: HttpRequest,
    url: URL,
    signal: AbortSignal,
    read: (response: HttpStream) => Promise<T>,
  ): Promise<T> => {
    const idle = request.idleTimeoutMs ?? request.timeoutMs ?? TEN_SECONDS;
    const agent = await openAgent();
    const { statusCode, headers, body } = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.method,
      headers: request.headers ?? {},
      body: request.body ?? null,
      headersTimeout: idle,
      bodyTimeout: idle,
      signal,
    });
    const declared = request.method === 'HEAD' ? 0 : headers['content-length'];
    const whole = pieces(body, declared, request.maxBytes ?? ONE_MEBIBYTE);
    try {
      return await read({ status: statusCode, headers, body: whole });
    } finally {
      // What was not read to its end is not waited for: the connection goes.
      if (!body.readableEnded) body.on('error', () => {}).destroy();
    }
  };

  const stream: HttpClient['stream'] = async (request, read) => {
    const url = checkUrl(request.url, reach);
    const limits = [request.signal, AbortSignal.timeout(request.timeoutMs ?? TEN_SECONDS)];
    let own: { readonly error: unknown } | undefined;
    const translate = (error: unknown): unknown => {
      if (isFault(error)) return error;
      return new Fault('net.upstream', `${url.host} ${describeFailure(error)}`, {}, { cause: error });
    };
    try {
      return await send(
        request,
        url,
        AbortSignal.any(limits.filter((limit) => limit !== undefined)),
        async (response) => {
          const body = translated(response.body, translate);
          try {
            return await read({ ...response, body });
          } catch (error) {
            own = { error };
            throw error;
          }
        },
      );
    } catch (error) {
      request.signal?.throwIfAborted();
      throw own ? own.error : translate(error);
    }
  };

  return {
    request: (request) => stream(request, readWhole),
    stream,
    close: async () => (await opening)?.destroy(),
  };
};
