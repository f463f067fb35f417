import { RateLimiterMemory } from 'rate-limiter-flexible';

/** Attempts at a token, counted by address: 5 a minute and 50 a day that fail. */
export interface Attempts {
  /** Counts one more; answers the seconds to wait when there were too many. */
  begin(address: string): Promise<number | undefined>;
  /** Gives one back that succeeded, so that many honest clients behind one address are not locked out. */
  succeed(address: string): Promise<void>;
}

export const createAttempts = (): Attempts => {
  const limiters = [
    new RateLimiterMemory({ points: 5, duration: 60 }),
    new RateLimiterMemory({ points: 50, duration: 86_400 }),
  ];
  return {
    async begin(address) {
      for (const limiter of limiters) {
        const wait = await limiter.consume(address).then(
          () => undefined,
          (state: { msBeforeNext: number }) => Math.max(1, Math.ceil(state.msBeforeNext / 1000)),
        );
        if (wait !== undefined) return wait;
      }
      return undefined;
    },
    async succeed(address) {
      await Promise.all(limiters.map((limiter) => limiter.reward(address)));
    },
  };
};
