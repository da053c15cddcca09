import type { SerialPackDriver } from '../driver.js';
import { createPylontechReader } from './reader.js';

/** Pylontech low-voltage packs on RS-485, protocol V2.8 (docs/hardware/pylontech.md). The master has address 2. */
export const pylontechRs485: SerialPackDriver = {
  kind: 'pack',
  transport: 'serial',
  id: 'pylontech-rs485',
  title: 'Pylontech, RS-485',
  baudRates: [9600, 115200],
  addresses: { min: 2, max: 255, first: 2 },
  createReader: ({ address = 2 }) => createPylontechReader(address),
};
