import type { StationHappening } from '../station/station-state.js';

/** What the cabinet's own record says about its doors in a stretch of time. */
export type Doors = {
  /** Slots whose latch was released, in order, one entry for each release. */
  released: number[];
  /** Most doors that were released or open at once. 1 is right while a swap runs. */
  mostAtOnce: number;
  packsIn: string[];
  packsOut: string[];
};

/** Reads the history from a moment on (ISO time, inclusive). Physical truth, not what sensors said. */
export function doorsOf(history: readonly StationHappening[], since: string): Doors {
  const loose = new Set<number>();
  const doors: Doors = { released: [], mostAtOnce: 0, packsIn: [], packsOut: [] };
  for (const { at, what, slot = 0, serial = '' } of history) {
    if (what === 'latch released') loose.add(slot);
    if (what === 'latch engaged' || what === 'door closed') loose.delete(slot);
    if (at < since) continue;
    if (what === 'latch released') doors.released.push(slot);
    if (what === 'pack inserted') doors.packsIn.push(serial);
    if (what === 'pack removed') doors.packsOut.push(serial);
    doors.mostAtOnce = Math.max(doors.mostAtOnce, loose.size);
  }
  return doors;
}
