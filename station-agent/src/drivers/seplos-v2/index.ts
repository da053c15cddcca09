import type { SerialPackDriver } from '../driver.js';
import { createSeplosReader } from './reader.js';

/** Seplos V2 (EMU10xx, EMU11xx) on RS-485 (docs/hardware/seplos.md). The address is the DIP switch, 0 = master. */
export const seplosV2: SerialPackDriver = {
  kind: 'pack',
  transport: 'serial',
  id: 'seplos-v2',
  title: 'Seplos V2, RS-485',
  baudRates: [19_200, 9600],
  addresses: { min: 0, max: 15, first: 0 },
  createReader: ({ address = 0 }) => createSeplosReader(address),
};
