/**
 * Milliseconds from now that a `Retry-After` asks to wait (RFC 9110 §10.2.3: seconds, or a date); below zero for a date
 * that has passed, `undefined` for what cannot be read.
 */
export const readRetryAfter = (header: unknown, now: number): number | undefined => {
  if (typeof header !== 'string' || header === '') return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? ms : undefined;
};
