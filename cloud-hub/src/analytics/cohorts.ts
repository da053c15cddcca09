import type { AnyBulkWriteOperation } from 'mongodb';
import type { Database } from '../db/index.js';
import { ordersCollection } from '../orders/order-document.js';
import { chargesCollection } from '../wallets/wallet-document.js';
import { CALENDAR_PERIODS, type CalendarPeriod, localDates, periodStart } from './local-calendar.js';
import {
  ACTIVITY_FIELDS,
  type ActivityDocument,
  activityIdOf,
  type CohortDocument,
  cohortsCollection,
  createActivityBook,
  riderActivityCollection,
  withDay,
} from './rider-activity.js';
import { dayOf } from './rollup.js';

export interface Cohorts {
  /** Computes what riders did on the local days that the times lie in, and the cohorts that this changes. Safe to repeat. */
  days(tenantId: string, times: readonly string[]): Promise<void>;
  /** Computes the cohorts of the weeks and months that the local days (`YYYY-MM-DD`) lie in, from the riders' activity as it is stored. */
  summarise(tenantId: string, dates: readonly string[]): Promise<void>;
  /** Rows of the buckets from one on, oldest first. */
  since(tenantId: string, period: CalendarPeriod, bucket: string): Promise<CohortDocument[]>;
}

const CHUNK = 500;
const PAGE = 2_000;

export function createCohorts(deps: { database: Database; timeZone: string }): Cohorts {
  const { database, timeZone } = deps;
  const orders = database.collection(ordersCollection);
  const charges = database.collection(chargesCollection);
  const activity = database.collection(riderActivityCollection);
  const cohorts = database.collection(cohortsCollection);
  const dateOf = localDates(timeZone);

  const ridersOf = async (tenantId: string, time: string) => {
    const { from, to } = dayOf(time, timeZone);
    const within = { $gte: from, $lt: to };
    const book = createActivityBook(timeZone);
    for await (const order of orders.find(
      { tenantId, completedAt: within },
      { projection: ACTIVITY_FIELDS, batchSize: PAGE },
    ))
      book.completed(order);
    for await (const charge of charges.find(
      { tenantId, createdAt: within },
      { projection: { createdAt: 1, userId: 1, amountFen: 1 }, batchSize: PAGE },
    ))
      book.charged(charge);
    return book.days;
  };

  /** The first bucket of each rider, for those who have one. */
  const firstsOf = async (tenantId: string, period: CalendarPeriod, userIds: readonly string[]) => {
    const firsts = new Map<string, string>();
    for (let at = 0; at < userIds.length; at += CHUNK)
      for await (const { _id, first } of activity.aggregate<{ _id: string; first: string }>([
        { $match: { tenantId, period, userId: { $in: userIds.slice(at, at + CHUNK) } } },
        { $group: { _id: '$userId', first: { $min: '$bucket' } } },
      ]))
        firsts.set(_id, first);
    return firsts;
  };

  /** Puts a day in its place; the buckets that changed by it. */
  const putDay = async (
    tenantId: string,
    period: CalendarPeriod,
    date: string,
    riders: ReadonlyMap<string, { swaps: number; spentFen: number }>,
  ): Promise<Set<string>> => {
    const bucket = periodStart(period, date);
    const changed = new Set([bucket]);
    const known = new Map<string, ActivityDocument>();
    for await (const document of activity.find({ tenantId, period, bucket }, { batchSize: PAGE }))
      known.set(document.userId, document);
    const newcomers = [...riders.keys()].filter((userId) => !known.has(userId));
    const firsts = await firstsOf(tenantId, period, newcomers);
    const writes: AnyBulkWriteOperation<ActivityDocument>[] = [];
    for (const userId of new Set([...riders.keys(), ...known.keys()])) {
      const done = riders.get(userId);
      const before = known.get(userId);
      if (before && same(before.days[date], done)) continue;
      const _id = activityIdOf(tenantId, period, bucket, userId);
      const earlier = firsts.get(userId);
      const first = earlier !== undefined && earlier < bucket ? earlier : bucket;
      const after = withDay(
        before ?? { _id, tenantId, period, bucket, userId, first, days: {}, swaps: 0, spentFen: 0 },
        date,
        done,
      );
      writes.push(
        after
          ? { replaceOne: { filter: { _id }, replacement: after, upsert: true } }
          : { deleteOne: { filter: { _id } } },
      );
    }
    for (let at = 0; at < writes.length; at += CHUNK)
      await activity.bulkWrite(writes.slice(at, at + CHUNK), { ordered: false });
    // What came late may have been a rider's first: then all that rider did since belongs to another cohort.
    const late = newcomers.filter((userId) => (firsts.get(userId) ?? '') > bucket);
    for (let at = 0; at < late.length; at += CHUNK) {
      const theirs = { tenantId, period, userId: { $in: late.slice(at, at + CHUNK) } };
      await activity.updateMany(theirs, { $set: { first: bucket } });
      for (const moved of await activity.distinct('bucket', theirs)) changed.add(moved);
    }
    return changed;
  };

  const summariseBucket = async (tenantId: string, period: CalendarPeriod, bucket: string) => {
    const found = activity.aggregate<{ _id: string; riders: number; swaps: number; spentFen: number }>([
      { $match: { tenantId, period, bucket } },
      {
        $group: {
          _id: '$first',
          riders: { $sum: 1 },
          swaps: { $sum: '$swaps' },
          spentFen: { $sum: '$spentFen' },
        },
      },
    ]);
    const rows: CohortDocument[] = [];
    for await (const { _id: cohort, ...sums } of found)
      rows.push({
        _id: `${tenantId}/${period}/${bucket}/${cohort}`,
        tenantId,
        period,
        cohort,
        bucket,
        ...sums,
      });
    await cohorts.bulkWrite(
      [
        ...rows.map((replacement) => ({
          replaceOne: { filter: { _id: replacement._id }, replacement, upsert: true },
        })),
        { deleteMany: { filter: { tenantId, period, bucket, _id: { $nin: rows.map(({ _id }) => _id) } } } },
      ],
      { ordered: false },
    );
  };

  return {
    async days(tenantId, times) {
      const changed = new Map<CalendarPeriod, Set<string>>();
      const byDate = new Map(times.map((time) => [dateOf(time), time]));
      for (const [date, time] of [...byDate].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const riders = (await ridersOf(tenantId, time)).get(date) ?? new Map();
        for (const period of CALENDAR_PERIODS) {
          const buckets = changed.get(period) ?? new Set();
          for (const bucket of await putDay(tenantId, period, date, riders)) buckets.add(bucket);
          changed.set(period, buckets);
        }
      }
      for (const [period, buckets] of changed)
        for (const bucket of [...buckets].sort()) await summariseBucket(tenantId, period, bucket);
    },
    async summarise(tenantId, dates) {
      for (const period of CALENDAR_PERIODS)
        for (const bucket of new Set(dates.map((date) => periodStart(period, date))))
          await summariseBucket(tenantId, period, bucket);
    },
    since: (tenantId, period, bucket) =>
      cohorts
        .find({ tenantId, period, bucket: { $gte: bucket } }, { sort: { bucket: 1, cohort: 1 } })
        .toArray(),
  };
}

const same = (
  a: { swaps: number; spentFen: number } | undefined,
  b: { swaps: number; spentFen: number } | undefined,
): boolean => a?.swaps === b?.swaps && a?.spentFen === b?.spentFen;
