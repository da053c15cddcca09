import type { PackReading } from '@voltbay/protocol';
import { type LinkDeps, untilTrue, withLink } from '../capture/with-link.js';
import type { CabinetDriver, SerialPackDriver } from '../drivers/driver.js';
import type { DriverRegistry } from '../drivers/registry.js';
import type { HardwareConfig, SlotConfig } from '../hardware/config.js';
import type { CabinetIdentity, SlotSense } from '../hardware/ports.js';
import { createSerialChannel } from '../polling/serial-channel.js';
import type { Finding } from './finding.js';
import { judgeBus, judgeCabinet, type PackAnswer } from './judge-devices.js';

export type DeviceDeps = LinkDeps & { registry: DriverRegistry; minCabinetFirmware: string };

const HELLO_MS = 2_500;
/** Rates that controllers and packs are found at, tried when the configured one gives nothing. */
const USUAL_RATES: readonly number[] = [9_600, 19_200, 115_200, 38_400, 57_600, 4_800];
const PROBED_SLOTS = 3;

/** The controller at the configured rate, else at the others. `slots` is what its sensors see; null when it was not reached. */
export async function checkCabinet(
  config: HardwareConfig,
  deps: DeviceDeps,
): Promise<{ findings: Finding[]; slots: SlotSense[] | null }> {
  const driver = deps.registry.cabinet(config.cabinet.driver);
  const port = config.ports[config.cabinet.port];
  if (!driver || !port) return { findings: [], slots: null };
  const first = await greet(driver, port, deps);
  let foundAt: number | null = null;
  if (!first)
    for (const baudRate of otherRates(port.baudRate, driver.baudRates)) {
      if (!(await greet(driver, { ...port, baudRate }, deps))) continue;
      foundAt = baudRate;
      break;
    }
  const findings = judgeCabinet({
    subject: `${config.cabinet.port} (${port.path})`,
    baudRate: port.baudRate,
    identity: first?.identity ?? null,
    foundAt,
    minFirmware: deps.minCabinetFirmware,
  });
  return { findings, slots: first?.slots ?? null };
}

type Greeting = { identity: CabinetIdentity; slots: SlotSense[] };

async function greet(
  driver: CabinetDriver,
  port: { path: string; baudRate: number },
  deps: DeviceDeps,
): Promise<Greeting | null> {
  return withLink(port, deps, async (link) => {
    const cabinet = driver.create({ link, clock: deps.clock, log: deps.log });
    cabinet.start();
    try {
      await untilTrue(cabinet.isUp, HELLO_MS);
      const identity = cabinet.identity();
      return identity ? { identity, slots: await cabinet.scan() } : null;
    } catch {
      return null;
    } finally {
      await cabinet.stop();
    }
  });
}

/** The packs on one serial port: each configured one is read; a bus on which none answers is tried at other rates. */
export async function checkBus(
  portName: string,
  config: HardwareConfig,
  sensed: readonly SlotSense[] | null,
  deps: DeviceDeps,
): Promise<Finding[]> {
  const port = config.ports[portName];
  const slots = config.slots.filter(({ pack }) => pack?.port === portName);
  const driver = deps.registry.pack(slots[0]?.pack?.driver ?? '');
  if (!port || !driver || driver.transport !== 'serial') return [];
  const isIn = (slot: number): boolean | null => sensed?.find((one) => one.slot === slot)?.occupied ?? null;
  const expected = slots.filter(({ slot }) => isIn(slot) !== false);
  const answers = await readPacks(driver, port, expected, deps);
  let foundAt: number | null = null;
  if (expected.length > 0 && answers.every(({ result }) => result !== 'ok')) {
    const probed = expected.slice(0, PROBED_SLOTS);
    for (const baudRate of otherRates(port.baudRate, driver.baudRates)) {
      const heard = await readPacks(driver, { ...port, baudRate }, probed, deps);
      if (!heard.some(({ result }) => result === 'ok')) continue;
      foundAt = baudRate;
      break;
    }
  }
  return judgeBus({
    port: portName,
    path: port.path,
    baudRate: port.baudRate,
    driver: driver.id,
    answers,
    foundAt,
    presenceKnown: sensed !== null,
  });
}

async function readPacks(
  driver: SerialPackDriver,
  port: { path: string; baudRate: number },
  slots: readonly SlotConfig[],
  deps: DeviceDeps,
): Promise<PackAnswer[]> {
  return withLink(port, deps, async (link) => {
    const channel = createSerialChannel(link, deps.clock);
    const answers: PackAnswer[] = [];
    try {
      for (const { slot, pack } of slots) {
        const address = typeof pack?.address === 'number' ? pack.address : undefined;
        const reader = driver.createReader(address === undefined ? {} : { address });
        const result = await reader.read({ exchange: (one) => channel.exchange(one) }, { attempts: 2 });
        answers.push({
          slot,
          ...(address !== undefined && { address }),
          result: result.ok ? 'ok' : result.reason,
          detail: result.ok ? figures(result.reading) : result.detail,
        });
      }
    } finally {
      channel.close();
    }
    return answers;
  });
}

const figures = ({ socPct, voltageMv }: PackReading): string =>
  `${socPct ?? '?'} %, ${voltageMv === undefined ? '?' : (voltageMv / 1000).toFixed(2)} V`;

function otherRates(configured: number, usual: readonly number[]): number[] {
  return [...new Set([...usual, ...USUAL_RATES])].filter((rate) => rate !== configured);
}
