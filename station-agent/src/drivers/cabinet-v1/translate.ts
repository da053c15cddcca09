import type { DecodeResult } from '@voltbay/protocol';
import type { cabinet } from '@voltbay/protocol/devices';
import {
  type CabinetEvent,
  type CabinetIdentity,
  type CabinetStatus,
  HardwareError,
  type SlotDetail,
  type SlotSense,
} from '../../hardware/ports.js';

/** The value, or INTERNAL: the line was sound, so the controller itself sent something that the protocol does not allow. */
export function soundOr<T>(result: DecodeResult<T>): T {
  if (result.ok) return result.value;
  throw new HardwareError('INTERNAL', `the cabinet answered against the protocol: ${result.detail}`);
}

export function toIdentity(hello: cabinet.CabinetHello): CabinetIdentity {
  const { proto, model, fw, serial, slots, boot } = hello;
  return {
    protocolVersion: proto,
    model,
    firmware: fw,
    serial,
    slotCount: slots,
    bootCount: boot,
  };
}

export function toSense({ slot, door, lock, pack, charger }: cabinet.CabinetSlotScan): SlotSense {
  return { slot, door, lock, occupied: pack === 'unknown' ? null : pack === 'in', charger };
}

export function toDetail(slot: cabinet.CabinetSlot): SlotDetail {
  const { tag, chargerMv, chargerMa, limitMa } = slot;
  return { ...toSense(slot), tag, chargerMv, chargerMa, chargeLimitMa: limitMa };
}

/** A controller without a sensor leaves its key out: mains counts as on, alarm inputs as clear. */
export function toStatus(stat: cabinet.CabinetStat): CabinetStatus {
  return {
    mainsOn: stat.mainsOn ?? true,
    meterWh: stat.meterWh,
    mainsMv: stat.mainsMv,
    airTemperatureDeciC: stat.airDeciC,
    humidityPermille: stat.humidityPerMille,
    smoke: stat.smoke ?? false,
    water: stat.water ?? false,
    tilt: stat.tilt ?? false,
  };
}

/** What the event says upwards; null when it says only that something is no longer known (then the cabinet is scanned). */
export function toEvent(event: cabinet.CabinetEvent): CabinetEvent | null {
  switch (event.name) {
    case 'BOOT':
      return { kind: 'boot', bootCount: event.boot };
    case 'DOOR':
      return event.door === 'unknown' ? null : { kind: 'door', slot: event.slot, state: event.door };
    case 'LOCK':
      return event.lock === 'unknown' ? null : { kind: 'lock', slot: event.slot, state: event.lock };
    case 'PACK':
      if (event.pack === 'unknown') return null;
      return { kind: 'pack', slot: event.slot, state: event.pack, tag: event.tag };
    case 'CHG':
      return { kind: 'charger', slot: event.slot, state: event.charger };
    case 'READ':
      return { kind: 'code', reader: event.source, payload: event.payload };
    case 'ENV':
      return {
        kind: 'environment',
        input: event.input,
        value: event.input === 'temp' ? event.deciC : Number(event.active),
      };
    case 'MAINS':
      return { kind: 'mains', on: event.on };
    case 'UNKNOWN':
      return null;
  }
}
