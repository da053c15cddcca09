import { createJbdReceiver } from '../devices/jbd/frame.js';
import { answerJbd } from '../devices/jbd/jbd-device.js';
import { spoil } from '../devices/wire-noise.js';
import { notifyPaced } from './notify-paced.js';
import type { PackPeripheralOptions } from './pack-peripheral.js';
import type { BlePeripheral, GattCharacteristic, PeripheralLink } from './peripheral.js';

const NOTIFICATION_BYTES = 20;
const TURNAROUND_MS = 25;

/** A JBD module's Bluetooth side: service ff00, answers on ff01, requests on ff02, 20-byte notifications. */
export function createJbdPeripheral({ address, name, wired, random }: PackPeripheralOptions): BlePeripheral {
  const receivers = new WeakMap<PeripheralLink, ReturnType<typeof createJbdReceiver>>();
  const notify: GattCharacteristic = {
    uuid: 'ff01',
    properties: ['read', 'notify'],
    read: () => new Uint8Array(),
    // Real modules send one stray zero byte after a subscription.
    subscribed: (link) => link.notify(notify, Uint8Array.of(0)),
  };
  const write: GattCharacteristic = {
    uuid: 'ff02',
    properties: ['write', 'writeWithoutResponse'],
    write(data, link) {
      const receive = receivers.get(link) ?? createJbdReceiver();
      receivers.set(link, receive);
      for (const request of receive(data)) {
        const bytes = spoil(answerJbd(request, wired), wired.faults, random);
        const characteristic = notify;
        if (bytes)
          notifyPaced({ link, characteristic, bytes, size: NOTIFICATION_BYTES, delayMs: TURNAROUND_MS });
      }
    },
  };

  return {
    address,
    addressType: 'public',
    name,
    services: [{ uuid: 'ff00', characteristics: [notify, write] }],
    advertisedServices: ['ff00'],
    maxMtu: 23,
    rssi: () => -52 - random.integer(0, 9),
    connectable: () => !wired.faults.silent,
  };
}
