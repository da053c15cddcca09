import { jkAcknowledge, jkCellInfo, jkDeviceInfo, jkSettings, parseJkCommand } from '../devices/jk/frames.js';
import { spoil } from '../devices/wire-noise.js';
import { notifyPaced } from './notify-paced.js';
import type { PackPeripheralOptions } from './pack-peripheral.js';
import type { BlePeripheral, GattCharacteristic, PeripheralLink } from './peripheral.js';

const NOTIFICATION_BYTES = 128;
const TURNAROUND_MS = 30;
const FRAME_PERIOD_MS = 1_000;
/** Company id of JK in advertisements, little-endian, and the address after it. */
const makerData = (address: string) => Buffer.from(`650b${address.replaceAll(':', '')}`, 'hex');
const MODULE_TEXT = Buffer.from('AT\r\n', 'latin1');

/**
 * A JK module's Bluetooth side: one characteristic ffe1 for both directions. After the cell-info command it goes on
 * sending about a frame a second by itself; its radio module throws its own `AT` texts in between.
 */
export function createJkPeripheral({ address, name, wired, random }: PackPeripheralOptions): BlePeripheral {
  const startedMs = performance.now();
  const streaming = new WeakSet<PeripheralLink>();
  let counter = 0;

  const runtime = () => {
    counter += 1;
    return { counter, uptimeS: Math.floor((performance.now() - startedMs) / 1000) };
  };

  function send(link: PeripheralLink, frame: Uint8Array, delayMs = TURNAROUND_MS): void {
    const spoilt = spoil(frame, wired.faults, random);
    if (!spoilt) return;
    notifyPaced({ link, characteristic: channel, bytes: spoilt, size: NOTIFICATION_BYTES, delayMs });
  }

  function stream(link: PeripheralLink): void {
    if (streaming.has(link)) return;
    streaming.add(link);
    const timer = setInterval(() => {
      if (!link.alive()) return clearInterval(timer);
      if (random.next() < 0.1) link.notify(channel, MODULE_TEXT);
      send(link, jkCellInfo(wired.pack.snapshot(), runtime()), 0);
    }, FRAME_PERIOD_MS);
    timer.unref();
  }

  const channel: GattCharacteristic = {
    uuid: 'ffe1',
    properties: ['read', 'notify', 'write', 'writeWithoutResponse'],
    read: () => new Uint8Array(),
    write(data, link) {
      const command = parseJkCommand(data);
      if (!command) return;
      const pack = wired.pack.snapshot();
      if (command === 'device-info') {
        // The acknowledge is glued to the end of the frame.
        return send(link, Buffer.concat([jkDeviceInfo(pack, runtime()), jkAcknowledge()]));
      }
      send(link, Buffer.concat([jkSettings(pack, runtime()), jkCellInfo(pack, runtime())]));
      stream(link);
    },
  };

  return {
    address,
    addressType: 'public',
    name,
    services: [{ uuid: 'ffe0', characteristics: [channel] }],
    advertisedServices: ['ffe0'],
    manufacturerData: makerData(address),
    maxMtu: 247,
    rssi: () => -58 - random.integer(0, 9),
    connectable: () => !wired.faults.silent,
  };
}
