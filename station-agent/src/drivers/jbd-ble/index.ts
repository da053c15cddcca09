import { jbd } from '@voltbay/protocol/devices';
import { advertises, isNamed } from '../advertisement.js';
import type { BlePackDriver } from '../driver.js';
import { createJbdReader } from '../jbd/reader.js';

const { serviceUuid, notifyUuid, writeUuid, firstRequestMayBeLost } = jbd.JBD_BLE;

/** Seplos V2 modules offer the same service with another protocol. */
const OTHERS: readonly RegExp[] = [/^BP\d{2}/i];

/** JBD (Jiabaida, Xiaoxiang, Overkill) over BLE (docs/hardware/jbd.md). The service FF00 marks it: names are free text. */
export const jbdBle: BlePackDriver = {
  kind: 'pack',
  transport: 'ble',
  id: 'jbd-ble',
  title: 'JBD, Bluetooth',
  gatt: { service: serviceUuid, notify: notifyUuid, write: writeUuid },
  matches: (seen) => advertises(seen, serviceUuid) && !isNamed(seen, OTHERS),
  createReader: () => createJbdReader({ lostFirstRequest: firstRequestMayBeLost }),
};
