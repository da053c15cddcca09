import { bitSet, byteAt, readFields, tableLength } from '../../bytes/index.js';
import {
  type DecodeResult,
  decoded,
  emptyReading,
  type PackReading,
  undecodable,
} from '../../domain/reading.js';
import { alarmsOfBits } from '../alarm-bits.js';
import { itemAlarms } from '../ascii-frame/index.js';
import {
  FAULT_ALARMS,
  FULLY_CHARGED_BIT,
  LIMIT_1_ALARMS,
  PROTECTION_2_ALARMS,
  STATUS_FIELDS,
  SYSTEM_BIT,
  WARNING_2_ALARMS,
} from './fields.js';

/** Protections, warnings and switches of one pack (answer to 44). */
export type PaceStatus = {
  command: 'status';
  pack: number;
  reading: PackReading;
  cellCount: number;
  temperatureCount: number;
  charging: boolean;
  discharging: boolean;
  chargeMos: boolean;
  dischargeMos: boolean;
  fullyCharged: boolean;
  /** The two protection bytes as sent. */
  protectionStatus: number[];
  /** The two warning bytes as sent. */
  warningStatus: number[];
  fault: number;
};

/** INFO of the answer to 44. Longer answers of newer firmware are read as far as the layout goes. */
export function decodeStatus(info: Uint8Array): DecodeResult<PaceStatus> {
  const cut = undecodable('length', `status INFO of ${info.length} bytes ends too early`);
  const cells = info[2];
  if (cells === undefined || cells === 0) return cut;
  const sensors = info[3 + cells];
  if (sensors === undefined) return cut;
  const restAt = 4 + cells + sensors;
  if (restAt + tableLength(STATUS_FIELDS) > info.length) return cut;
  const fields = readFields(info, STATUS_FIELDS, restAt);
  const chargeMos = bitSet(fields.system, SYSTEM_BIT.chargeMos);
  const dischargeMos = bitSet(fields.system, SYSTEM_BIT.dischargeMos);
  const fullBit = 2 ** FULLY_CHARGED_BIT;
  const alarms = new Set<string>([
    ...itemAlarms({
      cellStates: [...info.subarray(3, 3 + cells)],
      temperatureStates: [...info.subarray(4 + cells, restAt)],
      chargeCurrentState: fields.chargeCurrentState,
      packVoltageState: fields.packVoltageState,
      dischargeCurrentState: fields.dischargeCurrentState,
    }),
    ...alarmsOfBits(fields.protection1, LIMIT_1_ALARMS, 'protection1', 8),
    ...alarmsOfBits(fields.protection2 % fullBit, PROTECTION_2_ALARMS, 'protection2', 8),
    ...alarmsOfBits(fields.warning1, LIMIT_1_ALARMS, 'warning1', 8),
    ...alarmsOfBits(fields.warning2, WARNING_2_ALARMS, 'warning2', 8),
    ...alarmsOfBits(fields.fault, FAULT_ALARMS, 'fault', 8),
  ]);
  return decoded({
    command: 'status',
    pack: byteAt(info, 1),
    reading: {
      ...emptyReading(),
      chargeMos,
      dischargeMos,
      protectionBits: fields.protection1 + fields.protection2 * 256,
      balanceBits: fields.balanceBits,
      alarms: [...alarms],
    },
    cellCount: cells,
    temperatureCount: sensors,
    charging: bitSet(fields.system, SYSTEM_BIT.charging),
    discharging: bitSet(fields.system, SYSTEM_BIT.discharging),
    chargeMos,
    dischargeMos,
    fullyCharged: bitSet(fields.protection2, FULLY_CHARGED_BIT),
    protectionStatus: [fields.protection1, fields.protection2],
    warningStatus: [fields.warning1, fields.warning2],
    fault: fields.fault,
  });
}
