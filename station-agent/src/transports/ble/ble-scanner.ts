import type { HardwareClock } from '../../hardware/deps.js';
import type { BleSession } from './ble-adapter.js';
import type { Advertisement } from './gatt-profile.js';
import type { NoblePeripheral } from './noble-api.js';
import { BleError, bounded } from './race.js';

/** A device that was heard. */
export type Sighting = {
  id: string;
  address: string;
  rssi: number;
  advertisement: Advertisement;
  peripheral: NoblePeripheral;
  /** Monotonic time of the last advertisement. */
  heardMs: number;
};

export type BleScanner = {
  /** The first device that fits, at once when it was heard a moment ago. @throws BleError TIMEOUT, ADAPTER_LOST, CANCELLED */
  find(
    what: string,
    fits: (seen: Sighting) => boolean,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Sighting>;
  /** Everything that is heard within a time. */
  collect(durationMs: number, signal: AbortSignal): Promise<Sighting[]>;
  /** The device did not take a connection: it must be heard again first. */
  forget(id: string): void;
  /** Scanning and connecting at once fails on many adapters. Returns the function that goes on scanning. */
  pause(): () => void;
};

/** A street has many devices: the oldest sightings are dropped beyond this. */
const MAX_SIGHTINGS = 256;
/** A device that was last heard longer ago may be gone; connecting to it would hold up all others. */
const FRESH_MS = 10_000;

/** Scans only while somebody waits for a device. One per session: noble connects only to what this session heard. */
export function createBleScanner({ noble, lost }: BleSession, clock: HardwareClock): BleScanner {
  const sightings = new Map<string, Sighting>();
  const waiting = new Set<(seen: Sighting) => void>();
  let pauses = 0;
  let scanning = false;

  noble.on('discover', (peripheral: NoblePeripheral) => {
    const seen = toSighting(peripheral, clock.monotonicMs());
    sightings.delete(seen.id);
    sightings.set(seen.id, seen);
    const [oldest] = sightings.keys();
    if (sightings.size > MAX_SIGHTINGS && oldest !== undefined) sightings.delete(oldest);
    for (const tell of waiting) tell(seen);
  });

  function adjust(): void {
    const wanted = waiting.size > 0 && pauses === 0 && !lost.aborted;
    if (wanted === scanning) return;
    scanning = wanted;
    try {
      // Duplicates are wanted: a device that was forgotten must be heard again.
      if (wanted) noble.startScanning([], true, () => undefined);
      else if (!lost.aborted) noble.stopScanning();
    } catch {
      // The adapter went away between two events; the session's `lost` ends whoever waits.
      scanning = false;
    }
  }

  function listen(tell: (seen: Sighting) => void): () => void {
    waiting.add(tell);
    adjust();
    return () => {
      waiting.delete(tell);
      adjust();
    };
  }

  return {
    async find(what, fits, timeoutMs, signal) {
      const sinceMs = clock.monotonicMs() - FRESH_MS;
      for (const seen of sightings.values()) if (seen.heardMs >= sinceMs && fits(seen)) return seen;
      let stop: (() => void) | undefined;
      try {
        return await bounded<Sighting>(
          {
            what: `looking for ${what}`,
            timeoutMs,
            ends: [
              { signal: lost, code: 'ADAPTER_LOST' },
              { signal, code: 'CANCELLED' },
            ],
          },
          (settle) => {
            stop = listen((seen) => {
              if (fits(seen)) settle(null, seen);
            });
          },
        );
      } finally {
        stop?.();
      }
    },
    async collect(durationMs, signal) {
      const heard = new Map<string, Sighting>();
      const stop = listen((seen) => heard.set(seen.id, seen));
      try {
        await bounded<never>(
          {
            what: 'scanning',
            timeoutMs: durationMs,
            ends: [
              { signal: lost, code: 'ADAPTER_LOST' },
              { signal, code: 'CANCELLED' },
            ],
          },
          () => undefined,
        );
      } catch (error) {
        if (!(error instanceof BleError) || error.code !== 'TIMEOUT') throw error;
      } finally {
        stop();
      }
      return [...heard.values()];
    },
    forget: (id) => void sightings.delete(id),
    pause() {
      pauses += 1;
      adjust();
      let resumed = false;
      return () => {
        if (resumed) return;
        resumed = true;
        pauses -= 1;
        adjust();
      };
    },
  };
}

function toSighting(peripheral: NoblePeripheral, heardMs: number): Sighting {
  const { localName, serviceUuids, manufacturerData } = peripheral.advertisement ?? {};
  return {
    id: peripheral.id,
    address: peripheral.address,
    rssi: peripheral.rssi,
    peripheral,
    heardMs,
    advertisement: { name: localName, serviceUuids: serviceUuids ?? [], manufacturerData },
  };
}
