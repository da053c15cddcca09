import { type Assembler, crc16Xmodem } from '../../bytes/index.js';
import { type Binary7eFormat, type Binary7eFrame, createBinary7eAssembler } from '../binary-7e/frame.js';

/** Functions that are read. Writes are left out on purpose. */
export const SEPLOS_BLE_COMMANDS = { manufacturer: 0x51, single: 0x61, parallel: 0x62 } as const;

export type SeplosBleCommand = keyof typeof SEPLOS_BLE_COMMANDS;

const REQUEST_VERSION = 0x10;
const CID1 = 0x46;

/** Frames of the answers: 7E, version 14, address, function, return code, length, data, CRC-16/XMODEM, 0D. */
const FORMAT: Binary7eFormat = {
  versions: [0x14],
  requestVersion: REQUEST_VERSION,
  commandAt: 3,
  returnCodeAt: 4,
  lengthAt: 5,
  crcFrom: 1,
  crc: crc16Xmodem,
};

/** Puts answers together from notifications. */
export function createSeplosBleAssembler(): Assembler<Binary7eFrame> {
  return createBinary7eAssembler(FORMAT);
}

/** Bytes of a read request to the main pack. */
export function encodeRead(command: SeplosBleCommand): Uint8Array {
  const data = command === 'single' ? [0] : [];
  const body = [REQUEST_VERSION, 0, CID1, SEPLOS_BLE_COMMANDS[command], 0, data.length, ...data];
  const crc = crc16Xmodem(Uint8Array.from(body));
  return Uint8Array.from([0x7e, ...body, crc >> 8, crc & 0xff, 0x0d]);
}

/** BLE discovery. The names are the module's, `BP00` and so on. */
export const SEPLOS_BLE = {
  serviceUuid: 'ff00',
  notifyUuid: 'ff01',
  writeUuid: 'ff02',
  namePatterns: [/^BP[0-2]\d/],
} as const;
