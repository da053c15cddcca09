/** Waits between attempts: exponential, capped, with full jitter so that ten thousand stations do not come back at once. */
export type Backoff = { nextMs(): number; reset(): void };

export function createBackoff(
  options: { firstMs?: number; maxMs?: number; random?: () => number } = {},
): Backoff {
  const { firstMs = 500, maxMs = 60_000, random = Math.random } = options;
  let attempt = 0;
  return {
    nextMs() {
      const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 20));
      attempt += 1;
      return Math.round(ceiling / 4 + random() * ceiling * 0.75);
    },
    reset() {
      attempt = 0;
    },
  };
}
