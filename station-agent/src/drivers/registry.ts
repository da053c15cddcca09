import { cabinetV1 } from './cabinet-v1/index.js';
import { dalyBle } from './daly-ble/index.js';
import type { CabinetDriver, Driver, PackDriver } from './driver.js';
import { jbdBle } from './jbd-ble/index.js';
import { jbdSerial } from './jbd-serial/index.js';
import { jkBle } from './jk-ble/index.js';
import { paceV25 } from './pace-v25/index.js';
import { pylontechRs485 } from './pylontech-rs485/index.js';
import { seplosV2 } from './seplos-v2/index.js';

/** Every driver of this agent. A driver that is not in this list does not exist: nothing registers itself. */
export const DRIVERS: readonly Driver[] = [
  cabinetV1,
  pylontechRs485,
  seplosV2,
  paceV25,
  jbdSerial,
  jbdBle,
  jkBle,
  dalyBle,
];

export type DriverRegistry = {
  pack(id: string): PackDriver | undefined;
  cabinet(id: string): CabinetDriver | undefined;
  packs(): readonly PackDriver[];
  cabinets(): readonly CabinetDriver[];
};

/** @throws Error naming the id that two drivers share: one of them would silently never be used. */
export function createRegistry(drivers: readonly Driver[] = DRIVERS): DriverRegistry {
  const byId = new Map<string, Driver>();
  for (const driver of drivers) {
    const other = byId.get(driver.id);
    if (other) throw new Error(`driver id "${driver.id}" is used by "${other.title}" and "${driver.title}"`);
    byId.set(driver.id, driver);
  }
  const packs = drivers.filter((driver) => driver.kind === 'pack');
  const cabinets = drivers.filter((driver) => driver.kind === 'cabinet');
  return {
    pack: (id) => packs.find((driver) => driver.id === id),
    cabinet: (id) => cabinets.find((driver) => driver.id === id),
    packs: () => packs,
    cabinets: () => cabinets,
  };
}
