import type { BlePackDriver } from '../drivers/driver.js';
import type { DriverRegistry } from '../drivers/registry.js';
import type { Advertisement } from '../transports/ble/gatt-profile.js';

/** The drivers that claim a device: none for a stranger's, one for a pack. More than one is a fault of the drivers' `matches`. */
export function driversFor(advertisement: Advertisement, registry: DriverRegistry): BlePackDriver[] {
  return registry
    .packs()
    .filter((driver) => driver.transport === 'ble')
    .filter((driver) => driver.matches(advertisement));
}
