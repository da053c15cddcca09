import { bigEndian, byteAt, crc16Modbus, readNumber, readNumbers } from '../../bytes/index.js';
import {
  type DecodeResult,
  decoded,
  emptyReading,
  type PackReading,
  undecodable,
} from '../../domain/reading.js';
import { alarmsOfBits } from '../alarm-bits.js';
import { CURRENT_OFFSET, NO_SENSOR, STATES, TEMPERATURE_OFFSET } from './fields.js';

/** The ESS-DL boards take requests as device 81, answer as 51 and have 48 cell slots: every register lies elsewhere. */
export const ESS_REQUEST_DEVICE = 0x81;
export const ESS_ANSWER_DEVICE = 0x51;

/** Registers by name. */
const REGISTER = {
  cells: 0x00,
  temperatures: 0x30,
  voltage: 0x38,
  current: 0x39,
  soc: 0x3a,
  cellCount: 0x3c,
  sensorCount: 0x3d,
  state: 0x48,
  remaining: 0x4b,
  cycles: 0x4c,
  chargeMos: 0x52,
  dischargeMos: 0x53,
  mosTemperature: 0x5a,
} as const;
const FAULT_REGISTERS = [0x66, 0x67, 0x68, 0x69] as const;
const CELL_SLOTS = 48;
const SENSOR_SLOTS = 8;

/** Registers of one answer: the first one's number and their bytes. */
export type EssBlock = { firstRegister: number; data: Uint8Array };

export type EssAnswer = { reading: PackReading; state?: string };

/** Bytes of a read request for any registers. */
export function encodeEssRead(firstRegister: number, count: number): Uint8Array {
  const body = [ESS_REQUEST_DEVICE, 0x03, ...bigEndian(firstRegister, 2), ...bigEndian(count, 2)];
  const crc = crc16Modbus(Uint8Array.from(body));
  return Uint8Array.from([...body, crc & 0xff, crc >> 8]);
}

/** First register and number of bytes that a request asks for; undefined when it is no ESS read. */
export function essRequest(bytes: Uint8Array): { firstRegister: number; byteCount: number } | undefined {
  if (bytes.length < 8 || bytes[0] !== ESS_REQUEST_DEVICE || byteAt(bytes, 1) !== 0x03) return undefined;
  return { firstRegister: readNumber(bytes, 2, 'u16be'), byteCount: 2 * readNumber(bytes, 4, 'u16be') };
}

/** Reads what the block holds; registers outside it leave their fields absent. */
export function decodeEss({ firstRegister, data }: EssBlock): DecodeResult<EssAnswer> {
  const register = (number: number): number | undefined => {
    const at = (number - firstRegister) * 2;
    return at < 0 || at + 2 > data.length ? undefined : readNumber(data, at, 'u16be');
  };
  const scaled = (number: number, scale: (raw: number) => number): number | undefined => {
    const raw = register(number);
    return raw === undefined ? undefined : scale(raw);
  };
  const deciC = (raw: number): number => (raw + TEMPERATURE_OFFSET) * 10;
  const list = (number: number, count: number | undefined, slots: number): number[] => {
    const at = (number - firstRegister) * 2;
    if (count === undefined || count > slots || at < 0 || at + 2 * count > data.length) return [];
    return readNumbers(data, at, 'u16be', count);
  };
  const cellCount = register(REGISTER.cellCount);
  const sensorCount = register(REGISTER.sensorCount);
  if ((cellCount ?? 0) > CELL_SLOTS || (sensorCount ?? 0) > SENSOR_SLOTS) {
    return undecodable('length', `${cellCount} cells and ${sensorCount} sensors do not fit the block`);
  }
  const mos = register(REGISTER.mosTemperature);
  const mosAbsent = mos === undefined || (NO_SENSOR as readonly number[]).includes(mos);
  const optional: Partial<PackReading> = {
    voltageMv: scaled(REGISTER.voltage, (raw) => raw * 100),
    currentMa: scaled(REGISTER.current, (raw) => (raw + CURRENT_OFFSET) * 100),
    socPct: scaled(REGISTER.soc, (raw) => raw / 10),
    remainingMah: scaled(REGISTER.remaining, (raw) => raw * 100),
    cycles: register(REGISTER.cycles),
    mosTemperatureDeciC: mosAbsent ? undefined : deciC(mos),
  };
  const charge = register(REGISTER.chargeMos);
  const discharge = register(REGISTER.dischargeMos);
  const reading: PackReading = {
    ...emptyReading(),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    ...(charge !== undefined && { chargeMos: charge === 1 }),
    ...(discharge !== undefined && { dischargeMos: discharge === 1 }),
    cellMv: list(REGISTER.cells, cellCount, CELL_SLOTS),
    temperaturesDeciC: list(REGISTER.temperatures, sensorCount, SENSOR_SLOTS).map(deciC),
    alarms: FAULT_REGISTERS.flatMap((number, i) => alarmsOfBits(register(number) ?? 0, [], `fault${i + 1}`)),
  };
  const state = register(REGISTER.state);
  if (Object.values(optional).every((value) => value === undefined) && charge === undefined) {
    return undecodable(
      'length',
      `${data.length} bytes from register ${firstRegister} hold no value that is read`,
    );
  }
  return decoded({ reading, ...(state !== undefined && { state: STATES[state] ?? `state_${state}` }) });
}
