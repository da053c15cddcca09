import { deviceSchema, isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import { type AsDocument, type Database, defineCollection, isDuplicateKey } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Clock } from '../ports.js';

const minute = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, { error: 'a time of day, 00:00 to 24:00' });
export const bandSchema = z.strictObject({
  name: z.string().min(1).max(32),
  nameEn: z.string().min(1).max(32).optional(),
  /** Local time of the station, from inclusive, to exclusive. A band over midnight is written as two. */
  from: minute,
  to: minute,
  /** 0 = Sunday; every day when absent. */
  weekdays: z.array(z.number().int().min(0).max(6)).min(1).max(7).optional(),
  /** Change of the price in basis points: 2000 = 20 % dearer, -1000 = 10 % cheaper. */
  changeBp: z.number().int().min(-10_000).max(50_000),
});
export type Band = z.infer<typeof bandSchema>;

/** One version of a station's time-of-use tariff; never changed. */
export const tariffSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  stationId: deviceSchema,
  tariffVersion: z.number().int().min(1),
  bands: z.array(bandSchema),
  createdBy: z.string(),
});
export type Tariff = z.infer<typeof tariffSchema>;
export type TariffDocument = AsDocument<Tariff>;
export const tariffsCollection = defineCollection<TariffDocument>('tariffs', [
  { name: 'tenant-station', key: { tenantId: 1, stationId: 1, tariffVersion: 1, _id: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
]);

const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/** Bands may not meet: two prices at one moment would be none. A text names the first fault. */
export function faultOfBands(bands: readonly Band[]): string | null {
  for (const [index, band] of bands.entries()) {
    if (minutesOf(band.from) >= minutesOf(band.to)) return `bands.${index}: from is not before to`;
    for (const other of bands.slice(index + 1)) {
      const days = (one: Band) => one.weekdays ?? [0, 1, 2, 3, 4, 5, 6];
      const sameDay = days(band).some((day) => days(other).includes(day));
      if (sameDay && minutesOf(band.from) < minutesOf(other.to) && minutesOf(other.from) < minutesOf(band.to))
        return `bands.${index}: meets another band`;
    }
  }
  return null;
}

/** The band of a moment; null outside of all. */
export function bandAt(bands: readonly Band[], local: { weekday: number; minute: number }): Band | null {
  return (
    bands.find(
      (band) =>
        (band.weekdays?.includes(local.weekday) ?? true) &&
        minutesOf(band.from) <= local.minute &&
        local.minute < minutesOf(band.to),
    ) ?? null
  );
}

export interface Tariffs {
  current(tenantId: string, stationId: string): Promise<TariffDocument | null>;
  publish(tariff: {
    tenantId: string;
    stationId: string;
    bands: Band[];
    by: string;
  }): Promise<TariffDocument>;
}

export function createTariffs(deps: { database: Database; clock: Clock }): Tariffs {
  const tariffs = deps.database.collection(tariffsCollection);
  const current: Tariffs['current'] = (tenantId, stationId) =>
    tariffs.findOne({ tenantId, stationId }, { sort: { tariffVersion: -1 } });
  return {
    current,
    async publish({ tenantId, stationId, bands, by }) {
      const fault = faultOfBands(bands);
      if (fault)
        throw problem('VALIDATION', `body.${fault}`, { errors: [{ path: 'body.bands', message: fault }] });
      const tariffVersion = ((await current(tenantId, stationId))?.tariffVersion ?? 0) + 1;
      const now = isoNow(deps.clock);
      const document: TariffDocument = {
        _id: `${tenantId}:${stationId}:${tariffVersion}`,
        tenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
        stationId,
        tariffVersion,
        bands,
        createdBy: by,
      };
      try {
        await tariffs.insertOne(document);
      } catch (error) {
        if (isDuplicateKey(error)) throw problem('CONFLICT', 'another version was published just now');
        throw error;
      }
      return document;
    },
  };
}
