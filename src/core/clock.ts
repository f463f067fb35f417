/** Where "now" comes from: milliseconds since the epoch. Injected, so that tests own time. */
export type Clock = () => number;

export const systemClock: Clock = Date.now;

/** RFC 3339 in UTC with milliseconds, the form every timestamp is stored in: it sorts as text. */
export const toTimestamp = (ms: number): string => new Date(ms).toISOString();

/** RFC 3339 in UTC with whole seconds, for wires whose readers re-render fractions (dci.md §4.1). */
export const toWholeSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
