import { bitSet, byteAt } from '../../bytes/index.js';
import { type DecodeResult, decoded, type PackAlarm, undecodable } from '../../domain/reading.js';
import { itemAlarms } from '../ascii-frame/index.js';
import { STATUS_1_ALARMS } from './fields.js';

/** Alarm state of one pack (answer to 44). Item values: 0 normal, 1 below limit, 2 above limit, 0xF0 other. */
export type PylontechAlarm = {
  command: 'alarm';
  infoFlag: number;
  /** Pack number as echoed. */
  pack: number;
  cellAlarms: number[];
  temperatureAlarms: number[];
  chargeCurrentAlarm: number;
  moduleVoltageAlarm: number;
  dischargeCurrentAlarm: number;
  /** Status bytes 1 to 5 as sent. */
  status: number[];
  /** Bytes after status 5: some firmware appends one. */
  trailingBytes: number;
  chargeMos: boolean;
  dischargeMos: boolean;
  fullyCharged: boolean;
  heater: boolean;
  alarms: PackAlarm[];
};

/** More bytes than newer firmware appends: the answer is for several packs, whose alarms must not be dropped. */
const MAX_TRAILING_BYTES = 4;

/** INFO of the answer to 44 for one pack; ask pack by pack. */
export function decodeAlarm(info: Uint8Array): DecodeResult<PylontechAlarm> {
  const cut = undecodable('length', `alarm INFO of ${info.length} bytes ends too early`);
  if (info.length < 3) return cut;
  const cells = byteAt(info, 2);
  const sensorsAt = 3 + cells;
  if (cells === 0 || sensorsAt >= info.length) return cut;
  const sensors = byteAt(info, sensorsAt);
  const restAt = sensorsAt + 1 + sensors;
  if (restAt + 8 > info.length) return cut;
  const trailingBytes = info.length - restAt - 8;
  if (trailingBytes > MAX_TRAILING_BYTES) {
    return undecodable('length', `${trailingBytes} bytes follow the status: ask for one pack, not for all`);
  }
  const status = [...info.subarray(restAt + 3, restAt + 8)];
  const [, status2 = 0, status3 = 0] = status;
  const items = {
    cellAlarms: [...info.subarray(3, sensorsAt)],
    temperatureAlarms: [...info.subarray(sensorsAt + 1, restAt)],
    chargeCurrentAlarm: byteAt(info, restAt),
    moduleVoltageAlarm: byteAt(info, restAt + 1),
    dischargeCurrentAlarm: byteAt(info, restAt + 2),
  };
  return decoded({
    command: 'alarm',
    infoFlag: byteAt(info, 0),
    pack: byteAt(info, 1),
    ...items,
    status,
    trailingBytes,
    chargeMos: bitSet(status2, 1),
    dischargeMos: bitSet(status2, 2),
    fullyCharged: bitSet(status3, 3),
    heater: bitSet(status3, 5),
    alarms: namedAlarms(items, status),
  });
}

type Items = Pick<
  PylontechAlarm,
  'cellAlarms' | 'temperatureAlarms' | 'chargeCurrentAlarm' | 'moduleVoltageAlarm' | 'dischargeCurrentAlarm'
>;

function namedAlarms(items: Items, status: readonly number[]): PackAlarm[] {
  const [status1 = 0, , , cells1 = 0, cells2 = 0] = status;
  const found = new Set<PackAlarm>(
    itemAlarms({
      cellStates: items.cellAlarms,
      temperatureStates: items.temperatureAlarms,
      chargeCurrentState: items.chargeCurrentAlarm,
      packVoltageState: items.moduleVoltageAlarm,
      dischargeCurrentState: items.dischargeCurrentAlarm,
    }),
  );
  for (const [bit, name] of Object.entries(STATUS_1_ALARMS))
    if (bitSet(status1, Number(bit))) found.add(name);
  if (cells1 !== 0 || cells2 !== 0) found.add('cell_fault');
  return [...found];
}
