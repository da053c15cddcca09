import { type Assembler, crc16Modbus } from '../../bytes/index.js';
import { type Binary7eFormat, type Binary7eFrame, createBinary7eAssembler } from '../binary-7e/frame.js';

/** Functions that are read. */
export const TDT_COMMANDS = { analog: 0x8c, status: 0x8d, versions: 0x92 } as const;

export type TdtCommand = keyof typeof TDT_COMMANDS;

/** Frames of the answers: 7E, version, address, 03, return code, function, length, data, CRC-16/MODBUS high byte first, 0D. */
const FORMAT: Binary7eFormat = {
  versions: [0x00, 0x04],
  commandAt: 5,
  returnCodeAt: 4,
  lengthAt: 6,
  crcFrom: 0,
  crc: crc16Modbus,
};

/** Puts answers together from notifications. */
export function createTdtAssembler(): Assembler<Binary7eFrame> {
  return createBinary7eAssembler(FORMAT);
}

/** Bytes of a read request. Some modules want 1E as the first byte: try it when 7E stays unanswered. */
export function encodeRead(command: TdtCommand, head: 0x7e | 0x1e = 0x7e): Uint8Array {
  const body = [head, 0x00, 0x01, 0x03, 0x00, TDT_COMMANDS[command], 0, 0];
  const crc = crc16Modbus(Uint8Array.from(body));
  return Uint8Array.from([...body, crc >> 8, crc & 0xff, 0x0d]);
}

/** BLE discovery. The module answers after the text `HiLink` was written to `unlockUuid`. */
export const TDT_BLE = {
  serviceUuid: 'fff0',
  notifyUuid: 'fff1',
  writeUuid: 'fff2',
  unlockUuid: 'fffa',
  manufacturerId: 54_976,
} as const;
