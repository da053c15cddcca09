import type { Station } from '@voltbay/protocol';
import { type OperatorApi, RefusedError } from '../rider/api.js';

const TRIES = 100;
const BETWEEN_MS = 100;

/**
 * Takes a station that is connected into service, step by step as an operator does: commissioned, then live once the hub's checklist
 * holds. Throws RefusedError when it does not hold in time.
 */
export async function openStation(operator: OperatorApi, device: string): Promise<void> {
  for (const lifecycle of ['commissioned', 'live'] as const)
    for (let left = TRIES; ; left -= 1) {
      const station = await operator.get<Station>(`/core/v0/stations/${device}`);
      if (station.lifecycle === lifecycle || station.lifecycle === 'live') break;
      try {
        await operator.patch(`/core/v0/stations/${device}`, { lifecycle }, station.version);
        break;
      } catch (error) {
        // What the station has just told may not be seen yet.
        if (!(error instanceof RefusedError) || error.problem.status >= 500 || left <= 0) throw error;
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
      }
    }
}
