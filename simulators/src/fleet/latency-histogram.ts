/** Counts latencies in buckets of 2 % width: flat memory however many are recorded. */
export interface LatencyHistogram {
  record(ms: number): void;
  count(): number;
  /** 0…1; undefined while nothing was recorded. */
  quantile(share: number): number | undefined;
}

const GROWTH = 1.02;
const SMALLEST_MS = 0.05;
const BUCKETS = 1_000;

export function createLatencyHistogram(): LatencyHistogram {
  const buckets = new Uint32Array(BUCKETS);
  let total = 0;
  return {
    record(ms) {
      const index = Math.ceil(Math.log(Math.max(ms, SMALLEST_MS) / SMALLEST_MS) / Math.log(GROWTH));
      const at = Math.min(BUCKETS - 1, Math.max(0, index));
      buckets[at] = (buckets[at] ?? 0) + 1;
      total += 1;
    },
    count: () => total,
    quantile(share) {
      if (total === 0) return undefined;
      let seen = 0;
      for (let i = 0; i < BUCKETS; i += 1) {
        seen += buckets[i] ?? 0;
        if (seen >= total * share) return SMALLEST_MS * GROWTH ** i;
      }
      return SMALLEST_MS * GROWTH ** BUCKETS;
    },
  };
}
