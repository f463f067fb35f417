import { Agent, request } from 'node:http';
import autocannon from 'autocannon';

export const TOKEN = 'bench-token-0123456789';
export const PATH = '/registry/sync/search';
const CONNECTIONS = 16;
const agent = new Agent({ keepAlive: true });
const HEADERS = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };

/** Requests a second. Each is a message of its own, since we refuse a repeated one; the floor may get them `again`. */
export const measureRate = async (
  url: string,
  bodies: readonly string[],
  seconds: number,
  again: boolean,
): Promise<{ rate: number; p99: number }> => {
  let next = 0;
  const result = await autocannon({
    url: `${url}${PATH}`,
    connections: CONNECTIONS,
    duration: seconds,
    method: 'POST',
    headers: HEADERS,
    setupClient: (client) => {
      const give = (): void => {
        client.setBody(bodies[again ? next % bodies.length : next] ?? '');
        next += 1;
      };
      give();
      client.on('response', give);
    },
  });
  if (!again && next > bodies.length) throw new Error('more requests than messages were prepared');
  const bad = result.non2xx + result.errors;
  if (bad > 0) throw new Error(`${bad} requests failed`);
  return { rate: result.requests.total / result.duration, p99: result.latency.p99 };
};

/** Sends so many messages and measures nothing: code that has run a few thousand times is fast, whatever the machine. */
export const warmUp = async (url: string, bodies: readonly string[]): Promise<void> => {
  const send = async (body: string): Promise<void> => {
    const response = await fetch(`${url}${PATH}`, { method: 'POST', headers: HEADERS, body });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`a message was answered with ${response.status}`);
  };
  for (let at = 0; at < bodies.length; at += CONNECTIONS) {
    await Promise.all(bodies.slice(at, at + CONNECTIONS).map(send));
  }
};

const post = (url: string, body: Buffer): Promise<{ status: number; chunks: readonly Buffer[] }> =>
  new Promise((resolve, reject) => {
    const headers = { ...HEADERS, 'content-length': body.length };
    const sent = request(`${url}${PATH}`, { method: 'POST', headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, chunks }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });

/**
 * Seconds from the first byte of a message to the last one of its answer, which must say that it found as many as it
 * asked for. What the load generator itself does to make the one and read the other is not in them.
 */
export const measureOne = async (url: string, message: string, items: number): Promise<number> => {
  const body = Buffer.from(message);
  const started = performance.now();
  const { status, chunks } = await post(url, body);
  const seconds = (performance.now() - started) / 1000;
  const text = Buffer.concat(chunks).toString();
  const found = text.split('"total_count":1}').length - 1;
  if (status !== 200 || found !== items) throw new Error(`${found} of ${items} found: ${text.slice(0, 300)}`);
  return seconds;
};
