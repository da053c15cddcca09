import type { CabinetStatus } from '../hardware/ports.js';

/** A meter that counts whole watt-hours needs this long to tell a power. */
const SHORTEST_MS = 120_000;

/**
 * What the station's meter says. `otherW` is what is drawn besides the chargers (cooling, lights), which the site's limit must leave
 * room for; null until two readings far enough apart are known.
 */
export function createSiteMeter() {
  let first: { meterWh: number; chargedWh: number; atMs: number } | null = null;
  let otherW: number | null = null;
  let chargedWh = 0;
  let lastMs: number | null = null;
  return {
    /** `chargersW`: what the packs' own readings say that the chargers draw. Monotonic milliseconds. */
    observe(status: Pick<CabinetStatus, 'meterWh'> | null, chargersW: number, atMs: number): void {
      if (lastMs !== null) chargedWh += (chargersW * (atMs - lastMs)) / 3_600_000;
      lastMs = atMs;
      const meterWh = status?.meterWh;
      if (meterWh === undefined) return;
      // A meter that was exchanged, or counts anew, starts over.
      if (first === null || meterWh < first.meterWh) first = { meterWh, chargedWh, atMs };
      const spanMs = atMs - first.atMs;
      if (spanMs < SHORTEST_MS) return;
      const drawnWh = meterWh - first.meterWh - (chargedWh - first.chargedWh);
      otherW = Math.max(0, (drawnWh * 3_600_000) / spanMs);
      first = { meterWh, chargedWh, atMs };
    },
    otherW: (): number | null => otherW,
  };
}
