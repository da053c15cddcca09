import { byteAt, readFields, readNumbers, tableLength } from '../../bytes/index.js';
import {
  type DecodeResult,
  decoded,
  emptyReading,
  type PackReading,
  undecodable,
} from '../../domain/reading.js';
import { ITEMS_AT, KELVIN_OFFSET, MIN_ITEMS, MOS_SENSOR, TELEMETRY_FIELDS } from './fields.js';

/** The telemetry block that RS-485 and BLE share, and the byte behind its counted items. */
export type Telemetry = { reading: PackReading; portVoltageMv: number; end: number };

/** Places of the two counted lists that telemetry and status share; undefined when the data ends inside them. */
export function listPlaces(
  info: Uint8Array,
  size: 1 | 2,
): { cells: number; sensors: number; sensorsAt: number; restAt: number } | undefined {
  const cells = info[2];
  if (cells === undefined || cells === 0) return undefined;
  const sensors = info[3 + size * cells];
  if (sensors === undefined) return undefined;
  const sensorsAt = 4 + size * cells;
  const restAt = sensorsAt + size * sensors;
  return restAt > info.length ? undefined : { cells, sensors, sensorsAt, restAt };
}

/** Reads the block from its first byte (data flag, pack, cell count…). On BLE the items may be fewer than on RS-485. */
export function readTelemetry(info: Uint8Array): DecodeResult<Telemetry> {
  const places = listPlaces(info, 2);
  if (!places || places.restAt + tableLength(TELEMETRY_FIELDS) > info.length) {
    return undecodable('length', `telemetry of ${info.length} bytes ends too early`);
  }
  const items = byteAt(info, places.restAt + ITEMS_AT);
  const end = places.restAt + ITEMS_AT + 1 + 2 * items;
  if (items < MIN_ITEMS || end > info.length) {
    return undecodable('length', `telemetry of ${info.length} bytes says ${items} items`);
  }
  const { items: _, portVoltageMv, ...values } = readFields(info, TELEMETRY_FIELDS, places.restAt);
  const temperaturesDeciC = readNumbers(info, places.sensorsAt, 'u16be', places.sensors).map(
    (raw) => raw + KELVIN_OFFSET,
  );
  const reading: PackReading = {
    ...emptyReading(),
    ...values,
    cellMv: readNumbers(info, 3, 'u16be', places.cells),
    temperaturesDeciC,
  };
  const mos = temperaturesDeciC[MOS_SENSOR.index];
  if (mos !== undefined && temperaturesDeciC.length === MOS_SENSOR.count) reading.mosTemperatureDeciC = mos;
  return decoded({ reading, portVoltageMv, end });
}
