/** The later and the earlier of two timestamps of one form (ISO text in UTC): text order is time order. */
export const later = (a: string, b: string): string => (a > b ? a : b);
export const earlier = (a: string, b: string): string => (later(a, b) === a ? b : a);
