/** How fast packs are polled; the `polling` section of the configuration. */
export type PollingRates = {
  /** Period of a pack that nobody waits for. */
  idleMs: number;
  /** Period of a pack that a swap needs. */
  urgentMs: number;
};

/** What the schedule knows of one slot. Times are monotonic milliseconds. */
export type SlotPollState = {
  slot: number;
  /** From the cabinet's pack sensor; null = the sensor does not know, then the pack is polled. */
  present: boolean | null;
  urgent: boolean;
  /** Reads in a row without an answer. */
  silentStreak: number;
  /** Start of the last read; null = never, or a pack was just put in: read at once. */
  lastStartMs: number | null;
};

/** Silent reads in a row after which a slot is polled less and less often. */
export const PATIENT_READS = 3;
const SILENT_MAX_MS = 60_000;
const SILENT_URGENT_MS = 2_000;

/** Time between two reads of a slot. */
export function pollPeriodMs(state: SlotPollState, rates: PollingRates): number {
  const backedOff = state.silentStreak >= PATIENT_READS;
  if (state.urgent) return backedOff ? Math.max(rates.urgentMs, SILENT_URGENT_MS) : rates.urgentMs;
  if (!backedOff) return rates.idleMs;
  const doublings = Math.min(state.silentStreak - PATIENT_READS + 1, 16);
  return Math.max(rates.idleMs, Math.min(rates.idleMs * 2 ** doublings, SILENT_MAX_MS));
}

export type NextRead = { kind: 'read'; slot: number } | { kind: 'wait'; ms: number } | { kind: 'nothing' };

/**
 * Which slot of one bus is read next. Due packs that a swap needs come first, then the one that is overdue longest; a slot that is a whole
 * idle period overdue goes before urgent ones, so that a swap can not starve the others.
 */
export function nextRead(states: readonly SlotPollState[], nowMs: number, rates: PollingRates): NextRead {
  let best: { slot: number; score: number } | null = null;
  let waitMs = Number.POSITIVE_INFINITY;
  for (const state of states) {
    if (state.present === false) continue;
    const periodMs = pollPeriodMs(state, rates);
    const overdueMs = state.lastStartMs === null ? periodMs : nowMs - state.lastStartMs - periodMs;
    if (overdueMs < 0) {
      waitMs = Math.min(waitMs, -overdueMs);
      continue;
    }
    const starving = overdueMs >= rates.idleMs;
    const score = overdueMs + (state.urgent || starving ? 1e9 : 0) + (state.lastStartMs === null ? 1e12 : 0);
    if (!best || score > best.score) best = { slot: state.slot, score };
  }
  if (best) return { kind: 'read', slot: best.slot };
  return Number.isFinite(waitMs) ? { kind: 'wait', ms: Math.ceil(waitMs) } : { kind: 'nothing' };
}
