import { jbd } from '@voltbay/protocol/devices';
import type { BlePackDriver } from '../driver.js';
import { createJbdReader } from '../jbd/reader.js';

const { serviceUuid, notifyUuid, writeUuid, firstRequestMayBeLost } = jbd.JBD_BLE;

/** JBD (Jiabaida, Xiaoxiang, Overkill) over BLE (docs/hardware/jbd.md). The service id FF00 is what marks it: names are free text. */
export const jbdBle: BlePackDriver = {
  kind: 'pack',
  transport: 'ble',
  id: 'jbd-ble',
  title: 'JBD, Bluetooth',
  gatt: { service: serviceUuid, notify: notifyUuid, write: writeUuid },
  matches: ({ serviceUuids }) => serviceUuids.includes(serviceUuid),
  createReader: () => createJbdReader({ lostFirstRequest: firstRequestMayBeLost }),
};
