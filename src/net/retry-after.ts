const LONGEST_MS = 3_600_000;
const SHORTEST_MS = 1000;

/**
 * Milliseconds that an answer asks to wait (RFC 9110 §10.2.3: seconds, or a date), an hour at most; `undefined` where it
 * does not ask. Only 429 and 503 do: elsewhere the header means something else.
 */
export const readRetryAfter = (
  { status, headers }: { readonly status: number; readonly headers: Readonly<Record<string, unknown>> },
  now: number,
): number | undefined => {
  const said = headers['retry-after'];
  if ((status !== 429 && status !== 503) || typeof said !== 'string') return undefined;
  const ms = /^\d+$/.test(said.trim()) ? Number(said) * 1000 : Date.parse(said) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, SHORTEST_MS), LONGEST_MS);
};
