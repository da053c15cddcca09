import {
  type AvailabilityDocument,
  availabilityCollection,
  dayOf,
  type HourFacts,
  hourOf,
  type RollupDocument,
  rollUpDay,
  rollUpHour,
  rollupsCollection,
} from '../analytics/rollup.js';
import { isoAt } from '../clock.js';
import type { Posting } from '../finance/postings.js';
import type { OrderDocument } from '../orders/order-document.js';
import type { BulkWriter } from './bulk-writer.js';
import { isOut, type Outage } from './city-calendar.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** The city's roll-ups, by the same pure functions that the hub's own task uses. */
export interface CityFigures {
  order(order: OrderDocument): void;
  posted(atMs: number, posting: Posting): void;
  /** Writes availability, hours and days. */
  close(): Promise<void>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] };

export function createCityFigures(deps: {
  tenantId: string;
  timeZone: string;
  fromMs: number;
  untilMs: number;
  devices: readonly string[];
  outages: readonly Outage[][];
  writer: BulkWriter;
}): CityFigures {
  const { tenantId, timeZone, writer, fromMs, untilMs } = deps;
  const hours = new Map<string, Mutable<HourFacts>>();
  const factsOf = (hour: string): Mutable<HourFacts> => {
    const known = hours.get(hour) ?? { made: [], completed: [], charges: [], availability: [] };
    hours.set(hour, known);
    return known;
  };
  /** Minutes of the hour in which the hub looked and in which the station answered. */
  const seen = (index: number, hourMs: number): Pick<AvailabilityDocument, 'known' | 'online'> => {
    const known: number[] = [];
    const online: number[] = [];
    const outages = (deps.outages[index] ?? []).filter(
      (outage) => outage.fromMs < hourMs + HOUR_MS && outage.toMs > hourMs,
    );
    for (let minute = 0; minute < 60; minute += 1) {
      const atMs = hourMs + minute * MINUTE_MS;
      if (atMs < fromMs || atMs >= untilMs) continue;
      known.push(minute);
      if (outages.length === 0 || !isOut(outages, atMs)) online.push(minute);
    }
    return { known, online };
  };

  return {
    order(order) {
      const { stationId, state, reason, createdAt, completedAt, payment } = order;
      const plan = order.price.planVersion;
      factsOf(hourOf(createdAt)).made.push({ stationId, plan, state, reason });
      if (completedAt)
        factsOf(hourOf(completedAt)).completed.push({
          stationId,
          plan,
          swapMs: Math.max(0, Date.parse(completedAt) - Date.parse(createdAt)),
        });
      if (payment.chargeId !== null)
        factsOf(hourOf(order.completedAt ?? order.updatedAt)).charges.push({
          stationId,
          plan,
          amountFen: payment.amountFen,
        });
    },
    posted() {},
    async close() {
      for (let hourMs = Math.floor(fromMs / HOUR_MS) * HOUR_MS; hourMs < untilMs; hourMs += HOUR_MS) {
        const hour = isoAt(hourMs);
        for (const [index, device] of deps.devices.entries()) {
          const minutes = seen(index, hourMs);
          if (minutes.known.length === 0) continue;
          writer.add(availabilityCollection, {
            _id: `${device}/${hour}`,
            tenantId,
            stationId: device,
            hour,
            ...minutes,
          });
          factsOf(hour).availability.push({
            stationId: device,
            onlineMinutes: minutes.online.length,
            knownMinutes: minutes.known.length,
          });
        }
        await writer.breathe();
      }
      let day = { from: '', to: '' };
      let ofDay: RollupDocument[] = [];
      const closeDay = () => {
        for (const row of rollUpDay(tenantId, day.from, ofDay)) writer.add(rollupsCollection, row);
        ofDay = [];
      };
      for (const hour of [...hours.keys()].sort()) {
        if (hour >= day.to) {
          closeDay();
          day = dayOf(hour, timeZone);
        }
        const rows = rollUpHour(tenantId, hour, factsOf(hour));
        for (const row of rows) writer.add(rollupsCollection, row);
        ofDay.push(...rows);
        await writer.breathe();
      }
      closeDay();
    },
  };
}
