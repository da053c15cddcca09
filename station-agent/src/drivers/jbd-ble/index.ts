import { bleProtocolOfName, jbd } from '@voltbay/protocol/devices';
import { advertises } from '../advertisement.js';
import type { BlePackDriver } from '../driver.js';
import { createJbdReader } from '../jbd/reader.js';

const { serviceUuid, notifyUuid, writeUuid, firstRequestMayBeLost } = jbd.JBD_BLE;

/** JBD (Jiabaida, Xiaoxiang, Overkill) over BLE (docs/hardware/jbd.md). The service FF00 marks it: names are free text. */
export const jbdBle: BlePackDriver = {
  kind: 'pack',
  transport: 'ble',
  id: 'jbd-ble',
  title: 'JBD, Bluetooth',
  gatt: { service: serviceUuid, notify: notifyUuid, write: writeUuid },
  // Modules of other makers offer the same service; their names are known.
  matches: (seen) => advertises(seen, serviceUuid) && (bleProtocolOfName(seen.name ?? '') ?? 'jbd') === 'jbd',
  createReader: () => createJbdReader({ lostFirstRequest: firstRequestMayBeLost }),
};
