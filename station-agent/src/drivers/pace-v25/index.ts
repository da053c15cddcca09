import type { SerialPackDriver } from '../driver.js';
import { createPaceReader } from './reader.js';

/** PACE boards with protocol 2.5 on RS-485 (docs/hardware/pace.md). */
export const paceV25: SerialPackDriver = {
  kind: 'pack',
  transport: 'serial',
  id: 'pace-v25',
  title: 'PACE v25, RS-485',
  baudRates: [9600, 19_200],
  addresses: { min: 0, max: 255, first: 1 },
  createReader: ({ address = 1 }) => createPaceReader(address),
};
