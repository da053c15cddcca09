import {
  batteryHealthCollection,
  CYCLE_BANDS,
  cycleBand,
  SOH_BANDS,
  sohBand,
} from '../analytics/battery-health.js';
import { dayOf } from '../analytics/rollup.js';
import { isoAt } from '../clock.js';
import { readingsCollection, storedBucket } from '../telemetry/reading-documents.js';
import type { BulkWriter } from './bulk-writer.js';
import type { Chance } from './chance.js';
import { isOut, type Outage } from './city-calendar.js';
import { type CityFleet, PACK_CLASS, readPack, slotSocPct } from './city-fleet.js';
import { CITY_TIME_ZONE } from './city-passes.js';

/** What is noted of packs by the way: their health each day, their readings on the last day. */
export function createCityRecords(city: {
  tenantId: string;
  fleet: CityFleet;
  outages: readonly Outage[][];
  chance: Chance;
  writer: BulkWriter;
}): { health(dayMs: number): void; sample(atMs: number): void } {
  const { tenantId, fleet, chance, writer } = city;
  return {
    health(dayMs) {
      const zeros = <K extends string>(bands: readonly K[]) =>
        Object.fromEntries(bands.map((band) => [band, 0])) as Record<K, number>;
      const counts = { soh: zeros(SOH_BANDS), cycles: zeros(CYCLE_BANDS) };
      for (const pack of fleet.packs) {
        counts.soh[sohBand(pack.sohPct)] += 1;
        counts.cycles[cycleBand(pack.cycles)] += 1;
      }
      const day = dayOf(isoAt(dayMs), CITY_TIME_ZONE).from;
      writer.add(batteryHealthCollection, {
        _id: `${tenantId}/${day}`,
        tenantId,
        day,
        classes: [{ packClass: PACK_CLASS, packs: fleet.packs.length, quarantined: 0, ...counts }],
      });
    },
    sample(atMs) {
      for (const [index, station] of fleet.stations.entries()) {
        if (isOut(city.outages[index] ?? [], atMs)) continue;
        const at = isoAt(atMs);
        const filled = station.slots.flatMap((slot) => (slot.pack ? [{ ...slot, pack: slot.pack }] : []));
        const bucket = {
          _id: `${station.device}/${at}/seed`,
          tenantId,
          device: station.device,
          from: at,
          to: at,
          packs: filled.map(({ pack }) => pack.id),
          samples: [
            {
              id: `${station.device}/0/${at}`,
              at,
              historical: false,
              readings: filled.map((slot) => ({
                ...readPack(slot.pack, {
                  socPct: slotSocPct(station, slot, atMs),
                  atMs,
                  charging: true,
                  chance,
                }),
                slot: slot.slot,
              })),
            },
          ],
          receivedAt: new Date(atMs + 300),
        };
        writer.add(readingsCollection, storedBucket(bucket));
      }
    },
  };
}
