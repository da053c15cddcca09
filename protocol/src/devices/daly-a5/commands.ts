import { sum8 } from '../../bytes/index.js';
import { nameOfCode } from '../command-table.js';

/** Commands that read (Daly UART/485 protocol V1.2). Writes and the MOS switches (D9, DA) are left out on purpose. */
export const DALY_A5_COMMANDS = {
  soc: 0x90,
  cellRange: 0x91,
  temperatureRange: 0x92,
  mosStatus: 0x93,
  statusInfo: 0x94,
  cellVoltages: 0x95,
  temperatures: 0x96,
  faults: 0x98,
} as const;

export type DalyA5Command = keyof typeof DALY_A5_COMMANDS;

/** Host address: 40 on RS485 and USB, 80 on the UART of a BLE module (some answer only 40). */
export const HOST_ADDRESSES = { rs485: 0x40, ble: 0x80 } as const;

/** Bytes of a read request, 13 long. */
export function encodeRead(command: DalyA5Command, host: keyof typeof HOST_ADDRESSES = 'rs485'): Uint8Array {
  const bytes = new Uint8Array(13);
  bytes.set([0xa5, HOST_ADDRESSES[host], DALY_A5_COMMANDS[command], 8]);
  bytes[12] = sum8(bytes);
  return bytes;
}

/** Name of a command byte, undefined when it is not one that is read. */
export function dalyA5Command(code: number): DalyA5Command | undefined {
  return nameOfCode(DALY_A5_COMMANDS, code);
}
