import { answerD2, parseD2Request } from '../devices/daly/d2.js';
import { spoil } from '../devices/wire-noise.js';
import { notifyPaced } from './notify-paced.js';
import type { PackPeripheralOptions } from './pack-peripheral.js';
import type { BlePeripheral, GattCharacteristic } from './peripheral.js';

const NOTIFICATION_BYTES = 244;
const TURNAROUND_MS = 40;
/** Company id of Daly modules in advertisements, little-endian, and the address after it. */
const makerData = (address: string) => Buffer.from(`0201${address.replaceAll(':', '')}`, 'hex');

/** A Daly module's Bluetooth side (D2 protocol): service fff0, answers on fff1, requests on fff2, one notification each. */
export function createDalyPeripheral({ address, name, wired, random }: PackPeripheralOptions): BlePeripheral {
  const notify: GattCharacteristic = { uuid: 'fff1', properties: ['notify'] };
  const write: GattCharacteristic = {
    uuid: 'fff2',
    properties: ['write', 'writeWithoutResponse'],
    write(data, link) {
      const request = parseD2Request(data);
      const answer = request && answerD2(request, wired.pack.snapshot());
      const bytes = answer && spoil(answer, wired.faults, random);
      if (!bytes) return;
      notifyPaced({ link, characteristic: notify, bytes, size: NOTIFICATION_BYTES, delayMs: TURNAROUND_MS });
    },
  };

  return {
    address,
    addressType: 'public',
    name,
    services: [{ uuid: 'fff0', characteristics: [notify, write] }],
    advertisedServices: ['fff0'],
    manufacturerData: makerData(address),
    maxMtu: 247,
    rssi: () => -61 - random.integer(0, 9),
    connectable: () => !wired.faults.silent,
  };
}
