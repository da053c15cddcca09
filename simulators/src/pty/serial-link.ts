import type { SerialDevice } from '../devices/device.js';
import type { VirtualPort, VirtualPortOptions } from './virtual-port.js';

/** Puts a request/answer device behind a virtual port, half duplex: an answer never starts before its request has ended. */
export function attachDevice(options: {
  link: string;
  baudRate: number;
  device: SerialDevice;
  openPort(options: VirtualPortOptions): VirtualPort;
}): VirtualPort {
  const port: VirtualPort = options.openPort({
    link: options.link,
    baudRate: options.baudRate,
    onData(bytes, arrivedMs) {
      for (const answer of options.device.receive(bytes)) {
        port.send(answer.bytes, arrivedMs + answer.turnaroundMs);
      }
    },
  });
  return port;
}
