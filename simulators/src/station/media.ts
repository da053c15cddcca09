import { type BluetoothAdapter, startBluetoothAdapter } from '../ble/hci-server.js';
import { createVirtualPort, type VirtualPort, type VirtualPortOptions } from '../pty/virtual-port.js';

/** What carries a station's bytes: ptys and a Bluetooth adapter that others can open, or memory. */
export interface Media {
  openPort(options: VirtualPortOptions): VirtualPort;
  openRadio(address: string): Promise<BluetoothAdapter>;
}

/** Ports and radio that real drivers can open. */
export function systemMedia(): Media {
  return { openPort: createVirtualPort, openRadio: (address) => startBluetoothAdapter({ address }) };
}
