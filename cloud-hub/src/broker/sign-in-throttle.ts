import type { Clock } from '../ports.js';

/**
 * Slows guessing: after `maxFailures` wrong passwords from an address within `windowMs`, further sign-ins from it are refused unseen
 * until the window is over. Bounded in memory: the oldest address is forgotten first.
 */
export interface SignInThrottle {
  blocked(address: string): boolean;
  failed(address: string): void;
  succeeded(address: string): void;
}

export function createSignInThrottle(options: {
  clock: Clock;
  maxFailures?: number;
  windowMs?: number;
  maxAddresses?: number;
}): SignInThrottle {
  const { clock, maxFailures = 50, windowMs = 60_000, maxAddresses = 10_000 } = options;
  const failures = new Map<string, { count: number; until: number }>();
  const current = (address: string) => {
    const entry = failures.get(address);
    if (entry && entry.until <= clock.now()) {
      failures.delete(address);
      return undefined;
    }
    return entry;
  };
  return {
    blocked: (address) => (current(address)?.count ?? 0) >= maxFailures,
    failed(address) {
      const entry = current(address);
      if (entry) {
        entry.count++;
        return;
      }
      if (failures.size >= maxAddresses) {
        const oldest = failures.keys().next().value;
        if (oldest !== undefined) failures.delete(oldest);
      }
      failures.set(address, { count: 1, until: clock.now() + windowMs });
    },
    succeeded: (address) => void failures.delete(address),
  };
}
