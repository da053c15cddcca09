import { openingState } from '@voltbay/protocol';
import { isoAt } from '../clock.js';
import { problem } from '../http/problem.js';
import type { StationFacts } from '../ports.js';

/**
 * A rider who is not there yet is not sent to a closed place: STATION_REFUSED with reason `CLOSED`, the time it opens again in `detail`
 * and `Retry-After`. `atMs`: when the rider wants to be there.
 */
export function refuseIfClosed(
  station: Pick<StationFacts, 'device' | 'openingHours' | 'timeZone'>,
  atMs: number,
  nowMs: number,
): void {
  const { open, changesAtMs } = openingState(station.openingHours, station.timeZone, atMs);
  if (open) return;
  throw problem(
    'STATION_REFUSED',
    changesAtMs === null
      ? `station ${station.device} is closed until further notice`
      : `station ${station.device} is closed, it opens at ${isoAt(changesAtMs)}`,
    {
      reason: 'CLOSED',
      ...(changesAtMs === null
        ? {}
        : { headers: { 'Retry-After': String(Math.max(1, Math.ceil((changesAtMs - nowMs) / 1_000))) } }),
    },
  );
}
