import type { Fleet } from './fleet.js';

/** What came of breaking many connections at once. */
export interface StormResult {
  cut: number;
  /** Born again within the time. */
  back: number;
  /** Until the last one was back; null when not all came. */
  allBackMs: number | null;
  /** Most births within one second: what jitter keeps low. */
  peakBirthsPerS: number;
  signInP99Ms: number | null;
  awayP50Ms: number | null;
  awayP99Ms: number | null;
}

const LOOK_MS = 100;

/**
 * Breaks a share of all connections of a running fleet at once, and waits until the stations are born again, or `timeoutMs`. The
 * stations come back with full jitter, as agents do.
 */
export async function reconnectStorm(
  fleet: Fleet,
  options: { share?: number; timeoutMs?: number } = {},
): Promise<StormResult> {
  const { share = 1, timeoutMs = 180_000 } = options;
  const before = fleet.stats();
  const startedMs = performance.now();
  fleet.dropConnections(share);
  const births: { atMs: number; count: number }[] = [];
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const stats = fleet.stats();
    const atMs = performance.now() - startedMs;
    births.push({ atMs, count: stats.births - before.births });
    const cut = stats.reconnects - before.reconnects;
    const allBack = cut > 0 && stats.connected === stats.stations && stats.births - before.births >= cut;
    if (!allBack && atMs < timeoutMs) continue;
    return {
      cut,
      back: stats.births - before.births,
      allBackMs: allBack ? Math.round(atMs) : null,
      peakBirthsPerS: peakPerSecond(births),
      signInP99Ms: stats.signInP99Ms,
      awayP50Ms: stats.awayP50Ms,
      awayP99Ms: stats.awayP99Ms,
    };
  }
}

/** Most that the count grew within any second. */
function peakPerSecond(samples: readonly { atMs: number; count: number }[]): number {
  let peak = samples[0]?.count ?? 0;
  let from = 0;
  for (const [at, sample] of samples.entries()) {
    while (from < at && sample.atMs - (samples[from]?.atMs ?? 0) > 1_000) from += 1;
    peak = Math.max(peak, sample.count - (samples[from]?.count ?? 0));
  }
  return peak;
}
