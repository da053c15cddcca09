import { jk } from '@voltbay/protocol/devices';
import { advertises, companyId, isNamed } from '../advertisement.js';
import type { BlePackDriver } from '../driver.js';
import { createJkReader } from './reader.js';

const { serviceUuid, notifyUuid, writeUuid, namePatterns } = jk.JK_BLE;
/** Company id in the advertisements of JK modules. */
const JK_COMPANY = 0x0b65;

/** JK (Jikong) with JK02 frames over BLE (docs/hardware/jk.md). FFE0 alone is any serial module, so name or maker must fit. */
export const jkBle: BlePackDriver = {
  kind: 'pack',
  transport: 'ble',
  id: 'jk-ble',
  title: 'JK, Bluetooth',
  gatt: { service: serviceUuid, notify: notifyUuid, write: writeUuid },
  matches: (seen) =>
    advertises(seen, serviceUuid) && (companyId(seen) === JK_COMPANY || isNamed(seen, namePatterns)),
  createReader: createJkReader,
};
