import type { WiredPack } from '../devices/device.js';
import type { PackMake } from '../physics/pack-spec.js';
import type { Random } from '../random.js';
import { createDalyPeripheral } from './daly-peripheral.js';
import { createJbdPeripheral } from './jbd-peripheral.js';
import { createJkPeripheral } from './jk-peripheral.js';
import type { BlePeripheral } from './peripheral.js';

export interface PackPeripheralOptions {
  address: string;
  name: string;
  wired: WiredPack;
  random: Random;
}

const MAKERS: Record<PackMake, (options: PackPeripheralOptions) => BlePeripheral> = {
  jbd: createJbdPeripheral,
  jk: createJkPeripheral,
  daly: createDalyPeripheral,
};

/** The radio side of a pack, by the make of its electronics. */
export function createPackPeripheral(make: PackMake, options: PackPeripheralOptions): BlePeripheral {
  return MAKERS[make](options);
}
