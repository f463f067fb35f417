import type { Json } from '../../core/json.ts';
import { tryCoerce } from '../../registry/index.ts';

const PLAIN = /^\d{4}-\d{2}-\d{2}$/;
const MIDNIGHT = /^(\d{4}-\d{2}-\d{2})T00:00(:00(\.0+)?)?Z?$/;

/** `1990-04-12` → `1990-04-12T00:00:00Z`: dates inside records are date-times (dci.md §9.3). */
export const toDateTime = (date: string): string => (PLAIN.test(date) ? `${date}T00:00:00Z` : date);

/** The day of a date or date-time as written; a time of day is the caller's to keep. */
export const readDay = (wire: Json): string | undefined => {
  const day = tryCoerce({ type: 'date' }, wire);
  return typeof day === 'string' ? day : undefined;
};

/** A date or date-time as given, if it is one. */
export const readTime = (wire: Json): string | undefined =>
  typeof wire === 'string' && tryCoerce({ type: 'timestamp' }, wire) !== undefined ? plainDay(wire) : undefined;

const plainDay = (text: string): string => MIDNIGHT.exec(text)?.[1] ?? text;

/** Midnight in whichever spelling is a day; those need no keeping. */
export const normalDate = (wire: Json): Json => (typeof wire === 'string' ? toDateTime(plainDay(wire)) : wire);
