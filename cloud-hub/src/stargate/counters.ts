import { isoAt } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Clock } from '../ports.js';
import { countersCollection } from './collections.js';

export interface Counters {
  /** Counts one use; throws RATE_LIMITED with Retry-After beyond `max` in the current window. */
  take(name: string, max: number, windowMs: number): Promise<void>;
  sweep(): Promise<void>;
}

/** Fixed windows in the database: the limits on codes and passwords hold whichever process is asked. */
export function createCounters(deps: { database: Database; clock: Clock }): Counters {
  const counters = deps.database.collection(countersCollection);
  const increment = async (id: string, expiresAt: string): Promise<number> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const counter = await counters.findOneAndUpdate(
          { _id: id },
          { $inc: { count: 1 }, $setOnInsert: { expiresAt } },
          { upsert: true, returnDocument: 'after' },
        );
        return counter?.count ?? 1;
      } catch (error) {
        // Two processes upserted the first count of a window at once; the loser counts on.
        if (!isDuplicateKey(error) || attempt >= 3) throw error;
      }
    }
  };
  return {
    async take(name, max, windowMs) {
      const now = deps.clock.now();
      const window = Math.floor(now / windowMs);
      const endsAt = (window + 1) * windowMs;
      const count = await increment(`${name}:${windowMs}:${window}`, isoAt(endsAt));
      if (count > max)
        throw problem('RATE_LIMITED', 'too many attempts: wait and try again', {
          headers: { 'Retry-After': String(Math.max(1, Math.ceil((endsAt - now) / 1_000))) },
        });
    },
    async sweep() {
      await counters.deleteMany({ expiresAt: { $lte: isoAt(deps.clock.now()) } });
    },
  };
}
