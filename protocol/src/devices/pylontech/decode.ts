import { bitSet, byteAt, fixedText, isPrintable, readFields, tableLength } from '../../bytes/index.js';
import { type DecodeResult, decoded, type PackReading, undecodable } from '../../domain/reading.js';
import { type AsciiFrame, checkAnswer, decodeAsciiFrame } from '../ascii-frame/index.js';
import { decodeAlarm, type PylontechAlarm } from './alarm.js';
import { decodeAnalog, type PylontechAnalog } from './analog.js';
import type { PylontechCommand } from './commands.js';
import { PYLONTECH_CID1, PYLONTECH_VERSION } from './encode.js';
import { MANAGEMENT_FIELDS, SYSTEM_ANALOG_FIELDS, SYSTEM_PARAMETER_FIELDS } from './fields.js';

type ManagementValues = {
  chargeVoltageLimitMv: number;
  dischargeVoltageLimitMv: number;
  chargeCurrentLimitMa: number;
  /** Negative in the answer to 92, positive in the answer to 63, as sent. */
  dischargeCurrentLimitMa: number;
  chargeEnable: boolean;
  dischargeEnable: boolean;
  chargeImmediately1: boolean;
  chargeImmediately2: boolean;
  fullChargeRequest: boolean;
};

export type PylontechAnswer =
  | PylontechAnalog
  | PylontechAlarm
  | ({ command: 'systemParameters'; infoFlag: number } & Record<keyof typeof SYSTEM_PARAMETER_FIELDS, number>)
  | { command: 'protocolVersion'; protocolVersion: string }
  | { command: 'manufacturer'; model: string; fwVersion: string; manufacturer: string }
  | ({ command: 'systemAnalog' } & Record<keyof typeof SYSTEM_ANALOG_FIELDS, number>)
  | ({ command: 'systemManagement' } & ManagementValues)
  | ({ command: 'management'; pack: number } & ManagementValues)
  | { command: 'serialNumber'; pack: number; serial: string }
  | { command: 'firmware'; pack: number; manufacturerVersion: string; mainlineVersion: string };

const EXPECTED = { cid1: [PYLONTECH_CID1], versions: [PYLONTECH_VERSION] } as const;

/** Decodes the frame in a line (CR optional, junk before `~` dropped). Says nothing about its meaning. */
export function decodeFrame(line: Uint8Array): DecodeResult<AsciiFrame> {
  return decodeAsciiFrame(line);
}

/** Decodes the answer to a command that was sent. An echo of `request` and error codes are refused by name. */
export function decodeAnswer(
  command: PylontechCommand,
  line: Uint8Array,
  request?: AsciiFrame,
): DecodeResult<PylontechAnswer> {
  const frame = decodeAsciiFrame(line);
  return frame.ok ? interpretAnswer(command, frame.value, request) : frame;
}

/** {@link decodeAnswer} on a frame that is already decoded. */
export function interpretAnswer(
  command: PylontechCommand,
  frame: AsciiFrame,
  request?: AsciiFrame,
): DecodeResult<PylontechAnswer> {
  const checked = checkAnswer(frame, { ...EXPECTED, request });
  return checked.ok ? INTERPRETERS[command](checked.value) : checked;
}

/**
 * Finds out what an answer is when the request is not known (captures): the kinds have different lengths. Undefined when
 * none, or more than the likeliest one, fits.
 */
export function inferAnswer(frame: AsciiFrame): PylontechAnswer | undefined {
  const order: PylontechCommand[] = ['analog', 'alarm', 'serialNumber', 'manufacturer', 'systemParameters'];
  for (const command of [...order, 'management', 'systemManagement', 'systemAnalog', 'firmware'] as const) {
    const answer = interpretAnswer(command, frame);
    if (answer.ok && fitsExactly(answer.value)) return answer.value;
  }
  return undefined;
}

function fitsExactly(answer: PylontechAnswer): boolean {
  if (answer.command === 'alarm') return answer.trailingBytes <= 1;
  return true;
}

/** The part of an answer that belongs into a pack's reading; undefined for `analog`, which has its own packs. */
export function readingPart(answer: PylontechAnswer): Partial<PackReading> | undefined {
  switch (answer.command) {
    case 'alarm':
      return { chargeMos: answer.chargeMos, dischargeMos: answer.dischargeMos, alarms: answer.alarms };
    case 'manufacturer':
      return { model: answer.model, fwVersion: answer.fwVersion };
    case 'serialNumber':
      return { serial: answer.serial };
    case 'firmware':
      return { fwVersion: answer.mainlineVersion };
    case 'systemAnalog': {
      const { voltageMv, currentMa, socPct, sohPct, cyclesAverage } = answer;
      return { voltageMv, currentMa, socPct, sohPct, cycles: cyclesAverage };
    }
    default:
      return undefined;
  }
}

const INTERPRETERS: Readonly<Record<PylontechCommand, (frame: AsciiFrame) => DecodeResult<PylontechAnswer>>> =
  {
    analog: ({ info }) => decodeAnalog(info),
    alarm: ({ info }) => decodeAlarm(info),
    systemParameters: ({ info }) =>
      exactly(info, 1 + tableLength(SYSTEM_PARAMETER_FIELDS), () => ({
        command: 'systemParameters',
        infoFlag: byteAt(info, 0),
        ...readFields(info, SYSTEM_PARAMETER_FIELDS, 1),
      })),
    protocolVersion: ({ info, version }) =>
      exactly(info, 0, () => ({
        command: 'protocolVersion',
        protocolVersion: `${version >> 4}.${version & 15}`,
      })),
    manufacturer: ({ info }) =>
      textual(info, [0, 10, 12, 32], () => ({
        command: 'manufacturer',
        model: fixedText(info.subarray(0, 10)),
        fwVersion: `${byteAt(info, 10)}.${byteAt(info, 11)}`,
        manufacturer: fixedText(info.subarray(12)).replace(/-+$/, ''),
      })),
    systemAnalog: ({ info }) =>
      exactly(info, tableLength(SYSTEM_ANALOG_FIELDS), () => ({
        command: 'systemAnalog',
        ...readFields(info, SYSTEM_ANALOG_FIELDS),
      })),
    systemManagement: ({ info }) =>
      exactly(info, tableLength(MANAGEMENT_FIELDS), () => ({
        command: 'systemManagement',
        ...managementValues(info, 0),
      })),
    management: ({ info }) =>
      exactly(info, 1 + tableLength(MANAGEMENT_FIELDS), () => ({
        command: 'management',
        pack: byteAt(info, 0),
        ...managementValues(info, 1),
      })),
    serialNumber: ({ info }) =>
      textual(info, [1, 17], () => ({
        command: 'serialNumber',
        pack: byteAt(info, 0),
        serial: fixedText(info.subarray(1)),
      })),
    firmware: ({ info }) =>
      exactly(info, 6, () => ({
        command: 'firmware',
        pack: byteAt(info, 0),
        manufacturerVersion: [...info.subarray(1, 3)].join('.'),
        mainlineVersion: [...info.subarray(3, 6)].join('.'),
      })),
  };

function exactly<T>(info: Uint8Array, length: number, build: () => T): DecodeResult<T> {
  if (info.length === length) return decoded(build());
  return undecodable('length', `INFO has ${info.length} bytes, ${length} expected`);
}

/** As {@link exactly}, and the parts from–to (pairs, the last ends INFO) must be text: other answers have that length too. */
function textual<T>(info: Uint8Array, parts: readonly number[], build: () => T): DecodeResult<T> {
  for (let i = 0; i + 1 < parts.length; i += 2) {
    if (!isPrintable(info.subarray(parts[i], parts[i + 1]))) {
      return undecodable('unknown_type', 'the answer holds no text where text belongs');
    }
  }
  return exactly(info, parts[parts.length - 1] ?? 0, build);
}

function managementValues(info: Uint8Array, base: number): ManagementValues {
  const { status, ...limits } = readFields(info, MANAGEMENT_FIELDS, base);
  return {
    ...limits,
    chargeEnable: bitSet(status, 7),
    dischargeEnable: bitSet(status, 6),
    chargeImmediately1: bitSet(status, 5),
    chargeImmediately2: bitSet(status, 4),
    fullChargeRequest: bitSet(status, 3),
  };
}
