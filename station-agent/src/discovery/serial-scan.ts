import type { PackReading } from '@voltbay/protocol';
import type { CabinetDriver, SerialPackDriver } from '../drivers/driver.js';
import type { DriverRegistry } from '../drivers/registry.js';
import type { HardwareClock, HardwareLog } from '../hardware/deps.js';
import type { CabinetIdentity } from '../hardware/ports.js';
import { createSerialChannel } from '../polling/serial-channel.js';
import { createRepairedBinding } from '../transports/serial/repaired-binding.js';
import type { SerialErrorCode } from '../transports/serial/serial-error.js';
import { createSerialLink, type SerialLink } from '../transports/serial/serial-link.js';

/** What stands at the end of a serial port. */
export type SerialFinding =
  | { kind: 'cabinet'; path: string; baudRate: number; driver: string; identity: CabinetIdentity }
  | { kind: 'pack'; path: string; baudRate: number; driver: string; address?: number; reading: PackReading }
  | { kind: 'nothing'; path: string }
  | { kind: 'unusable'; path: string; code: SerialErrorCode; message: string };

export type SerialScanOptions = {
  paths: readonly string[];
  signal: AbortSignal;
  /** Bus addresses tried from each driver's first one on. Default 16. */
  addresses?: number;
  /** Told before each step, for a progress line. */
  onStep?(step: { path: string; baudRate: number; driver: string }): void;
  onFinding?(finding: SerialFinding): void;
};

export type SerialScanDeps = { registry: DriverRegistry; clock: HardwareClock; log: HardwareLog };

const OPEN_MS = 3_000;
const HELLO_MS = 1_500;
const ADDRESSES = 16;

type Place = { link: SerialLink; path: string; baudRate: number };

/**
 * Tries every serial driver on every port, reading only. A port is settled by the first driver that gets a sound answer: then the other
 * addresses of its bus are asked with that one. Ports are tried one after the other, so an agent that runs must not hold them.
 */
export async function scanSerial(options: SerialScanOptions, deps: SerialScanDeps): Promise<SerialFinding[]> {
  const findings: SerialFinding[] = [];
  for (const path of options.paths) {
    if (options.signal.aborted) break;
    for (const finding of await scanPort(path, options, deps)) {
      findings.push(finding);
      options.onFinding?.(finding);
    }
  }
  return findings;
}

async function scanPort(
  path: string,
  options: SerialScanOptions,
  deps: SerialScanDeps,
): Promise<SerialFinding[]> {
  for (const baudRate of baudRates(deps.registry)) {
    if (options.signal.aborted) break;
    const { clock, log } = deps;
    const link = createSerialLink({ path, baudRate }, { binding: createRepairedBinding(), clock, log });
    link.start();
    try {
      const error = await opened(link, options.signal);
      if (error) return [error];
      const found = await scanAt({ link, path, baudRate }, options, deps);
      if (found.length > 0) return found;
    } finally {
      await link.stop();
    }
  }
  return [{ kind: 'nothing', path }];
}

async function scanAt(
  place: Place,
  options: SerialScanOptions,
  deps: SerialScanDeps,
): Promise<SerialFinding[]> {
  const { registry } = deps;
  const { path, baudRate } = place;
  for (const driver of registry.cabinets()) {
    if (!driver.baudRates.includes(baudRate) || options.signal.aborted) continue;
    options.onStep?.({ path, baudRate, driver: driver.id });
    const identity = await greetCabinet(driver, place, options.signal, deps);
    if (identity) return [{ kind: 'cabinet', path, baudRate, driver: driver.id, identity }];
  }
  for (const driver of registry.packs()) {
    if (driver.transport !== 'serial' || !driver.baudRates.includes(baudRate)) continue;
    options.onStep?.({ path, baudRate, driver: driver.id });
    const found = await readAddresses(driver, place, options, deps.clock);
    if (found.length > 0) return found;
  }
  return [];
}

async function greetCabinet(
  driver: CabinetDriver,
  { link }: Place,
  signal: AbortSignal,
  { clock, log }: SerialScanDeps,
): Promise<CabinetIdentity | null> {
  const cabinet = driver.create({ link, clock, log });
  cabinet.start();
  try {
    await waitUntil(cabinet.isUp, HELLO_MS, signal);
    return cabinet.identity();
  } finally {
    await cabinet.stop();
  }
}

async function readAddresses(
  driver: SerialPackDriver,
  { link, path, baudRate }: Place,
  { signal, addresses = ADDRESSES }: SerialScanOptions,
  clock: HardwareClock,
): Promise<SerialFinding[]> {
  const channel = createSerialChannel(link, clock);
  const found: SerialFinding[] = [];
  try {
    for (const address of addressesOf(driver, addresses)) {
      if (signal.aborted) break;
      const reader = driver.createReader({ address });
      const result = await reader.read(
        { exchange: (exchange) => channel.exchange(exchange, signal) },
        { attempts: 1 },
      );
      if (!result.ok) continue;
      const { reading } = result;
      found.push({ kind: 'pack', path, baudRate, driver: driver.id, address, reading });
    }
  } finally {
    channel.close();
  }
  return found;
}

function addressesOf({ addresses }: SerialPackDriver, count: number): readonly (number | undefined)[] {
  if (!addresses) return [undefined];
  const last = Math.min(addresses.max, addresses.first + count - 1);
  return Array.from({ length: last - addresses.first + 1 }, (_, index) => addresses.first + index);
}

/** Every rate that some driver speaks at, the commonest of each driver first. */
function baudRates(registry: DriverRegistry): number[] {
  const drivers = [...registry.cabinets(), ...registry.packs().filter((one) => one.transport === 'serial')];
  const lists = drivers.map((driver) => ('baudRates' in driver ? driver.baudRates : []));
  const usual = lists.map(([first]) => first).filter((rate) => rate !== undefined);
  return [...new Set([...usual, ...lists.flat()])];
}

async function opened(link: SerialLink, signal: AbortSignal): Promise<SerialFinding | null> {
  await waitUntil(() => link.isUp() || link.lastError() !== null, OPEN_MS, signal);
  if (link.isUp()) return null;
  const error = link.lastError();
  return {
    kind: 'unusable',
    path: link.path,
    code: error?.code ?? 'PORT_FAILED',
    message: error?.message ?? `${link.path} did not open within ${OPEN_MS} ms`,
  };
}

async function waitUntil(condition: () => boolean, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!condition() && !signal.aborted && performance.now() < endMs)
    await new Promise((resolve) => setTimeout(resolve, 20));
}
