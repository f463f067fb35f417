import type { HttpClient } from '../net/index.ts';

/**
 * One request in flight per server: further readers only share the same processor there, and an import must not slow
 * down who is working with it (odk.md §14, §16).
 */
export const oneAtATime = (http: HttpClient): HttpClient => {
  const lines = new Map<string, Promise<unknown>>();
  const inLine = <T>(url: string, send: () => Promise<T>): Promise<T> => {
    const { origin } = new URL(url);
    const mine = (lines.get(origin) ?? Promise.resolve()).then(send);
    const settled = mine.catch(() => {});
    lines.set(origin, settled);
    void settled.then(() => lines.get(origin) === settled && lines.delete(origin));
    return mine;
  };
  return {
    request: (request) => inLine(request.url, () => http.request(request)),
    stream: (request, read) => inLine(request.url, () => http.stream(request, read)),
    close: () => http.close(),
  };
};
