import { Fault } from '../core/fault.ts';
import { isObject } from '../core/json.ts';
import type { HttpClient } from './http-client.ts';

/** A key set as another server publishes it (RFC 7517 §5), its keys not looked into yet. */
export interface FetchedKeySet {
  readonly keys: readonly unknown[];
  /** `Cache-Control: max-age` of the answer; 0 for `no-store` and `no-cache`. */
  readonly maxAgeSeconds?: number;
}

export type FetchJwks = (url: string) => Promise<FetchedKeySet>;

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 256 * 1024;
const MAX_KEYS = 100;

/** How long an answer may be kept, as far as it says (RFC 9111 §5.2.2). */
export const maxAgeOf = (cacheControl: string | undefined): number | undefined => {
  if (cacheControl === undefined) return undefined;
  if (/(^|[\s,])no-(store|cache)([\s,]|$)/i.test(cacheControl)) return 0;
  const age = /(?:^|[\s,])max-age="?(\d{1,9})/i.exec(cacheControl)?.[1];
  return age === undefined ? undefined : Number(age);
};

const parseKeys = (text: string): readonly unknown[] => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Fault('net.upstream', 'the key set is not JSON', {}, { cause });
  }
  if (!isObject(value) || !Array.isArray(value['keys'])) throw new Fault('net.upstream', 'the key set has no keys');
  if (value['keys'].length > MAX_KEYS) throw new Fault('net.upstream', `the key set has more than ${MAX_KEYS} keys`);
  return value['keys'];
};

/** Fetches key sets through a client, which decides what addresses are allowed. */
export const createJwksFetcher =
  (client: Pick<HttpClient, 'request'>): FetchJwks =>
  async (url) => {
    const { status, headers, body } = await client.request({
      method: 'GET',
      url,
      headers: { accept: 'application/jwk-set+json, application/json' },
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
    });
    if (status !== 200) throw new Fault('net.upstream', `the key set was answered with status ${status}`);
    const control = headers['cache-control'];
    const maxAgeSeconds = maxAgeOf(Array.isArray(control) ? control.join(',') : control);
    return { keys: parseKeys(body.toString('utf8')), ...(maxAgeSeconds !== undefined && { maxAgeSeconds }) };
  };
