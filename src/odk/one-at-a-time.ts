import type { HttpClient } from '../net/index.ts';

/**
 * One request in flight per server: further readers only share the same processor there, and an import must not slow
 * down who is working with it (odk.md §14, §16).
 */
export const oneAtATime = (http: HttpClient): HttpClient => {
  const lines = new Map<string, Promise<unknown>>();
  return {
    request(request) {
      const { origin } = new URL(request.url);
      const before = lines.get(origin) ?? Promise.resolve();
      const mine = before.then(() => http.request(request));
      const settled = mine.catch(() => {});
      lines.set(origin, settled);
      void settled.then(() => lines.get(origin) === settled && lines.delete(origin));
      return mine;
    },
    close: () => http.close(),
  };
};
