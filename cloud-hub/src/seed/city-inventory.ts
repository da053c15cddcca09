import { batteriesCollection } from '../batteries/battery-documents.js';
import { isoAt } from '../clock.js';
import { emptyLive, stationLiveCollection, stationsCollection } from '../stations/station-documents.js';
import { usersCollection } from '../users/users.js';
import { vehiclesCollection } from '../vehicles/vehicles.js';
import type { BulkWriter } from './bulk-writer.js';
import type { Chance } from './chance.js';
import { DAY_MS } from './city-calendar.js';
import { type CityFleet, type CityStation, PACK_CLASS, readPack, slotSocPct } from './city-fleet.js';
import { CITY_TIME_ZONE } from './city-passes.js';

type City = {
  tenantId: string;
  tag: string;
  fleet: CityFleet;
  fromMs: number;
  untilMs: number;
  chance: Chance;
  writer: BulkWriter;
};

/** Ids are plain letters whatever the district's name. */
export const regionIdOf = (tag: string, district: string): string =>
  `r-${tag}-${[...district].map((letter) => (letter.codePointAt(0) ?? 0).toString(36)).join('')}`;

/** Stations, packs, riders and vehicles as they stand at the city's newest moment. */
export function writeFleet(city: City): void {
  for (const station of city.fleet.stations) writeStation(city, station);
  writePacks(city);
  writeRiders(city);
}

function writeStation(city: City, station: CityStation): void {
  const { tenantId, untilMs, fromMs, chance, writer } = city;
  const createdAt = isoAt(fromMs - 3 * DAY_MS);
  const { name, lat, lon, address } = station.place;
  writer.add(stationsCollection, {
    _id: station.device,
    tenantId,
    version: 3,
    createdAt,
    updatedAt: isoAt(fromMs - 2 * DAY_MS),
    name,
    lifecycle: 'live',
    topics: 'own',
    location: { lat, lon, address },
    timeZone: CITY_TIME_ZONE,
    regionId: regionIdOf(city.tag, station.place.district),
    // Nobody is connected while a city is being written: they come online when their agents do.
    online: false,
  });
  const at = isoAt(untilMs);
  const live = emptyLive(station.device, tenantId);
  for (const slot of station.slots) {
    const key = String(slot.slot);
    const socPct = slot.pack ? slotSocPct(station, slot, untilMs) : 0;
    live.slots[key] = {
      slot: slot.slot,
      door: 'closed',
      lock: 'locked',
      occupied: slot.pack !== null,
      use: slot.pack === null ? 'empty' : socPct >= 90 ? 'ready' : 'charging',
      charging: slot.pack !== null && socPct < 100,
      enabled: true,
      ...(slot.pack ? { tag: slot.pack.id, packClass: PACK_CLASS } : {}),
    };
    live.slotSeenAt[key] = at;
    if (slot.pack)
      live.readings[key] = readPack(slot.pack, {
        socPct,
        atMs: untilMs,
        slot: slot.slot,
        charging: true,
        chance,
      });
  }
  writer.add(stationLiveCollection, {
    ...live,
    lastSeenAt: at,
    offlineReason: 'silent',
    versions: { agent: '0.1.0', node: '20.20.2' },
    info: {
      mainsOn: true,
      meterWh: Math.round(chance.between(900, 4_000) * 1_000),
      airTemperatureDeciC: chance.int(180, 320),
      humidityPermille: chance.int(350, 700),
      smoke: false,
      water: false,
      mode: 'in-service',
    },
  });
}

function writePacks(city: City): void {
  const { tenantId, untilMs, fromMs, chance, writer, fleet } = city;
  const inSlot = new Map(
    fleet.stations.flatMap((station) =>
      station.slots.flatMap((slot) => (slot.pack ? [[slot.pack.id, { station, slot }] as const] : [])),
    ),
  );
  const byRider = new Map(
    fleet.riders.flatMap((rider) => (rider.pack ? [[rider.pack.id, rider] as const] : [])),
  );
  for (const pack of fleet.packs) {
    const place = inSlot.get(pack.id);
    const rider = byRider.get(pack.id);
    const atMs = place ? untilMs : Math.max(fromMs, Date.parse(pack.custodian.since));
    const socPct = place ? slotSocPct(place.station, place.slot, untilMs) : (rider?.socPct ?? 60);
    writer.add(batteriesCollection, {
      _id: pack.id,
      tenantId,
      version: pack.version,
      createdAt: isoAt(pack.createdMs),
      updatedAt: pack.custodian.since,
      packClass: PACK_CLASS,
      model: pack.model,
      status: pack.status,
      custodian: pack.custodian,
      lastReading: readPack(pack, {
        socPct,
        atMs,
        ...(place ? { slot: place.slot.slot } : {}),
        charging: place !== undefined,
        chance,
      }),
      lastSeenAt: isoAt(atMs),
      custodyKeys: pack.custodyKeys,
    });
  }
}

function writeRiders(city: City): void {
  const { tenantId, chance, writer, fleet } = city;
  for (const rider of fleet.riders) {
    const createdAt = isoAt(rider.createdMs);
    writer.add(usersCollection, {
      _id: rider.id,
      tenantId,
      version: 1,
      createdAt,
      updatedAt: createdAt,
      phone: rider.phone,
      name: rider.name,
      status: chance.hits(0.01) && !rider.steady ? 'suspended' : 'active',
      realName: chance.hits(0.8) ? 'verified' : 'none',
      locale: chance.hits(0.97) ? 'zh-CN' : 'en',
    });
    const boundAt = isoAt(rider.createdMs + 240_000);
    writer.add(vehiclesCollection, {
      _id: rider.vehicleId,
      tenantId,
      version: 1,
      createdAt: boundAt,
      updatedAt: boundAt,
      plate: rider.plate,
      model: chance.pick(['Voltbay One', 'Voltbay Cargo', 'Voltbay Lite']),
      packClass: PACK_CLASS,
      packSlots: 1,
      ownerUserId: rider.id,
      plateKey: `${tenantId}/${rider.plate}`,
    });
  }
}
