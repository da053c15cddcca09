import { fixedText, readNumber } from '../../bytes/index.js';
import {
  type DecodeResult,
  decoded,
  emptyReading,
  type PackReading,
  undecodable,
} from '../../domain/reading.js';
import { alarmsOfBits } from '../alarm-bits.js';
import { CELLS_TAG, CHARGE_FLAG, HIGHEST_PLAIN_C, TAG, TAG_BYTES } from './fields.js';
import type { JkUartFrame } from './frame.js';

export type JkUartAnswer = { reading: PackReading; errorBits: number };

type Tags = ReadonlyMap<number, Uint8Array>;

/** Values of a read-all answer. A tag that is not known ends the walk: what stands before it is kept. */
export function decodeAnswer({ body }: JkUartFrame): DecodeResult<JkUartAnswer> {
  const tags = readTags(body);
  const cells = tags.get(CELLS_TAG);
  const voltage = u16(tags, TAG.voltage);
  if (!cells || cells.length % 3 !== 0 || voltage === undefined) {
    return undecodable('length', 'the answer lacks cells or voltage');
  }
  const reading: PackReading = {
    ...emptyReading(),
    voltageMv: voltage * 10,
    cellMv: Array.from({ length: cells.length / 3 }, (_, i) => readNumber(cells, 3 * i + 1, 'u16be')),
    temperaturesDeciC: [deciC(tags, TAG.temperature1), deciC(tags, TAG.temperature2)].filter(
      (value) => value !== undefined,
    ),
  };
  const mos = deciC(tags, TAG.mosTemperature);
  if (mos !== undefined) reading.mosTemperatureDeciC = mos;
  const currentMa = signedCurrentMa(tags);
  if (currentMa !== undefined) reading.currentMa = currentMa;
  assignTags(reading, tags);
  return decoded({ reading, errorBits: u16(tags, TAG.errors) ?? 0 });
}

function assignTags(reading: PackReading, tags: Tags): void {
  const soc = tags.get(TAG.soc)?.[0];
  if (soc !== undefined) reading.socPct = soc;
  const cycles = u16(tags, TAG.cycles);
  if (cycles !== undefined) reading.cycles = cycles;
  const capacity = tags.get(TAG.capacity);
  if (capacity) reading.capacityMah = readNumber(capacity, 0, 'u32be') * 1000;
  const charge = tags.get(TAG.chargeMos)?.[0];
  if (charge !== undefined) reading.chargeMos = charge === 1;
  const discharge = tags.get(TAG.dischargeMos)?.[0];
  if (discharge !== undefined) reading.dischargeMos = discharge === 1;
  const version = tags.get(TAG.version);
  if (version) reading.fwVersion = fixedText(version);
  const errors = u16(tags, TAG.errors);
  if (errors !== undefined) {
    reading.protectionBits = errors;
    reading.alarms = alarmsOfBits(errors, [], 'error');
  }
}

function readTags(body: Uint8Array): Tags {
  const tags = new Map<number, Uint8Array>();
  let at = 0;
  while (at < body.length) {
    const tag = body[at] ?? 0;
    const counted = tag === CELLS_TAG;
    const width = counted ? body[at + 1] : TAG_BYTES.get(tag);
    const from = at + (counted ? 2 : 1);
    if (width === undefined || from + width > body.length) break;
    tags.set(tag, body.subarray(from, from + width));
    at = from + width;
  }
  return tags;
}

function u16(tags: Tags, tag: number): number | undefined {
  const value = tags.get(tag);
  return value && readNumber(value, 0, 'u16be');
}

function deciC(tags: Tags, tag: number): number | undefined {
  const value = u16(tags, tag);
  if (value === undefined) return undefined;
  return (value > HIGHEST_PLAIN_C ? HIGHEST_PLAIN_C - value : value) * 10;
}

/** Only the form that tag C0 = 1 announces is known; the older one has no agreed meaning and is left out. */
function signedCurrentMa(tags: Tags): number | undefined {
  const raw = u16(tags, TAG.current);
  if (raw === undefined || tags.get(TAG.currentFormat)?.[0] !== 1) return undefined;
  const magnitudeMa = (raw & ~CHARGE_FLAG) * 10;
  return raw & CHARGE_FLAG || magnitudeMa === 0 ? magnitudeMa : -magnitudeMa;
}
