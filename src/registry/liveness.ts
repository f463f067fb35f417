import { toTimestamp } from '../core/clock.ts';
import type { Identifier } from './model.ts';

/** The day in UTC. */
export const dayOf = (ms: number): string => toTimestamp(ms).slice(0, 10);

/** An identifier is live up to and with its last day. */
export const isLiveIdentifier = (identifier: Pick<Identifier, 'end'>, today: string): boolean =>
  identifier.end === undefined || identifier.end >= today;

/** A membership ends with the beginning of its end date: who leaves today is no member today. */
export const isLiveMembership = (membership: { readonly end?: string | undefined }, today: string): boolean =>
  membership.end === undefined || membership.end > today;
