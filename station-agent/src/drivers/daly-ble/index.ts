import { dalyD2 } from '@voltbay/protocol/devices';
import { advertises, companyId, isNamed } from '../advertisement.js';
import type { BlePackDriver } from '../driver.js';
import { createDalyReader } from './reader.js';

const { serviceUuid, notifyUuid, writeUuid, namePatterns } = dalyD2.DALY_D2_BLE;
/** Company ids in the advertisements of Daly modules. */
const DALY_COMPANIES: readonly (number | undefined)[] = [0x0102, 0x0104, 0x0302, 0x0303];

/** Daly with the D2 protocol over BLE (docs/hardware/daly.md). FFF0 alone is used by many makers, so name or maker must fit. */
export const dalyBle: BlePackDriver = {
  kind: 'pack',
  transport: 'ble',
  id: 'daly-ble',
  title: 'Daly D2, Bluetooth',
  gatt: { service: serviceUuid, notify: notifyUuid, write: writeUuid },
  matches: (seen) =>
    advertises(seen, serviceUuid) &&
    (isNamed(seen, namePatterns) || DALY_COMPANIES.includes(companyId(seen))),
  createReader: createDalyReader,
};
