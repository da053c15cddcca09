import type { HardwareLog } from './deps.js';
import type { CabinetPort, PackSource } from './ports.js';

const TAG_ATTEMPTS = 5;
const TAG_PAUSE_MS = 1_000;

export type PresenceDeps = {
  cabinet: CabinetPort;
  packs: PackSource;
  log: HardwareLog;
  slots: readonly number[];
};

/** Tells the pack source what the cabinet's sensors see: edges as they come, everything after events may have been missed. */
export function followPresence({ cabinet, packs, log, slots }: PresenceDeps): {
  start(): void;
  stop(): void;
} {
  let off: (() => void) | undefined;
  let stopping = new AbortController();
  let scanning = false;
  let again = false;
  /** Edges of each slot's sensor so far: what was asked before an edge is older than the edge, and not told after it. */
  const edges = new Map<number, number>();
  const edgesOf = (slot: number): number => edges.get(slot) ?? 0;

  async function rescan(signal: AbortSignal): Promise<void> {
    // While a scan runs further wishes are put together into one.
    again = true;
    if (scanning) return;
    scanning = true;
    try {
      while (again && !signal.aborted) {
        again = false;
        await scanOnce(signal);
      }
    } catch (error) {
      // The cabinet asks for a new scan when it is back.
      log.debug({ error: String(error) }, 'presence scan broke off');
    } finally {
      scanning = false;
    }
  }

  async function scanOnce(signal: AbortSignal): Promise<void> {
    const before = new Map(edges);
    const isOvertaken = (slot: number): boolean => edgesOf(slot) !== (before.get(slot) ?? 0);
    for (const sense of await cabinet.scan(signal)) {
      if (!slots.includes(sense.slot) || sense.occupied === null || isOvertaken(sense.slot)) continue;
      if (!sense.occupied) packs.packChanged(sense.slot, { present: false });
      else {
        const { tag, occupied } = await cabinet.slot(sense.slot, signal);
        if (occupied && !isOvertaken(sense.slot)) packs.packChanged(sense.slot, { present: true, tag });
      }
    }
  }

  /** A label that is held badly is read by the slot a moment later, without another event. */
  async function lookUpTag(slot: number, signal: AbortSignal): Promise<void> {
    const since = edgesOf(slot);
    for (let attempt = 0; attempt < TAG_ATTEMPTS; attempt += 1) {
      await pause(TAG_PAUSE_MS, signal);
      const seen = signal.aborted ? null : await cabinet.slot(slot, signal).catch(() => null);
      if (signal.aborted || edgesOf(slot) !== since) return;
      if (seen && !seen.occupied) return;
      if (!seen?.tag) continue;
      packs.packChanged(slot, { present: true, tag: seen.tag });
      return;
    }
  }

  return {
    start() {
      stopping = new AbortController();
      const { signal } = stopping;
      off = cabinet.onEvent((event) => {
        if (event.kind === 'resync') void rescan(signal);
        else if (event.kind === 'pack') {
          const present = event.state === 'in';
          edges.set(event.slot, edgesOf(event.slot) + 1);
          packs.packChanged(event.slot, { present, tag: event.tag });
          if (present && event.tag === undefined) void lookUpTag(event.slot, signal);
        }
      });
    },
    stop() {
      off?.();
      stopping.abort();
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
