import type { SerialPackDriver } from '../driver.js';
import { createJbdReader } from '../jbd/reader.js';

/** JBD (Jiabaida, Xiaoxiang, Overkill) on a serial line of its own (docs/hardware/jbd.md). */
export const jbdSerial: SerialPackDriver = {
  kind: 'pack',
  transport: 'serial',
  id: 'jbd-serial',
  title: 'JBD, serial',
  baudRates: [9600],
  createReader: () => createJbdReader({ lostFirstRequest: false }),
};
