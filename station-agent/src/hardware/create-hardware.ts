import type { BindingInterface } from '@serialport/bindings-cpp';
import type { BlePackDriver } from '../drivers/driver.js';
import { createRegistry, type DriverRegistry } from '../drivers/registry.js';
import { createBleMedium } from '../polling/ble-medium.js';
import { createLane, type Lane } from '../polling/lane.js';
import type { Medium } from '../polling/medium.js';
import { createPackSource } from '../polling/pack-source.js';
import { createSerialMedium } from '../polling/serial-medium.js';
import { createSlotRecord, type SlotRecord } from '../polling/slot-record.js';
import { createBleAdapter } from '../transports/ble/ble-adapter.js';
import { createBleLinks } from '../transports/ble/ble-links.js';
import { type LoadNoble, loadNoble } from '../transports/ble/noble-api.js';
import { createRepairedBinding } from '../transports/serial/repaired-binding.js';
import { createSerialLink, type SerialLink } from '../transports/serial/serial-link.js';
import type { HardwareConfig, PollingConfig, SlotConfig } from './config.js';
import type { HardwareClock, HardwareLog } from './deps.js';
import type { Hardware, SlotReading } from './ports.js';
import { followPresence } from './presence.js';

export type HardwareDeps = {
  clock: HardwareClock;
  log: HardwareLog;
  polling?: PollingConfig;
  /** Oldest controller firmware that may move doors. */
  minCabinetFirmware?: string;
  /** For tests and for stations with drivers of their own. */
  registry?: DriverRegistry;
  loadNoble?: LoadNoble;
  /** For measurements: what stands between the agent and its ports. */
  binding?: BindingInterface;
};

const POLLING: PollingConfig = { idleMs: 5_000, urgentMs: 500 };

/**
 * Puts cabinet, buses, BLE and drivers together as the configuration says. Nothing is opened before `start()`, which returns once everything
 * is on its way: a port that can not be opened yet is tried again for as long as the agent runs.
 * @throws Error for a driver or port that the (validated) configuration does not have
 */
export function createHardware(config: HardwareConfig, deps: HardwareDeps): Hardware {
  const { clock, log, polling: rates = POLLING, registry = createRegistry() } = deps;
  const links = createLinks(config, deps);
  const linkOf = (port: string): SerialLink => need(links.get(port), `port "${port}"`);

  const cabinetDriver = need(registry.cabinet(config.cabinet.driver), `driver "${config.cabinet.driver}"`);
  const cabinet = cabinetDriver.create({
    link: linkOf(config.cabinet.port),
    clock,
    log,
    minFirmware: deps.minCabinetFirmware,
  });

  const serialSlots = new Map<string, SlotRecord[]>();
  const bleSlots: Array<{ slot: SlotConfig; driver: BlePackDriver; record: SlotRecord }> = [];
  for (const slot of config.slots) {
    const { pack } = slot;
    if (!pack) continue;
    const driver = need(registry.pack(pack.driver), `driver "${pack.driver}"`);
    const address = typeof pack.address === 'number' ? pack.address : undefined;
    const createReader = () => driver.createReader({ address });
    const plan = { slot: slot.slot, driver: driver.id, transport: driver.transport, createReader };
    const record = createSlotRecord(plan, clock, rates);
    if (driver.transport === 'ble') bleSlots.push({ slot, driver, record });
    else {
      const port = need(pack.port, `port of slot ${slot.slot}`);
      serialSlots.set(port, [...(serialSlots.get(port) ?? []), record]);
    }
  }

  const adapter =
    bleSlots.length > 0 ? createBleAdapter({ load: deps.loadNoble ?? loadNoble, log }) : undefined;
  const bleLinks = adapter && createBleLinks(adapter, config.ble, clock);

  const packs = createPackSource(() => ({
    lanes,
    clock,
    ble: adapter && (() => ({ ...adapter.condition(), links: bleLinks?.count() ?? 0 })),
  }));
  const laneOn = (medium: Medium, records: readonly SlotRecord[]): Lane =>
    createLane({
      medium,
      records,
      rates,
      clock,
      log,
      onReading: (reading: SlotReading) => packs.publish(reading),
    });
  const lanes: Lane[] = [...serialSlots].map(([port, records]) =>
    laneOn(createSerialMedium(port, linkOf(port), clock), records),
  );
  if (adapter && bleLinks)
    for (const { slot, driver, record } of bleSlots) {
      const { address, name } = slot.pack ?? {};
      const identity = { address: typeof address === 'string' ? address : undefined, name };
      lanes.push(
        laneOn(createBleMedium({ slot: slot.slot, driver, identity, adapter, links: bleLinks, clock }), [
          record,
        ]),
      );
    }

  const presence = followPresence({ cabinet, packs, log, slots: config.slots.map(({ slot }) => slot) });
  let life: 'new' | 'running' | 'stopped' = 'new';

  return {
    cabinet,
    packs,
    async start() {
      if (life === 'running') return;
      if (life === 'stopped')
        throw new Error('hardware that was stopped is not started again: create it anew');
      life = 'running';
      presence.start();
      cabinet.start();
      packs.start();
      adapter?.start();
      for (const link of links.values()) link.start();
    },
    async stop() {
      if (life !== 'running') return;
      life = 'stopped';
      presence.stop();
      await packs.stop();
      await bleLinks?.close();
      adapter?.stop();
      await cabinet.stop();
      await Promise.all([...links.values()].map((link) => link.stop()));
    },
  };
}

/** Only ports that something uses are opened. */
function createLinks(config: HardwareConfig, deps: HardwareDeps): Map<string, SerialLink> {
  const used = new Set([config.cabinet.port, ...config.slots.map(({ pack }) => pack?.port)]);
  const { clock, log, binding = createRepairedBinding() } = deps;
  return new Map(
    Object.entries(config.ports)
      .filter(([name]) => used.has(name))
      .map(([name, { path, baudRate }]) => [
        name,
        createSerialLink({ path, baudRate }, { binding, clock, log }),
      ]),
  );
}

function need<T>(value: T | undefined, what: string): T {
  if (value === undefined)
    throw new Error(`hardware: ${what} is not there; validate the configuration first`);
  return value;
}
