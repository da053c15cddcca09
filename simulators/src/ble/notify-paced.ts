import type { GattCharacteristic, PeripheralLink } from './peripheral.js';

/** Gap between the notifications of one answer. */
const GAP_MS = 5;

/** Sends bytes as notifications of `size`, the first after `delayMs`; stops when the link is gone. */
export function notifyPaced(options: {
  link: PeripheralLink;
  characteristic: GattCharacteristic;
  bytes: Uint8Array;
  size: number;
  delayMs: number;
}): void {
  const { link, characteristic, bytes, size, delayMs } = options;
  const timer = setTimeout(() => {
    if (!link.notify(characteristic, bytes.subarray(0, size))) return;
    if (bytes.length > size) notifyPaced({ ...options, bytes: bytes.subarray(size), delayMs: GAP_MS });
  }, delayMs);
  timer.unref();
}
