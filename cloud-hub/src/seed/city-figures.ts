import { createDemandBook, demandProfilesCollection, HISTORY_DAYS } from '../analytics/demand-profile.js';
import { createFactBook, whereOfOrder } from '../analytics/hour-facts.js';
import { activityOf, createActivityBook, riderActivityCollection } from '../analytics/rider-activity.js';
import {
  type AvailabilityDocument,
  availabilityCollection,
  dayOf,
  type RollupDocument,
  rollUpDay,
  rollUpHour,
  rollupsCollection,
} from '../analytics/rollup.js';
import { isoAt } from '../clock.js';
import type { Posting } from '../finance/postings.js';
import type { OrderDocument } from '../orders/order-document.js';
import type { ChargeDocument } from '../wallets/wallet-document.js';
import type { BulkWriter } from './bulk-writer.js';
import { isOut, type Outage } from './city-calendar.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** The city's roll-ups, by the same pure functions that the hub's own task uses. */
export interface CityFigures {
  order(order: OrderDocument): void;
  posted(posting: Posting): void;
  charged(charge: Pick<ChargeDocument, 'createdAt' | 'orderId' | 'userId' | 'amountFen'>): void;
  /** Local days on which riders did something. */
  activeDays(): readonly string[];
  /** Writes availability, hours, days, riders' activity and what riders want of each station. */
  close(): Promise<void>;
}

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
  const book = createFactBook();
  const activity = createActivityBook(timeZone);
  const whereOf = new Map<string, { stationId: string; plan: string }>();
  /** An order's entries come before the order itself. */
  const waiting: Posting[] = [];
  const waitingCharges: Pick<ChargeDocument, 'createdAt' | 'orderId'>[] = [];
  const catchUp = () => {
    const placeOf = (orderId: string | undefined) =>
      orderId === undefined ? null : (whereOf.get(orderId) ?? null);
    for (const posting of waiting.splice(0)) book.booked(posting, placeOf(posting.orderId));
    for (const charge of waitingCharges.splice(0)) book.charged(charge, placeOf(charge.orderId));
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
      book.made(order);
      book.completed(order);
      activity.completed(order);
      const where = whereOfOrder(order);
      whereOf.set(order._id, where);
      catchUp();
    },
    posted: (posting) => void waiting.push(posting),
    charged(charge) {
      waitingCharges.push(charge);
      activity.charged(charge);
    },
    activeDays: () => [...activity.days.keys()],
    async close() {
      catchUp();
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
          book.seen({ stationId: device, hour, ...minutes });
        }
        await writer.breathe();
      }
      const today = dayOf(isoAt(untilMs), timeZone).from;
      const historyFrom = isoAt(Date.parse(today) - HISTORY_DAYS * 24 * HOUR_MS);
      const demand = createDemandBook(today, timeZone);
      let day = { from: '', to: '' };
      let ofDay: RollupDocument[] = [];
      const closeDay = () => {
        for (const row of rollUpDay(tenantId, day.from, ofDay)) writer.add(rollupsCollection, row);
        ofDay = [];
      };
      for (const hour of [...book.hours.keys()].sort()) {
        if (hour >= day.to) {
          closeDay();
          day = dayOf(hour, timeZone);
        }
        const rows = rollUpHour(tenantId, hour, book.of(hour));
        for (const row of rows) {
          writer.add(rollupsCollection, row);
          if (hour >= historyFrom && hour < today) demand.add(row);
        }
        ofDay.push(...rows);
        await writer.breathe();
      }
      closeDay();
      for (const profile of demand.close(tenantId)) writer.add(demandProfilesCollection, profile);
      for (const rider of activityOf(tenantId, activity.days)) {
        writer.add(riderActivityCollection, rider);
        await writer.breathe();
      }
    },
  };
}
