import { bitSet, byteAt, fixedText } from '../../bytes/index.js';
import {
  type DecodeResult,
  decoded,
  emptyReading,
  type PackReading,
  undecodable,
} from '../../domain/reading.js';
import { alarmsOfBits } from '../alarm-bits.js';
import { type AsciiFrame, checkAnswer, decodeAsciiFrame, itemAlarms } from '../ascii-frame/index.js';
import { SEPLOS_CID1, SEPLOS_VERSION, type SeplosCommand } from './commands.js';
import { EVENT_ALARMS, EVENT_STATE_BITS, MODES, STATUS_BYTE, SWITCH_BIT } from './fields.js';
import { listPlaces, readTelemetry } from './telemetry.js';

/** What one answer says; readings of telemetry and status are merged to get the pack. */
export type SeplosAnswer =
  | { command: 'telemetry'; pack: number; reading: PackReading; portVoltageMv: number }
  | {
      command: 'status';
      pack: number;
      reading: PackReading;
      cellCount: number;
      cellStates: number[];
      temperatureStates: number[];
      dischargeSwitch: boolean;
      chargeSwitch: boolean;
      mode: string;
    }
  | { command: 'manufacturer'; reading: PackReading; inverterProtocol: string };

export const SEPLOS_EXPECTED = { cid1: [SEPLOS_CID1], versions: [SEPLOS_VERSION] } as const;

/** Decodes the answer to a command that was sent. An echo of `request` and error codes are refused by name. */
export function decodeAnswer(
  command: SeplosCommand,
  line: Uint8Array,
  request?: AsciiFrame,
): DecodeResult<SeplosAnswer> {
  const frame = decodeAsciiFrame(line);
  return frame.ok ? interpretAnswer(command, frame.value, request) : frame;
}

/** {@link decodeAnswer} on a frame that is already decoded. */
export function interpretAnswer(
  command: SeplosCommand,
  frame: AsciiFrame,
  request?: AsciiFrame,
): DecodeResult<SeplosAnswer> {
  const checked = checkAnswer(frame, { ...SEPLOS_EXPECTED, request });
  return checked.ok ? INTERPRETERS[command](checked.value.info) : checked;
}

/** Finds out what an answer is when the request is not known: the kinds differ in shape. */
export function inferAnswer(frame: AsciiFrame): SeplosAnswer | undefined {
  for (const command of ['telemetry', 'status', 'manufacturer'] as const) {
    const answer = interpretAnswer(command, frame);
    if (answer.ok) return answer.value;
  }
  return undefined;
}

const INTERPRETERS: Readonly<Record<SeplosCommand, (info: Uint8Array) => DecodeResult<SeplosAnswer>>> = {
  telemetry: decodeTelemetry,
  status: decodeStatus,
  manufacturer: decodeManufacturer,
};

function decodeTelemetry(info: Uint8Array): DecodeResult<SeplosAnswer> {
  const telemetry = readTelemetry(info);
  if (!telemetry.ok) return telemetry;
  const { reading, portVoltageMv, end } = telemetry.value;
  if (end !== info.length) {
    return undecodable('length', `telemetry ends at byte ${end}, INFO has ${info.length} bytes`);
  }
  return decoded({ command: 'telemetry', pack: byteAt(info, 1), reading, portVoltageMv });
}

function decodeStatus(info: Uint8Array): DecodeResult<SeplosAnswer> {
  const places = listPlaces(info, 1);
  const extensionAt = places ? places.restAt + 2 : 0;
  const extensionCount = info[extensionAt];
  if (!places || extensionCount === undefined || extensionAt + 1 + extensionCount !== info.length) {
    return undecodable('length', `status INFO of ${info.length} bytes does not fit its counts`);
  }
  const block = info.subarray(extensionAt + 1);
  if (block.length <= STATUS_BYTE.switches) {
    return undecodable('length', `the bit alarms have ${block.length} bytes`);
  }
  const at = (index: number): number => block[index] ?? 0;
  const cellStates = [...info.subarray(3, 3 + places.cells)];
  const temperatureStates = [...info.subarray(places.sensorsAt, places.restAt)];
  const currentState = byteAt(info, places.restAt);
  const alarms = new Set<string>([
    ...itemAlarms({
      cellStates,
      temperatureStates,
      // One byte for both directions: above its limit is charging, below is discharging.
      chargeCurrentState: currentState === 2 ? 2 : 0,
      dischargeCurrentState: currentState === 1 ? 1 : 0,
      packVoltageState: byteAt(info, places.restAt + 1),
    }),
    ...eventAlarms(block),
  ]);
  const dischargeSwitch = bitSet(at(STATUS_BYTE.switches), SWITCH_BIT.discharge);
  const chargeSwitch = bitSet(at(STATUS_BYTE.switches), SWITCH_BIT.charge);
  const mode = at(STATUS_BYTE.system) || at(block.length - 1);
  return decoded({
    command: 'status',
    pack: byteAt(info, 1),
    reading: {
      ...emptyReading(),
      chargeMos: chargeSwitch,
      dischargeMos: dischargeSwitch,
      balanceBits: at(STATUS_BYTE.balanceLow) + at(STATUS_BYTE.balanceHigh) * 256,
      alarms: [...alarms],
    },
    cellCount: places.cells,
    cellStates,
    temperatureStates,
    dischargeSwitch,
    chargeSwitch,
    mode: MODES[mode] ?? `mode_${mode}`,
  });
}

function eventAlarms(block: Uint8Array): string[] {
  const found: string[] = [];
  for (const [index, names] of Object.entries(EVENT_ALARMS)) {
    const states = EVENT_STATE_BITS[Number(index)] ?? [];
    const word = states.reduce((rest, bit) => rest & ~(1 << bit), block[Number(index)] ?? 0);
    found.push(...alarmsOfBits(word, names, `event_byte_${index}`, 8));
  }
  if (block[STATUS_BYTE.disconnectLow] || block[STATUS_BYTE.disconnectHigh]) found.push('cell_fault');
  return found;
}

function decodeManufacturer(info: Uint8Array): DecodeResult<SeplosAnswer> {
  if (info.length !== 32)
    return undecodable('length', `manufacturer INFO has ${info.length} bytes, 32 expected`);
  const reading: PackReading = {
    ...emptyReading(),
    model: fixedText(info.subarray(0, 10)),
    fwVersion: `${byteAt(info, 10)}.${byteAt(info, 11)}`,
  };
  return decoded({ command: 'manufacturer', reading, inverterProtocol: fixedText(info.subarray(12)) });
}
