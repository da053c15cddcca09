import type { ReadingMessage } from '@voltbay/protocol';
import type { BatteryDocument, CustodyEventDocument } from '../batteries/battery-documents.js';
import { isoAt } from '../clock.js';
import type { Chance } from './chance.js';
import { type Place, personName, placeOf } from './city-map.js';
import type { CitySize } from './city-size.js';

export const PACK_CLASS = 'A';
export const SLOTS = 12;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DESIGN_MAH = 24_000;

export type CityPack = {
  id: string;
  model: string;
  productionDate: string;
  cycles: number;
  sohPct: number;
  status: BatteryDocument['status'];
  custodian: BatteryDocument['custodian'];
  custodyKeys: string[];
  /** Writes since it was made. */
  version: number;
  createdMs: number;
};
export type CitySlot = { slot: number; pack: CityPack | null; sinceMs: number; socPct: number };
export type CityStation = {
  device: string;
  place: Place;
  /** Relative to the others. */
  popularity: number;
  hasTariff: boolean;
  /** Full charge of an empty pack. */
  chargeMs: number;
  slots: CitySlot[];
};
export type CityRider = {
  id: string;
  vehicleId: string;
  name: string;
  phone: string;
  plate: string;
  createdMs: number;
  /** With a pack from the first day to the last. */
  steady: boolean;
  pack: CityPack | null;
  /** What the pack was when it was taken, and when. */
  socPct: number;
  sinceMs: number;
  home: number;
};
export type CityFleet = {
  stations: CityStation[];
  packs: CityPack[];
  riders: CityRider[];
  /** Packs that are nobody's now. */
  depot: CityPack[];
};

/** Everything that stands still: stations with packs in their slots, riders, and those who ride from the first day. */
export function buildFleet(city: {
  size: CitySize;
  tag: string;
  fromMs: number;
  untilMs: number;
  devices: readonly string[];
  /** Five digits; six follow. */
  phonePrefix: string;
  chance: Chance;
}): CityFleet {
  const { size, tag, fromMs, chance } = city;
  const packs = Array.from({ length: size.packs }, (_, index): CityPack => {
    const cycles = Math.floor(chance.between(20, 900));
    return {
      id: `VB-${tag.toUpperCase()}-${String(index + 1).padStart(5, '0')}`,
      model: chance.hits(0.7) ? 'VB-4824' : 'VB-4824S',
      productionDate: isoAt(fromMs - chance.int(60, 900) * DAY_MS).slice(0, 10),
      cycles,
      sohPct: Math.round((100 - cycles * 0.018 - chance.between(0, 4)) * 10) / 10,
      status: 'in-service',
      custodian: { kind: 'depot', id: `depot-${tag}`, since: isoAt(fromMs - 3 * DAY_MS) },
      custodyKeys: [],
      version: 1,
      createdMs: fromMs - 3 * DAY_MS,
    };
  });
  const spare = [...packs];
  const stations = Array.from({ length: size.stations }, (_, index): CityStation => {
    const place = placeOf(index, chance);
    const filled = Math.min(8, Math.floor((size.packs * 0.6) / size.stations));
    return {
      device: city.devices[index] ?? `${tag}-${index}`,
      place,
      popularity: 0.4 + chance.next() ** 3 * 3,
      hasTariff: chance.hits(0.3),
      chargeMs: chance.between(1.6, 2.4) * HOUR_MS,
      slots: Array.from({ length: SLOTS }, (_unused, slot) => ({
        slot: slot + 1,
        pack: slot < filled ? (spare.shift() ?? null) : null,
        sinceMs: fromMs - 2 * DAY_MS,
        socPct: 100,
      })),
    };
  });
  const steadyCount = Math.min(Math.floor(spare.length * 0.68), size.riders);
  const riders = Array.from({ length: size.riders }, (_, index): CityRider => {
    const steady = index < steadyCount;
    return {
      id: `u-${tag}-${String(index + 1).padStart(5, '0')}`,
      vehicleId: `v-${tag}-${String(index + 1).padStart(5, '0')}`,
      name: personName(chance),
      phone: `${city.phonePrefix}${String(index + 1).padStart(6, '0')}`,
      plate: `浙A·${tag.slice(0, 4).toUpperCase()}${String(index + 1).padStart(5, '0')}`,
      createdMs:
        fromMs + (steady ? -chance.next() * 2 * DAY_MS : chance.next() ** 1.3 * size.days * DAY_MS * 0.98),
      steady,
      pack: null,
      socPct: 0,
      sinceMs: fromMs,
      home: chance.int(0, size.stations - 1),
    };
  });
  return { stations, packs, riders, depot: spare };
}

/** Charge of the pack in a slot at a time. */
export const slotSocPct = (station: CityStation, slot: CitySlot, atMs: number): number =>
  Math.min(100, slot.socPct + ((atMs - slot.sinceMs) / station.chargeMs) * 100);

/** Moves a pack in memory and answers the entry of the custody ledger. */
export function handOver(
  pack: CityPack,
  move: {
    tenantId: string;
    key: string;
    to: CustodyEventDocument['to'];
    atMs: number;
    evidence: Record<string, unknown>;
  },
): CustodyEventDocument {
  const at = isoAt(move.atMs);
  pack.custodian = { ...move.to, since: at };
  pack.custodyKeys.push(move.key);
  if (pack.custodyKeys.length > 100) pack.custodyKeys.shift();
  pack.version += 1;
  return {
    _id: move.key,
    packId: pack.id,
    tenantId: move.tenantId,
    to: move.to,
    at,
    recordedAt: isoAt(move.atMs + 90),
    evidence: move.evidence,
  };
}

/** What a pack of that charge says of itself. `charging` decides the sign of the current. */
export function readPack(
  pack: CityPack,
  facts: { socPct: number; atMs: number; slot?: number; charging: boolean; chance: Chance },
): ReadingMessage {
  const { chance } = facts;
  const socPct = Math.round(facts.socPct * 10) / 10;
  const capacityMah = Math.round((DESIGN_MAH * pack.sohPct) / 100);
  const cellMv = Math.round(3_180 + socPct * 1.7 + (socPct > 95 ? 40 : 0));
  return {
    bluetooth: false,
    charge: facts.charging && socPct < 100,
    maxVol: cellMv + 6,
    ...(facts.slot === undefined ? {} : { slot: facts.slot }),
    time: isoAt(facts.atMs),
    packClass: PACK_CLASS,
    serial: pack.id,
    model: pack.model,
    voltageMv: cellMv * 15,
    currentMa: facts.charging && socPct < 100 ? chance.int(7_500, 9_800) : 0,
    socPct,
    sohPct: pack.sohPct,
    remainingMah: Math.round((capacityMah * socPct) / 100),
    capacityMah,
    designCapacityMah: DESIGN_MAH,
    cycles: Math.floor(pack.cycles),
    temperaturesDeciC: [chance.int(215, 330), chance.int(215, 330)],
    alarms: [],
    quality: [],
  };
}
