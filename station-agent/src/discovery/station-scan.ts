import { createRegistry, type DriverRegistry } from '../drivers/registry.js';
import type { HardwareClock, HardwareLog } from '../hardware/deps.js';
import { createBleAdapter } from '../transports/ble/ble-adapter.js';
import { createBleLinks } from '../transports/ble/ble-links.js';
import { type LoadNoble, loadNoble } from '../transports/ble/noble-api.js';
import { listSerialPorts } from '../transports/serial/list-ports.js';
import { driversFor } from './match-advertisement.js';
import { type SerialFinding, type SerialScanOptions, scanSerial } from './serial-scan.js';

/** A BLE device that was heard. `driver` is null for one that is no pack, or none that is known. */
export type BleFinding = {
  address: string;
  name?: string;
  rssi: number;
  driver: string | null;
};

/** What BLE gave, or why nothing: `detail` names the cause and the cure. */
export type BleScanResult =
  | { ok: true; devices: BleFinding[] }
  | { ok: false; state: string; detail: string };

export type StationScan = {
  /** Ports to try when none are named: those that the machine shows. */
  candidates(): Promise<string[]>;
  serial(options: SerialScanOptions): Promise<SerialFinding[]>;
  ble(options: { durationMs: number; signal: AbortSignal }): Promise<BleScanResult>;
};

export type StationScanDeps = {
  clock: HardwareClock;
  log: HardwareLog;
  registry?: DriverRegistry;
  loadNoble?: LoadNoble;
};

const ADAPTER_MS = 6_000;
/** A scan looks for devices, it connects to none. */
const NO_LINKS = { maxLinks: 1, idleDisconnectMs: 1_000, findMs: 1_000 };

/** Finds what is connected, for setting a station up. Opens ports itself: the agent must not be running on them. */
export function createStationScan(deps: StationScanDeps): StationScan {
  const { clock, log, registry = createRegistry() } = deps;
  return {
    async candidates() {
      const ports = await listSerialPorts();
      return ports.map(({ path, stablePath }) => stablePath ?? path);
    },
    serial: (options) => scanSerial(options, { registry, clock, log }),
    async ble({ durationMs, signal }) {
      const adapter = createBleAdapter({ load: deps.loadNoble ?? loadNoble, log });
      const links = createBleLinks(adapter, NO_LINKS, clock);
      adapter.start();
      try {
        const endMs = clock.monotonicMs() + ADAPTER_MS;
        while (!adapter.session() && !signal.aborted && clock.monotonicMs() < endMs) {
          const { state } = adapter.condition();
          if (state !== 'starting' && state !== 'powered-off') break;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        if (!adapter.session()) {
          const { state, detail } = adapter.condition();
          return { ok: false, state, detail: detail ?? 'the Bluetooth adapter did not get ready' };
        }
        const heard = await links.scan(durationMs, signal);
        const devices = heard
          .map(({ address, rssi, advertisement }) => {
            const [driver, ...others] = driversFor(advertisement, registry);
            if (others.length > 0)
              log.warn({ address, drivers: [driver?.id, ...others.map(({ id }) => id)] }, 'claimed twice');
            return { address, name: advertisement.name, rssi, driver: driver?.id ?? null };
          })
          .sort((a, b) => b.rssi - a.rssi);
        return { ok: true, devices };
      } finally {
        await links.close();
        adapter.stop();
      }
    },
  };
}
