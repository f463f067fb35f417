export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs `work` at most once at a time per key; callers that come meanwhile share the running one's outcome. */
export const singleFlight = <T>(): ((key: string, work: () => Promise<T>) => Promise<T>) => {
  const running = new Map<string, Promise<T>>();
  return (key, work) => {
    const shared = running.get(key);
    if (shared) return shared;
    const own = work().finally(() => running.delete(key));
    running.set(key, own);
    return own;
  };
};

/** Splits a list into runs of at most `size`. */
export const chunk = <T>(list: readonly T[], size: number): T[][] => {
  const out: T[][] = [];
  for (let i = 0; i < list.length; i += size) out.push(list.slice(i, i + size));
  return out;
};

/** The same items; while one is worked on, the next ones (`most` of them) are fetched, one after the other. */
export async function* readAhead<T>(source: AsyncGenerator<T, void>, most = 1): AsyncGenerator<T, void> {
  const ahead: Promise<IteratorResult<T, void>>[] = [];
  const ask = (): void => {
    const next = source.next();
    // Whoever stops early hears nothing of what was fetched in vain.
    next.catch(() => {});
    ahead.push(next);
  };
  ask();
  for (let next = ahead.shift(); next; next = ahead.shift()) {
    const { value, done } = await next;
    if (done) return;
    while (ahead.length < most) ask();
    yield value as T;
  }
}
