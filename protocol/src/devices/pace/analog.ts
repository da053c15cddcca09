import { byteAt, readFields, readNumbers, tableLength } from '../../bytes/index.js';
import {
  type DecodeResult,
  decoded,
  emptyReading,
  type PackReading,
  undecodable,
} from '../../domain/reading.js';
import { socPctOf } from '../soc.js';
import {
  ANALOG_FIELDS,
  ANALOG_V20_FIELDS,
  EXTRA_BYTES,
  KELVIN_OFFSET,
  MOS_SENSOR,
  V20_SENSORS_BEYOND_COUNT,
} from './fields.js';

/** Values of one pack, or of every pack when all were asked for (pack number FF). */
export type PaceAnalog = {
  command: 'analog';
  /** The byte after the flag: the pack, or the number of packs. */
  packOrCount: number;
  packs: PackReading[];
};

type Lists = { cellMv: number[]; temperaturesDeciC: number[]; end: number };

/** Cells and temperatures at `start`; undefined when INFO ends inside them. */
function readLists(info: Uint8Array, start: number, moreSensors: number): Lists | undefined {
  const cells = info[start];
  if (cells === undefined || cells === 0) return undefined;
  const sensorCount = info[start + 1 + 2 * cells];
  if (sensorCount === undefined) return undefined;
  const sensorsAt = start + 2 + 2 * cells;
  const sensors = sensorCount + moreSensors;
  const end = sensorsAt + 2 * sensors;
  if (end > info.length) return undefined;
  return {
    cellMv: readNumbers(info, start + 1, 'u16be', cells),
    temperaturesDeciC: readNumbers(info, sensorsAt, 'u16be', sensors).map((raw) => raw + KELVIN_OFFSET),
    end,
  };
}

/** INFO of the v25 answer to 42. Packs are read until INFO ends. */
export function decodeAnalog(info: Uint8Array): DecodeResult<PaceAnalog> {
  const packs: PackReading[] = [];
  let at = 2;
  while (at < info.length || packs.length === 0) {
    const lists = readLists(info, at, 0);
    if (!lists || lists.end + tableLength(ANALOG_FIELDS) > info.length) {
      return undecodable('length', `analog INFO ends inside the pack that starts at byte ${at}`);
    }
    const { items, ...values } = readFields(info, ANALOG_FIELDS, lists.end);
    packs.push(withComputed({ ...emptyReading(), ...values, ...readingLists(lists, MOS_SENSOR.v25) }));
    const extra = EXTRA_BYTES[items];
    at = extra === undefined ? info.length : lists.end + tableLength(ANALOG_FIELDS) + extra;
    if (at > info.length)
      return undecodable('length', `analog INFO ends inside the ${items} items of a pack`);
  }
  return decoded({ command: 'analog', packOrCount: byteAt(info, 1), packs });
}

/** INFO of the v20 (EG4) answer to 42. Known from one source's code, without asserted values. */
export function decodeAnalogV20(info: Uint8Array): DecodeResult<PaceAnalog> {
  const lists = readLists(info, 2, V20_SENSORS_BEYOND_COUNT);
  if (!lists || lists.end + tableLength(ANALOG_V20_FIELDS) > info.length) {
    return undecodable('length', `analog INFO of ${info.length} bytes ends too early`);
  }
  const { items: _, ...values } = readFields(info, ANALOG_V20_FIELDS, lists.end);
  const reading: PackReading = { ...emptyReading(), ...values, ...readingLists(lists, MOS_SENSOR.v20) };
  return decoded({ command: 'analog', packOrCount: byteAt(info, 1), packs: [reading] });
}

function readingLists({ cellMv, temperaturesDeciC }: Lists, mosIndex: number): Partial<PackReading> {
  const mos = temperaturesDeciC.length === MOS_SENSOR.count ? temperaturesDeciC[mosIndex] : undefined;
  return { cellMv, temperaturesDeciC, ...(mos !== undefined && { mosTemperatureDeciC: mos }) };
}

/** v25 sends neither: both follow from the capacities. A new pack may hold more than its design says. */
function withComputed(reading: PackReading): PackReading {
  const socPct = socPctOf(reading.remainingMah, reading.capacityMah);
  const sohPct = socPctOf(reading.capacityMah, reading.designCapacityMah);
  return { ...reading, ...(socPct !== undefined && { socPct }), ...(sohPct !== undefined && { sohPct }) };
}
