import type { HardwareConfig } from '../../../src/hardware/config.js';
import { createHardware, type HardwareDeps } from '../../../src/hardware/create-hardware.js';
import type { HardwareClock, HardwareLog } from '../../../src/hardware/deps.js';
import type { CabinetEvent, Hardware, SlotReading } from '../../../src/hardware/ports.js';

export const realClock: HardwareClock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

export const quietLog: HardwareLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export type Bench = Hardware & { readings: SlotReading[]; events: CabinetEvent[] };

/** Hardware that remembers what it heard. */
export function createBench(config: HardwareConfig, deps: Partial<HardwareDeps> = {}): Bench {
  const hardware = createHardware(config, { clock: realClock, log: quietLog, ...deps });
  const readings: SlotReading[] = [];
  const events: CabinetEvent[] = [];
  hardware.packs.onReading((reading) => readings.push(reading));
  hardware.cabinet.onEvent((event) => events.push(event));
  return { ...hardware, readings, events };
}

/** Waits for a condition; the time only bounds a failure. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 45_000,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`gave up waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
