import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Order, Station } from '@voltbay/protocol';
import { operatorStation, signInRider } from '../rider/api.js';
import { swapAtStation, type TimelineEntry, timelineLine } from '../rider/swap-at-station.js';
import { DEMO } from './demo-accounts.js';
import { type Network, startNetwork } from './network.js';

export type DemoResult = {
  ok: boolean;
  order: Order | null;
  timeline: TimelineEntry[];
  /** Packs whose readings arrived at the hub, by transport. */
  packsRead: { serial: number; ble: number };
  durationMs: number;
  error?: string;
};

const PACKS_TIMEOUT_MS = 60_000;
const SWAP_TIMEOUT_MS = 60_000;

/** `npm run demo`: prints the timeline (or one JSON document) and returns the exit code. */
export async function runDemo(options: { root: string; json: boolean }): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'voltbay-demo-'));
  const started = Date.now();
  const print = (line: string) => options.json || process.stdout.write(`${line}\n`);
  let network: Network | undefined;
  let result: DemoResult;
  try {
    print('Starting the network …');
    network = await startNetwork({
      root: options.root,
      dir,
      httpPort: 0,
      mqttPort: 0,
      onStep: (text) => print(`  ${text}`),
    });
    result = { ...(await oneSwap(network, print)), durationMs: Date.now() - started };
  } catch (error) {
    result = {
      ok: false,
      order: null,
      timeline: [],
      packsRead: { serial: 0, ble: 0 },
      durationMs: Date.now() - started,
      error: error instanceof Error ? error.message : String(error),
    };
  }
  await network?.stop();
  if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else if (result.error) print(`\nThe demo failed: ${result.error}\nLogs: ${join(dir, 'logs')}`);
  else
    print(
      `\nok: order ${result.order?.id} ${result.order?.state} in ${(result.durationMs / 1000).toFixed(1)} s`,
    );
  if (result.ok) rmSync(dir, { recursive: true, force: true });
  return result.ok ? 0 : 1;
}

/** Waits until the packs are known, lets the demo rider swap once, and collects what everybody saw. */
export async function oneSwap(
  network: Pick<Network, 'apiUrl' | 'controlUrl' | 'device'>,
  print: (line: string) => void = () => {},
): Promise<Omit<DemoResult, 'durationMs'>> {
  const stationOf = await operatorStation(network.apiUrl, DEMO.operator);
  const station = await until(PACKS_TIMEOUT_MS, 'readings of serial and Bluetooth packs', async () => {
    const seen = await stationOf(network.device);
    const packs = countPacks(seen);
    return seen.online && packs.serial >= 4 && packs.ble >= 2 ? seen : null;
  });
  const packsRead = countPacks(station);
  print(`Packs read at the hub: ${packsRead.serial} over serial, ${packsRead.ble} over Bluetooth`);

  const rider = await signInRider(network.apiUrl, DEMO.rider);
  const { order, timeline } = await swapAtStation(rider, {
    device: network.device,
    vehicleId: DEMO.vehicleId,
    controlUrl: network.controlUrl,
    key: `demo-${Date.now()}`,
    timeoutMs: SWAP_TIMEOUT_MS,
  });
  print('');
  for (const entry of timeline) print(timelineLine(entry));
  return { ok: order.state === 'completed', order, timeline, packsRead };
}

/** Slots whose reading came from a pack, by transport. */
export function countPacks(station: Station): { serial: number; ble: number } {
  const readings = station.slots.flatMap((slot) => (slot.reading?.voltageMv ? [slot.reading] : []));
  const ble = readings.filter((reading) => reading.bluetooth).length;
  return { serial: readings.length - ble, ble };
}

async function until<T>(timeoutMs: number, what: string, probe: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe().catch(() => null);
    if (value !== null) return value;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
