import type { IncomingHttpHeaders } from 'node:http';
import { Agent, type Dispatcher, errors } from 'undici';
import { Fault, isFault } from '../core/fault.ts';
import { checkUrl, type Reach } from './address-guard.ts';
import { guardedConnector } from './connector.ts';

export interface HttpClientOptions {
  /** Lets requests go to http and to private and loopback addresses (closed networks, addresses an operator set). */
  readonly allowPrivate: boolean;
  /** Open connections per origin. */
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

/** Outbound HTTP. Redirects are answered as they are, never followed. */
export interface HttpClient {
  /**
   * Answers whatever status the other side sends. Throws `net.refused` when the address is not allowed, `net.upstream`
   * when there is no whole answer within the bounds; what the caller's `signal` says rises as it is.
   */
  request(request: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

const TEN_SECONDS = 10_000;
const ONE_MEBIBYTE = 1 << 20;

const describeFailure = (error: unknown): string => {
  if (error instanceof errors.ConnectTimeoutError) return 'did not take the connection in time';
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) return 'fell silent';
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'did not answer in time';
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'has a name that cannot be looked up';
  if (code === 'ECONNREFUSED') return 'refused the connection';
  if (code.startsWith('ERR_TLS') || code.includes('CERT') || code.includes('SIGNATURE'))
    return 'has no valid certificate';
  return 'broke the connection';
};

/** Reads the answer piece by piece, so that an endless one is cut off at the limit and not at the end of memory. */
const readBody = async (
  body: Dispatcher.ResponseData['body'],
  declared: unknown,
  maxBytes: number,
): Promise<Buffer> => {
  const tooLarge = () => new Fault('net.upstream', `the answer is larger than ${maxBytes} bytes`);
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    if (Number(declared) > maxBytes) throw tooLarge();
    for await (const piece of body as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > maxBytes) throw tooLarge();
      pieces.push(piece);
    }
  } catch (error) {
    body.on('error', () => {}).destroy();
    throw error;
  }
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces, size);
};

/** An HTTP client that keeps to allowed addresses and to bounds of time and size. Close it when done. */
export const createHttpClient = (options: HttpClientOptions): HttpClient => {
  const reach: Reach = options.allowPrivate ? 'private' : 'public';
  const agent = new Agent({
    connect: guardedConnector(reach, options.connectTimeoutMs ?? TEN_SECONDS),
    connections: options.connections ?? 16,
    keepAliveTimeout: 30_000,
  });

  const send = async (request: HttpRequest, url: URL, signal: AbortSignal): Promise<HttpResponse> => {
    const idle = request.idleTimeoutMs ?? request.timeoutMs ?? TEN_SECONDS;
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
    return { status: statusCode, headers, body: await readBody(body, declared, request.maxBytes ?? ONE_MEBIBYTE) };
  };

  return {
    async request(request) {
      const url = checkUrl(request.url, reach);
      const limits = [request.signal, AbortSignal.timeout(request.timeoutMs ?? TEN_SECONDS)];
      try {
        return await send(request, url, AbortSignal.any(limits.filter((limit) => limit !== undefined)));
      } catch (error) {
        request.signal?.throwIfAborted();
        if (isFault(error)) throw error;
        throw new Fault('net.upstream', `${url.host} ${describeFailure(error)}`, {}, { cause: error });
      }
    },
    close: () => agent.destroy(),
  };
};
