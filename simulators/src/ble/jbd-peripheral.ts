import type { WiredPack } from '../devices/device.js';
import { createJbdReceiver } from '../devices/jbd/frame.js';
import { answerJbd } from '../devices/jbd/jbd-device.js';
import { spoil } from '../devices/wire-noise.js';
import type { Random } from '../random.js';
import type { BlePeripheral, GattCharacteristic, PeripheralLink } from './peripheral.js';

const NOTIFICATION_BYTES = 20;
const TURNAROUND_MS = 25;
/** Gap between the notifications of one answer. */
const GAP_MS = 5;

/** A JBD module's Bluetooth side: service ff00, answers on ff01, requests on ff02, 20-byte notifications. */
export function createJbdPeripheral(options: {
  address: string;
  name: string;
  wired: WiredPack;
  random: Random;
}): BlePeripheral {
  const { wired, random } = options;
  const receivers = new WeakMap<PeripheralLink, ReturnType<typeof createJbdReceiver>>();
  const notify: GattCharacteristic = {
    uuid: 'ff01',
    properties: ['read', 'notify'],
    read: () => new Uint8Array(),
    // Real modules send one stray zero byte after a subscription.
    subscribed: (link) => link.notify(notify, Uint8Array.of(0)),
  };

  function answer(link: PeripheralLink, bytes: Uint8Array, delayMs: number): void {
    const timer = setTimeout(() => {
      if (!link.notify(notify, bytes.subarray(0, NOTIFICATION_BYTES))) return;
      if (bytes.length > NOTIFICATION_BYTES) answer(link, bytes.subarray(NOTIFICATION_BYTES), GAP_MS);
    }, delayMs);
    timer.unref();
  }

  const write: GattCharacteristic = {
    uuid: 'ff02',
    properties: ['write', 'writeWithoutResponse'],
    write(data, link) {
      const receive = receivers.get(link) ?? createJbdReceiver();
      receivers.set(link, receive);
      for (const request of receive(data)) {
        const bytes = spoil(answerJbd(request, wired), wired.faults, random);
        if (bytes) answer(link, bytes, TURNAROUND_MS);
      }
    },
  };

  return {
    address: options.address,
    addressType: 'public',
    name: options.name,
    services: [{ uuid: 'ff00', characteristics: [notify, write] }],
    advertisedServices: ['ff00'],
    maxMtu: 23,
    rssi: () => -52 - random.integer(0, 9),
    connectable: () => !wired.faults.silent,
  };
}
