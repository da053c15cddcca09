import { defineCollection } from '../db/index.js';
import type { OrderDocument } from '../orders/order-document.js';
import type { ChargeDocument } from '../wallets/wallet-document.js';
import { CALENDAR_PERIODS, type CalendarPeriod, localDates, periodStart } from './local-calendar.js';

/** What one rider did on one local day. */
export type RiderDay = { swaps: number; spentFen: number };

/** One rider in one week or month; made only for those who swapped or paid in it. */
export type ActivityDocument = RiderDay & {
  /** `{tenant}/{period}/{bucket}/{user}` */
  _id: string;
  tenantId: string;
  period: CalendarPeriod;
  /** First local day of the week or month, `YYYY-MM-DD`. */
  bucket: string;
  userId: string;
  /** Bucket of the rider's first swap or charge. */
  first: string;
  /** By local day; the sums are those of it. */
  days: Record<string, RiderDay>;
};
export const riderActivityCollection = defineCollection<ActivityDocument>('rider_activity', [
  { name: 'tenant-bucket', key: { tenantId: 1, period: 1, bucket: 1, userId: 1 } },
  { name: 'tenant-rider', key: { tenantId: 1, period: 1, userId: 1, bucket: 1 } },
]);

/** Riders who came in one week or month, and what they did in another. */
export type CohortDocument = RiderDay & {
  /** `{tenant}/{period}/{bucket}/{cohort}` */
  _id: string;
  tenantId: string;
  period: CalendarPeriod;
  cohort: string;
  bucket: string;
  riders: number;
};
export const cohortsCollection = defineCollection<CohortDocument>('rider_cohorts', [
  { name: 'tenant-bucket', key: { tenantId: 1, period: 1, bucket: 1, cohort: 1 } },
]);

export const ACTIVITY_FIELDS = { userId: 1, state: 1, completedAt: 1 } as const;
type ActivityOrder = Pick<OrderDocument, 'userId' | 'state' | 'completedAt'>;

/** Gathers what riders did, in any order, by local day and rider. */
export interface ActivityBook {
  completed(order: ActivityOrder): void;
  charged(charge: Pick<ChargeDocument, 'createdAt' | 'userId' | 'amountFen'>): void;
  readonly days: ReadonlyMap<string, ReadonlyMap<string, RiderDay>>;
}

export function createActivityBook(timeZone: string): ActivityBook {
  const dateOf = localDates(timeZone);
  const days = new Map<string, Map<string, RiderDay>>();
  const of = (time: string, userId: string): RiderDay => {
    const date = dateOf(time);
    const riders = days.get(date) ?? new Map<string, RiderDay>();
    days.set(date, riders);
    const known = riders.get(userId) ?? { swaps: 0, spentFen: 0 };
    riders.set(userId, known);
    return known;
  };
  return {
    days,
    completed({ userId, state, completedAt }) {
      if (completedAt === null || (state !== 'completed' && state !== 'resolved')) return;
      of(completedAt, userId).swaps += 1;
    },
    charged: ({ createdAt, userId, amountFen }) => {
      of(createdAt, userId).spentFen += amountFen;
    },
  };
}

export const activityIdOf = (
  tenantId: string,
  period: CalendarPeriod,
  bucket: string,
  userId: string,
): string => `${tenantId}/${period}/${bucket}/${userId}`;

/** The document with what the rider did on one day put in its place; null when nothing is left of it. */
export function withDay(
  document: ActivityDocument,
  date: string,
  done: RiderDay | undefined,
): ActivityDocument | null {
  const { [date]: _before, ...days } = document.days;
  if (done) days[date] = done;
  const sum = (of: keyof RiderDay) => Object.values(days).reduce((total, day) => total + day[of], 0);
  if (Object.keys(days).length === 0) return null;
  return { ...document, days, swaps: sum('swaps'), spentFen: sum('spentFen') };
}

/** Every document that the days make, with nothing before them. */
export function activityOf(tenantId: string, days: ActivityBook['days']): ActivityDocument[] {
  const documents = new Map<string, ActivityDocument>();
  const firsts = new Map<string, string>();
  for (const date of [...days.keys()].sort())
    for (const [userId, done] of days.get(date) ?? [])
      for (const period of CALENDAR_PERIODS) {
        const bucket = periodStart(period, date);
        const first = firsts.get(`${period}/${userId}`) ?? bucket;
        firsts.set(`${period}/${userId}`, first);
        const _id = activityIdOf(tenantId, period, bucket, userId);
        const known = documents.get(_id);
        if (known) {
          known.days[date] = done;
          known.swaps += done.swaps;
          known.spentFen += done.spentFen;
        } else
          documents.set(_id, {
            ...{ _id, tenantId, period, bucket, userId, first, days: { [date]: done } },
            ...done,
          });
      }
  return [...documents.values()];
}

/** The cohorts of documents of one or more buckets. */
export function cohortsOf(
  documents: Iterable<
    Pick<ActivityDocument, 'tenantId' | 'period' | 'bucket' | 'first' | 'swaps' | 'spentFen'>
  >,
): CohortDocument[] {
  const rows = new Map<string, CohortDocument>();
  for (const { tenantId, period, bucket, first: cohort, swaps, spentFen } of documents) {
    const _id = `${tenantId}/${period}/${bucket}/${cohort}`;
    const row = rows.get(_id) ?? { _id, tenantId, period, cohort, bucket, riders: 0, swaps: 0, spentFen: 0 };
    row.riders += 1;
    row.swaps += swaps;
    row.spentFen += spentFen;
    rows.set(_id, row);
  }
  return [...rows.values()];
}
