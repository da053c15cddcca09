import type { HardwareLog } from './deps.js';
import type { CabinetPort, PackSource } from './ports.js';

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
    for (const sense of await cabinet.scan(signal)) {
      if (!slots.includes(sense.slot) || sense.occupied === null) continue;
      if (!sense.occupied) packs.packChanged(sense.slot, { present: false });
      else {
        const { tag, occupied } = await cabinet.slot(sense.slot, signal);
        if (occupied) packs.packChanged(sense.slot, { present: true, tag });
      }
    }
  }

  return {
    start() {
      stopping = new AbortController();
      const { signal } = stopping;
      off = cabinet.onEvent((event) => {
        if (event.kind === 'resync') void rescan(signal);
        else if (event.kind === 'pack')
          packs.packChanged(event.slot, { present: event.state === 'in', tag: event.tag });
      });
    },
    stop() {
      off?.();
      stopping.abort();
    },
  };
}
