import { createManualClock, type ManualClock } from '../clock.js';

/**
 * Time of a simulated city. It moves in steps, and only when nobody is in the middle of something: every call answered, every message
 * stored. So a slow hub makes the simulation slow, never wrong: it is not late for anything.
 */
export interface CityTime {
  readonly clock: ManualClock;
  /** Counts as being in the middle of something until the work has ended. */
  busy<T>(work: Promise<T>): Promise<T>;
  /** Moves everybody's clock on and waits until all is quiet again. */
  moveTo(nowMs: number): Promise<void>;
  quiet(): Promise<void>;
}

/** A step that does not come to rest in so much real time is a fault of the system under test. */
const STUCK_MS = 120_000;

export class CityStuckError extends Error {
  override readonly name = 'CityStuckError';
  readonly code = 'CITY_STUCK';
}

export function createCityTime(options: {
  fromMs: number;
  setHubTime(nowMs: number): Promise<void>;
  /** What is still on its way, for people; empty when nothing is. */
  pending(): string;
}): CityTime {
  const clock = createManualClock(options.fromMs);
  let calls = 0;

  async function quiet(): Promise<void> {
    const until = performance.now() + STUCK_MS;
    for (;;) {
      // Whatever a timer has just begun gets its turn first.
      await new Promise((resolve) => setImmediate(resolve));
      const pending = calls > 0 ? `${calls} calls` : options.pending();
      if (pending === '') return;
      if (performance.now() > until)
        throw new CityStuckError(`nothing moves since ${STUCK_MS / 1000} s: ${pending}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  return {
    clock,
    quiet,
    async busy(work) {
      calls += 1;
      try {
        return await work;
      } finally {
        calls -= 1;
      }
    },
    async moveTo(nowMs) {
      if (nowMs <= clock.nowMs()) return;
      await options.setHubTime(nowMs);
      clock.advance(nowMs - clock.nowMs());
      await quiet();
    },
  };
}
