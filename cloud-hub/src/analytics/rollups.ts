import { z } from 'zod';
import { isoAt, isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import { ledgerCollection } from '../finance/ledger.js';
import { ordersCollection } from '../orders/order-document.js';
import type { Clock } from '../ports.js';
import { stationsCollection } from '../stations/station-documents.js';
import { defineSchedule, defineTask, handleTask, type Schedule, type TaskHandler } from '../tasks/index.js';
import { chargesCollection } from '../wallets/wallets.js';
import { type BatteryHealth, createBatteryHealth } from './battery-health.js';
import { type Cohorts, createCohorts } from './cohorts.js';
import { createDemandProfiles } from './demand-profile.js';
import { createFactBook, MONEY_KINDS, ORDER_FIELDS, whereOfOrder } from './hour-facts.js';
import {
  availabilityCollection,
  dayOf,
  HOUR_MS,
  type HourFacts,
  hourOf,
  type RollupDocument,
  rollUpDay,
  rollUpHour,
  rollupCursorsCollection,
  rollupsCollection,
} from './rollup.js';
import { createStationDays } from './station-days.js';

export const rollUpTask = defineTask({
  kind: 'analytics.roll-up',
  summary: 'Compute again the hours and days in which something changed',
  input: z.object({ dueAt: z.string() }),
  retry: { maxAttempts: 5 },
  leaseMs: 60_000,
});
export const rebuildTask = defineTask({
  kind: 'analytics.rebuild',
  summary: 'Compute again every hour and day of a span',
  input: z.object({ from: z.iso.datetime(), to: z.iso.datetime() }),
  retry: { maxAttempts: 5 },
  leaseMs: 60_000,
});

export interface Rollups {
  readonly handlers: readonly TaskHandler[];
  readonly schedules: readonly Schedule[];
  readonly health: BatteryHealth;
  readonly cohorts: Pick<Cohorts, 'since'>;
  /** Looks at every station once and notes the minute; safe to repeat and in several processes. */
  sampleAvailability(): Promise<number>;
  /** Computes one hour from what is stored and replaces its rows. */
  hour(tenantId: string, hour: string): Promise<void>;
  day(tenantId: string, anyTime: string): Promise<void>;
}

/** Writers' clocks differ, and some writes are seen late. */
const OVERLAP_MS = 120_000;
const CHUNK = 500;
const PAGE = 1_000;

export function createRollups(deps: { database: Database; clock: Clock; timeZone: string }): Rollups {
  const { database, clock, timeZone } = deps;
  const orders = database.collection(ordersCollection);
  const charges = database.collection(chargesCollection);
  const ledger = database.collection(ledgerCollection);
  const rollups = database.collection(rollupsCollection);
  const cursors = database.collection(rollupCursorsCollection);
  const availability = database.collection(availabilityCollection);
  const stations = database.collection(stationsCollection);
  const stationDays = createStationDays({ database });
  const health = createBatteryHealth({ database, clock, timeZone });
  const cohorts = createCohorts({ database, timeZone });
  const demand = createDemandProfiles({ database, clock, timeZone });

  const factsOf = async (tenantId: string, from: string, to: string): Promise<HourFacts> => {
    const within = { $gte: from, $lt: to };
    const [made, completed, charged, booked, seen] = await Promise.all([
      orders.find({ tenantId, createdAt: within }, { projection: ORDER_FIELDS }).toArray(),
      orders.find({ tenantId, completedAt: within }, { projection: ORDER_FIELDS }).toArray(),
      charges.find({ tenantId, createdAt: within }, { projection: { orderId: 1, createdAt: 1 } }).toArray(),
      ledger
        .find(
          { tenantId, at: within, kind: { $in: [...MONEY_KINDS] } },
          { projection: { kind: 1, at: 1, lines: 1, orderId: 1, note: 1 } },
        )
        .toArray(),
      availability.find({ tenantId, hour: from }).toArray(),
    ]);
    const whereOf = new Map(
      [...made, ...completed].map((order) => [order._id, whereOfOrder(order)] as const),
    );
    const missing = [
      ...new Set(
        [...charged, ...booked].flatMap(({ orderId }) =>
          orderId === undefined || whereOf.has(orderId) ? [] : [orderId],
        ),
      ),
    ];
    for (let at = 0; at < missing.length; at += CHUNK)
      for (const order of await orders
        .find(
          { _id: { $in: missing.slice(at, at + CHUNK) } },
          { projection: { stationId: 1, 'price.planVersion': 1 } },
        )
        .toArray())
        whereOf.set(order._id, whereOfOrder(order));
    const placeOf = (orderId: string | undefined) =>
      orderId === undefined ? null : (whereOf.get(orderId) ?? null);
    const book = createFactBook();
    for (const order of made) book.made(order);
    for (const order of completed) book.completed(order);
    for (const charge of charged) book.charged(charge, placeOf(charge.orderId));
    for (const entry of booked) book.booked(entry, placeOf(entry.orderId));
    for (const minutes of seen) book.seen(minutes);
    return book.of(from);
  };

  const replace = async (
    tenantId: string,
    period: RollupDocument['period'],
    bucket: string,
    rows: readonly RollupDocument[],
  ) => {
    if (rows.length > 0)
      await rollups.bulkWrite(
        rows.map((row) => ({ replaceOne: { filter: { _id: row._id }, replacement: row, upsert: true } })),
        { ordered: false },
      );
    await rollups.deleteMany({ tenantId, period, bucket, _id: { $nin: rows.map(({ _id }) => _id) } });
  };
  const hour = async (tenantId: string, from: string) => {
    const to = isoAt(Date.parse(from) + HOUR_MS);
    await replace(tenantId, 'hour', from, rollUpHour(tenantId, from, await factsOf(tenantId, from, to)));
  };
  const day = async (tenantId: string, anyTime: string) => {
    const { from, to } = dayOf(anyTime, timeZone);
    const hours = await rollups.find({ tenantId, period: 'hour', bucket: { $gte: from, $lt: to } }).toArray();
    await replace(tenantId, 'day', from, rollUpDay(tenantId, from, hours));
    await stationDays.replace(tenantId, from, hours);
  };

  /** Hours in which an order, a charge or an entry of the ledger that came since counts. */
  const changedHours = async (tenantId: string, since: string): Promise<Set<string>> => {
    const hours = new Set<string>();
    const recent = orders.find(
      { tenantId, updatedAt: { $gte: since } },
      { projection: { createdAt: 1, completedAt: 1 }, batchSize: PAGE },
    );
    for await (const { createdAt, completedAt } of recent) {
      hours.add(hourOf(createdAt));
      if (completedAt) hours.add(hourOf(completedAt));
    }
    const booked = charges.find(
      { tenantId, createdAt: { $gte: since } },
      { projection: { createdAt: 1 }, batchSize: PAGE },
    );
    for await (const { createdAt } of booked) hours.add(hourOf(createdAt));
    const posted = ledger.find(
      { tenantId, createdAt: { $gte: since } },
      { projection: { at: 1 }, batchSize: PAGE },
    );
    for await (const { at } of posted) hours.add(hourOf(at));
    return hours;
  };

  const compute = async (
    tenantId: string,
    hours: readonly string[],
    progress: (percent: number, text: string) => Promise<void>,
  ) => {
    const days = new Set<string>();
    for (const [index, at] of hours.entries()) {
      await progress((index / (hours.length + 1)) * 90, `${index} of ${hours.length} hours`);
      await hour(tenantId, at);
      days.add(dayOf(at, timeZone).from);
    }
    for (const at of [...days].sort()) {
      await progress(95, 'days');
      await day(tenantId, at);
    }
    await progress(98, 'cohorts');
    await cohorts.days(tenantId, [...days]);
    return { hours: hours.length, days: days.size };
  };

  const handlers = [
    handleTask(rollUpTask, async ({ tenantId, progress }) => {
      const startedAt = isoNow(clock);
      const cursor = await cursors.findOne({ _id: tenantId });
      // Roll-ups from before there were cohorts and days of stations know nothing of them: all of it once more.
      const since =
        cursor?.cohorts && cursor.stationDays ? isoAt(Date.parse(cursor.at) - OVERLAP_MS) : isoAt(0);
      const hours = await changedHours(tenantId, since);
      // Availability changes every minute without an order.
      hours.add(hourOf(startedAt));
      hours.add(hourOf(isoAt(Date.parse(startedAt) - HOUR_MS)));
      const done = await compute(tenantId, [...hours].sort(), progress);
      await health.snapshot(tenantId);
      await demand.refresh(tenantId);
      await cursors
        .updateOne(
          { _id: tenantId },
          { $max: { at: startedAt }, $set: { cohorts: 1, stationDays: 1 } },
          { upsert: true },
        )
        .catch((error) => {
          if (!isDuplicateKey(error)) throw error;
        });
      return done;
    }),
    handleTask(rebuildTask, ({ tenantId, input, progress }) => {
      const hours: string[] = [];
      for (
        let at = Date.parse(hourOf(isoAt(Date.parse(input.from))));
        at < Date.parse(input.to);
        at += HOUR_MS
      )
        hours.push(isoAt(at));
      return compute(tenantId, hours, progress);
    }),
  ];

  return {
    handlers,
    health,
    cohorts,
    hour,
    day,
    schedules: [
      defineSchedule({
        id: 'analytics-roll-up',
        cron: '*/5 * * * *',
        timeZone: 'UTC',
        spec: rollUpTask,
        input: (dueAt) => ({ dueAt }),
      }),
    ],
    async sampleAvailability() {
      const now = isoNow(clock);
      const [at, minute] = [hourOf(now), Number(now.slice(14, 16))];
      const watched = await stations
        .find(
          { lifecycle: { $in: ['commissioned', 'live', 'maintenance'] } },
          { projection: { tenantId: 1, online: 1 } },
        )
        .toArray();
      for (let from = 0; from < watched.length; from += CHUNK)
        await availability
          .bulkWrite(
            watched.slice(from, from + CHUNK).map(({ _id, tenantId, online }) => ({
              updateOne: {
                filter: { _id: `${_id}/${at}` },
                update: {
                  $addToSet: { known: minute, ...(online ? { online: minute } : {}) },
                  $setOnInsert: { tenantId, stationId: _id, hour: at, ...(online ? {} : { online: [] }) },
                },
                upsert: true,
              },
            })),
            { ordered: false },
          )
          .catch((error) => {
            // Another process made the hour's document at the same moment; the next look comes within the minute.
            if (!isDuplicateKey(error)) throw error;
          });
      return watched.length;
    },
  };
}
