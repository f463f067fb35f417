export { checkUrl, type Reach } from './address-guard.ts';
export {
  createHttpClient,
  type HttpClient,
  type HttpClientOptions,
  type HttpRequest,
  type HttpResponse,
  type HttpStream,
  readWhole,
} from './http-client.ts';
export { createJwksFetcher, type FetchedKeySet, type FetchJwks } from './jwks.ts';
export { readRetryAfter } from './retry-after.ts';
