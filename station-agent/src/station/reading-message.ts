import type { PackReading, ReadingMessage } from '@voltbay/protocol';
import { isoTime } from '../clock.js';

/** A reading as it goes over MQTT, with the 2021 plan's `bluetooth`, `charge` and `maxVol`. */
export function readingMessage(pack: {
  slot: number;
  packId?: string;
  packClass?: string;
  source: string;
  transport: 'serial' | 'ble';
  reading: PackReading;
  quality: readonly string[];
  atMs: number;
}): ReadingMessage {
  const { reading } = pack;
  const integer = (value: number | undefined): number | undefined =>
    value === undefined ? undefined : Math.round(value);
  return dropUndefined({
    bluetooth: pack.transport === 'ble',
    charge: (reading.currentMa ?? 0) > 0,
    maxVol: reading.cellMv.length > 0 ? Math.max(...reading.cellMv) : undefined,
    slot: pack.slot,
    time: isoTime(pack.atMs),
    source: pack.source,
    packId: pack.packId,
    packClass: pack.packClass,
    serial: reading.serial,
    model: reading.model,
    hwVersion: reading.hwVersion,
    fwVersion: reading.fwVersion,
    productionDate: reading.productionDate,
    voltageMv: integer(reading.voltageMv),
    currentMa: integer(reading.currentMa),
    socPct: reading.socPct,
    sohPct: reading.sohPct,
    remainingMah: integer(reading.remainingMah),
    capacityMah: integer(reading.capacityMah),
    designCapacityMah: integer(reading.designCapacityMah),
    cycles: reading.cycles,
    cellMv: reading.cellMv,
    temperaturesDeciC: reading.temperaturesDeciC,
    mosTemperatureDeciC: reading.mosTemperatureDeciC,
    chargeMos: reading.chargeMos,
    dischargeMos: reading.dischargeMos,
    protectionBits: reading.protectionBits,
    balanceBits: reading.balanceBits,
    alarms: reading.alarms,
    quality: [...pack.quality],
  });
}

function dropUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}
