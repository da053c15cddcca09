import { bitSet, byteAt, fixedText } from '../../bytes/index.js';
import {
  type DecodeResult,
  decoded,
  emptyReading,
  type PackReading,
  undecodable,
} from '../../domain/reading.js';
import { alarmsOfBits } from '../alarm-bits.js';
import type { Binary7eFrame } from '../binary-7e/frame.js';
import { EVENT_ALARMS, readTelemetry } from '../seplos/index.js';
import { SEPLOS_BLE_COMMANDS } from './commands.js';

/** What one answer says; merge the readings to get the pack. */
export type SeplosBleAnswer = { reading: PackReading; portVoltageMv?: number };

/** Places in the answer to 62 (all packs together): switch byte, number of alarm events, the events. */
const PARALLEL = { switches: 38, eventCount: 39, events: 40 } as const;
/** Places in the answer to 51: model text, version bytes. */
const MANUFACTURER = { model: 19, modelChars: 10, version: 30, length: 36 } as const;

/** Meaning of a sound frame. */
export function decodeAnswer({ command, data }: Binary7eFrame): DecodeResult<SeplosBleAnswer> {
  switch (command) {
    case SEPLOS_BLE_COMMANDS.single:
      return decodeSingle(data);
    case SEPLOS_BLE_COMMANDS.parallel:
      return decodeParallel(data);
    case SEPLOS_BLE_COMMANDS.manufacturer:
      return decodeManufacturer(data);
    default:
      return undecodable('unknown_type', `function ${command.toString(16)} is not read`);
  }
}

/** The same telemetry block as on RS-485, with fewer items and alarm bytes behind it. */
function decodeSingle(data: Uint8Array): DecodeResult<SeplosBleAnswer> {
  const telemetry = readTelemetry(data);
  if (!telemetry.ok) return telemetry;
  const { reading, portVoltageMv } = telemetry.value;
  return decoded({ reading, portVoltageMv });
}

function decodeParallel(data: Uint8Array): DecodeResult<SeplosBleAnswer> {
  const events = data[PARALLEL.eventCount];
  if (events === undefined || PARALLEL.events + events > data.length) {
    return undecodable('length', `parallel data of ${data.length} bytes ends inside its events`);
  }
  const switches = byteAt(data, PARALLEL.switches);
  const alarms: string[] = [];
  // Events 7 and 8 are left out: the sources disagree on them.
  for (let i = 0; i < Math.min(events, 6); i += 1) {
    alarms.push(
      ...alarmsOfBits(byteAt(data, PARALLEL.events + i), EVENT_ALARMS[i] ?? [], `event_byte_${i}`, 8),
    );
  }
  const reading: PackReading = {
    ...emptyReading(),
    dischargeMos: bitSet(switches, 0),
    chargeMos: bitSet(switches, 1),
    alarms: [...new Set(alarms)],
  };
  return decoded({ reading });
}

function decodeManufacturer(data: Uint8Array): DecodeResult<SeplosBleAnswer> {
  if (data.length < MANUFACTURER.length) {
    return undecodable('length', `manufacturer data has ${data.length} bytes`);
  }
  const { model, modelChars, version } = MANUFACTURER;
  const reading: PackReading = {
    ...emptyReading(),
    model: fixedText(data.subarray(model, model + modelChars)),
    fwVersion: `${byteAt(data, version)}.${byteAt(data, version + 1)}`,
  };
  return decoded({ reading });
}
