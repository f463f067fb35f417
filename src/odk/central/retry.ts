import { sleep } from '../../core/async.ts';

/** How often and how long apart a request is repeated. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly baseMs: number;
  readonly pause: (ms: number) => Promise<void>;
}

export const defaultRetry: RetryPolicy = { attempts: 5, baseMs: 500, pause: sleep };

// Longer than this nobody waits within a poll: the next one resumes.
const LONGEST_MS = 30_000;

/** Statuses after which a repeat may help; of the others (400, 403, 404, 406, 409, 501) none ever does. */
const passing = new Set([429, 500, 502, 503, 504]);

export const mayPass = (status: number): boolean => passing.has(status);

/** The pause before the next attempt: what the server asks for, or twice as long each time, with jitter. */
export const pauseBefore = (policy: RetryPolicy, attempt: number, asked = -1): number =>
  Math.min(LONGEST_MS, asked >= 0 ? asked : policy.baseMs * 2 ** attempt * (0.5 + Math.random() / 2));
