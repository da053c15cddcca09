/** Sum of all bytes, modulo 65536. */
export function sum16(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = (sum + byte) & 0xffff;
  return sum;
}

/** Sum of all bytes, modulo 256. */
export function sum8(bytes: Uint8Array): number {
  return sum16(bytes) & 0xff;
}

/** Two's complement of {@link sum16}: adding it to the sum gives 0. */
export function negatedSum16(bytes: Uint8Array): number {
  return -sum16(bytes) & 0xffff;
}

/** Exclusive or of all bytes, as NMEA 0183 uses it. */
export function xor8(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) value ^= byte;
  return value;
}

/** CRC-16/MODBUS: polynomial 0x8005 reflected, initial value 0xFFFF. */
export function crc16Modbus(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}

/** CRC-16/XMODEM: polynomial 0x1021, initial value 0. */
export function crc16Xmodem(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}
