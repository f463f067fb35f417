import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { Fault } from '../core/fault.ts';

/** Counts messages a minute and sender; throws `rate.limited` beyond `perMinute` (0: never). */
export const createRateLimit = (perMinute: number): ((sender: string) => Promise<void>) => {
  if (perMinute === 0) return async () => {};
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return async (sender) => {
    try {
      await limiter.consume(sender);
    } catch (refused) {
      if (refused instanceof Error) throw refused;
      const retryAfter = Math.max(1, Math.ceil((refused as RateLimiterRes).msBeforeNext / 1000));
      throw new Fault('rate.limited', `more than ${perMinute} messages a minute`, { retryAfter });
    }
  };
};
