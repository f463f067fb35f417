import { type Clock, toTimestamp } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Prepare, PreparedEntry } from './entry.ts';
import type { EntryDraft } from './ports.ts';

// Enough to see what it was, too little to fill a disk with.
const KEPT_BYTES = 4096;

// One process keeps this many calls of unknown callers a second one by one, and this many at once; what comes beyond
// is counted. 20 a second with 5 KiB each are 9 GB a day at the worst, from all strangers together.
const PER_SECOND = 20;
const BURST = 100;

// How often the counts are written.
const INTERVAL_MS = 10_000;

// Paths come from strangers too: beyond this many different ones, the rest is counted together.
const MAX_PLACES = 50;

interface Deps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly prepare: Prepare;
  readonly record: (entries: readonly PreparedEntry[]) => Promise<readonly number[]>;
}

interface Counts {
  readonly since: number;
  calls: number;
  bytes: number;
  readonly places: Map<string, number>;
}

/**
 * The ledger's face to callers who are not authenticated: bounded whatever they send (product.md, "Committing").
 * Counts that a killed process had not written yet are lost; the calls they stood for were all refused.
 */
export const createStrangers = ({ clock, log, prepare, record }: Deps) => {
  let tokens = BURST;
  let filledAt = clock();
  let counts: Counts | undefined;
  let timer: NodeJS.Timeout | undefined;

  const takeToken = (): boolean => {
    const now = clock();
    tokens = Math.min(BURST, tokens + (Math.max(0, now - filledAt) / 1000) * PER_SECOND);
    filledAt = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };

  /** Writes what was counted since the last time. */
  const flush = async (): Promise<void> => {
    if (timer) clearTimeout(timer);
    timer = undefined;
    const counted = counts;
    counts = undefined;
    if (!counted) return;
    const now = toTimestamp(clock());
    await record([
      prepare({
        kind: 'aggregate',
        direction: 'in',
        endpoint: '*',
        at: now,
        facts: {
          bytes: counted.bytes,
          calls: counted.calls,
          from: toTimestamp(counted.since),
          places: Object.fromEntries(counted.places),
          to: now,
        },
      }),
    ]);
  };

  const count = ({ endpoint, refusal, body }: EntryDraft): void => {
    counts ??= { since: clock(), calls: 0, bytes: 0, places: new Map() };
    counts.calls += 1;
    counts.bytes += body?.length ?? 0;
    const named = `${endpoint.slice(0, 200)} ${refusal ?? ''}`.trim();
    const place = counts.places.has(named) || counts.places.size < MAX_PLACES ? named : 'other';
    counts.places.set(place, (counts.places.get(place) ?? 0) + 1);
    if (timer) return;
    timer = setTimeout(() => {
      flush().catch((error: unknown) => log.error({ err: error }, 'refused calls could not be recorded'));
    }, INTERVAL_MS);
    timer.unref();
  };

  return {
    async recordStranger(draft: EntryDraft): Promise<void> {
      if (takeToken()) await record([prepare(draft, KEPT_BYTES)]);
      else count(draft);
    },
    flush,
  };
};
