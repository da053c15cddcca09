import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { problem } from './problem.js';

/** What is left of a caller's budget, as the `RateLimit-*` headers. */
export type RateState = { headers: Record<string, string> };

export interface RateLimits {
  /** Throws RATE_LIMITED with Retry-After when `key` is over `perMinute`. */
  take(bucket: string, key: string, perMinute: number): Promise<RateState>;
}

/**
 * Counts within this process. Limits that protect one-time codes and passwords are counted in the database as well, so they hold
 * over several processes (see stargate).
 */
export function createRateLimits(): RateLimits {
  const limiters = new Map<string, RateLimiterMemory>();
  return {
    async take(bucket, key, perMinute) {
      const name = `${bucket}:${perMinute}`;
      let limiter = limiters.get(name);
      if (!limiter) {
        limiter = new RateLimiterMemory({ points: perMinute, duration: 60, keyPrefix: name });
        limiters.set(name, limiter);
      }
      try {
        return { headers: headersOf(perMinute, await limiter.consume(key)) };
      } catch (rejected) {
        if (!(rejected instanceof RateLimiterRes)) throw rejected;
        throw problem('RATE_LIMITED', `at most ${perMinute} a minute`, {
          headers: {
            ...headersOf(perMinute, rejected),
            'Retry-After': String(Math.ceil(rejected.msBeforeNext / 1_000)),
          },
        });
      }
    },
  };
}

const headersOf = (limit: number, state: RateLimiterRes): Record<string, string> => ({
  'RateLimit-Limit': String(limit),
  'RateLimit-Remaining': String(Math.max(0, state.remainingPoints)),
  'RateLimit-Reset': String(Math.ceil(state.msBeforeNext / 1_000)),
});
