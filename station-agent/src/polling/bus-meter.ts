/** Where the time of one bus goes. Times are monotonic milliseconds. */
export type BusMeter = {
  /** A read of this slot took the bus from `startMs` to `endMs`. */
  record(slot: number, startMs: number, endMs: number): void;
  /** Bus time of the last full round over all slots, without the pauses between reads; undefined before the first. */
  cycleMs(): number | undefined;
  /** Share of the last minute in which the bus was busy, per cent. */
  utilisationPct(nowMs: number): number;
  /** The set of slots changed: a round starts anew. */
  restart(slots: readonly number[]): void;
};

const WINDOW_MS = 60_000;

export function createBusMeter(): BusMeter {
  let waitingFor = new Set<number>();
  let slots: readonly number[] = [];
  let roundMs = 0;
  let lastRoundMs: number | undefined;
  let busy: Array<{ startMs: number; endMs: number }> = [];
  let firstMs: number | undefined;

  function restart(next: readonly number[]): void {
    slots = [...next];
    waitingFor = new Set(slots);
    roundMs = 0;
  }

  return {
    restart,
    record(slot, startMs, endMs) {
      firstMs ??= startMs;
      busy.push({ startMs, endMs });
      if (busy.length > 512 || (busy[0] && endMs - busy[0].endMs > 2 * WINDOW_MS))
        busy = busy.filter((span) => endMs - span.endMs <= WINDOW_MS).slice(-256);
      // An urgent slot that is read again before the others had their turn is not part of the round.
      if (!waitingFor.delete(slot)) return;
      roundMs += endMs - startMs;
      if (waitingFor.size > 0) return;
      lastRoundMs = roundMs;
      restart(slots);
    },
    cycleMs: () => (lastRoundMs === undefined ? undefined : Math.round(lastRoundMs)),
    utilisationPct(nowMs) {
      if (firstMs === undefined) return 0;
      const fromMs = Math.max(firstMs, nowMs - WINDOW_MS);
      const busyMs = busy.reduce(
        (total, span) => total + Math.max(0, Math.min(span.endMs, nowMs) - Math.max(span.startMs, fromMs)),
        0,
      );
      const windowMs = nowMs - fromMs;
      return windowMs <= 0 ? 0 : Math.min(100, Math.round((1000 * busyMs) / windowMs) / 10);
    },
  };
}
