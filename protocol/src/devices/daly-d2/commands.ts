import { bigEndian, crc16Modbus } from '../../bytes/index.js';

/** Register blocks that are read: first register and count. Function 06/10 writes are left out on purpose. */
export const DALY_D2_BLOCKS = {
  status: { register: 0x0000, count: 0x3e },
  mosTemperature: { register: 0x003e, count: 0x09 },
  versions: { register: 0x00a9, count: 0x20 },
} as const;

export type DalyD2Block = keyof typeof DALY_D2_BLOCKS;

export const DALY_D2_DEVICE = 0xd2;
export const READ_REGISTERS = 0x03;

/** Bytes of a read request (Modbus RTU, CRC low byte first). */
export function encodeRead(block: DalyD2Block): Uint8Array {
  const { register, count } = DALY_D2_BLOCKS[block];
  const body = [DALY_D2_DEVICE, READ_REGISTERS, ...bigEndian(register, 2), ...bigEndian(count, 2)];
  const crc = crc16Modbus(Uint8Array.from(body));
  return Uint8Array.from([...body, crc & 0xff, crc >> 8]);
}

/** Block that a request asked for, undefined when it is no request that we know. */
export function blockOfRequest(bytes: Uint8Array): DalyD2Block | undefined {
  const found = Object.entries(DALY_D2_BLOCKS).find(([, { register, count }]) => {
    const asked = [DALY_D2_DEVICE, READ_REGISTERS, ...bigEndian(register, 2), ...bigEndian(count, 2)];
    return asked.every((byte, i) => bytes[i] === byte);
  });
  return found?.[0] as DalyD2Block | undefined;
}

/** BLE discovery. */
export const DALY_D2_BLE = {
  serviceUuid: 'fff0',
  notifyUuid: 'fff1',
  writeUuid: 'fff2',
  namePatterns: [/^DL-[0-9A-F]{12}/i],
} as const;
