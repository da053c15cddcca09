import { createFactBook, MONEY_KINDS, moneyOf, ORDER_FIELDS, whereOfOrder } from '../analytics/hour-facts.js';
import {
  addFigures,
  availabilityCollection,
  dayOf,
  hourOf,
  METRICS,
  netFen,
  noFigures,
  type RollupDocument,
  rollUpDay,
  rollUpHour,
  rollupCursorsCollection,
  rollupsCollection,
} from '../analytics/rollup.js';
import {
  rollUpStationDays,
  type StationDayDocument,
  type StationDayHoursDocument,
  stationDayHoursCollection,
  stationDaysCollection,
} from '../analytics/station-days.js';
import type { Database } from '../db/index.js';
import { ledgerCollection } from '../finance/ledger.js';
import { ordersCollection } from '../orders/order-document.js';
import { chargesCollection } from '../wallets/wallet-document.js';
import { createFindings, type Difference } from './difference.js';

export type FiguresReport = {
  ok: boolean;
  tenantId: string;
  /** Hours and days that were held against what they are made of. */
  hours: number;
  days: number;
  /** Hours that the next roll-up will compute again: not differences. */
  waiting: number;
  /** Turnover less what was given back, of all hours that are not waiting; the same by the ledger. */
  netFen: number;
  ledgerNetFen: number;
  differences: Difference[];
  differenceCount: number;
};

/** The roll-up reads that much again each time. */
const OVERLAP_MS = 120_000;
const PAGE = 1_000;

/** Computes every hour and day again from orders, charges, ledger and availability and holds the stored roll-ups against them. */
export async function verifyFigures(
  database: Database,
  tenantId: string,
  timeZone: string,
): Promise<FiguresReport> {
  const findings = createFindings();
  const rollups = database.collection(rollupsCollection);
  const stationDays = database.collection(stationDaysCollection);
  const stationDayHours = database.collection(stationDayHoursCollection);
  const cursor = await database.collection(rollupCursorsCollection).findOne({ _id: tenantId });
  const since = cursor ? new Date(Date.parse(cursor.at) - OVERLAP_MS).toISOString() : '';
  const waiting = new Set<string>();
  const book = createFactBook();
  const whereOf = new Map<string, ReturnType<typeof whereOfOrder>>();

  const orders = database
    .collection(ordersCollection)
    .find(
      { tenantId },
      { projection: { ...ORDER_FIELDS, updatedAt: 1 }, sort: { createdAt: 1, _id: 1 }, batchSize: PAGE },
    );
  for await (const order of orders) {
    whereOf.set(order._id, whereOfOrder(order));
    book.made(order);
    book.completed(order);
    if (order.updatedAt < since) continue;
    waiting.add(hourOf(order.createdAt));
    if (order.completedAt) waiting.add(hourOf(order.completedAt));
  }
  const placeOf = (orderId: string | undefined) =>
    orderId === undefined ? null : (whereOf.get(orderId) ?? null);
  const charges = database
    .collection(chargesCollection)
    .find(
      { tenantId },
      { projection: { orderId: 1, createdAt: 1 }, sort: { createdAt: 1, _id: 1 }, batchSize: PAGE },
    );
  for await (const charge of charges) {
    book.charged(charge, placeOf(charge.orderId));
    if (charge.createdAt >= since) waiting.add(hourOf(charge.createdAt));
  }
  const ledgerFen = new Map<string, number>();
  const entries = database.collection(ledgerCollection).find(
    { tenantId, kind: { $in: [...MONEY_KINDS] } },
    {
      projection: { kind: 1, at: 1, lines: 1, orderId: 1, note: 1, createdAt: 1 },
      sort: { at: 1, _id: 1 },
      batchSize: PAGE,
    },
  );
  for await (const entry of entries) {
    book.booked(entry, placeOf(entry.orderId));
    const hour = hourOf(entry.at);
    const money = moneyOf(entry);
    const sign = money?.metric === 'refundsFen' || money?.metric === 'planRefundsFen' ? -1 : 1;
    ledgerFen.set(hour, (ledgerFen.get(hour) ?? 0) + sign * (money?.amountFen ?? 0));
    if (entry.createdAt >= since) waiting.add(hour);
  }
  const minutes = database
    .collection(availabilityCollection)
    .find({ tenantId }, { sort: { hour: 1 }, batchSize: PAGE });
  for await (const one of minutes) {
    book.seen(one);
    if (one.hour >= hourOf(since || one.hour)) waiting.add(one.hour);
  }

  const stored = { hour: new Map<string, RollupDocument[]>(), day: new Map<string, RollupDocument[]>() };
  const rows = rollups.find({ tenantId }, { sort: { period: 1, bucket: 1, _id: 1 }, batchSize: PAGE });
  for await (const row of rows)
    stored[row.period].set(row.bucket, [...(stored[row.period].get(row.bucket) ?? []), row]);

  const compare = (bucket: string, wanted: readonly RollupDocument[], actual: readonly RollupDocument[]) => {
    const byId = new Map(actual.map((row) => [row._id, row]));
    for (const row of wanted) {
      const known = byId.get(row._id);
      byId.delete(row._id);
      for (const metric of METRICS)
        if ((known?.[metric] ?? 0) !== row[metric])
          findings.add(
            `FIGURE_${row.period.toUpperCase()}`,
            `${row._id} ${metric}`,
            row[metric],
            known?.[metric] ?? 'none',
          );
    }
    for (const row of byId.values())
      if (METRICS.some((metric) => row[metric] !== 0))
        findings.add('FIGURE_OF_NOTHING', row._id, 'no row', bucket);
  };
  let [hours, net, ledgerNet] = [0, 0, 0];
  const skippedDays = new Set<string>();
  let day = { from: '', to: '' };
  const dayFor = (hour: string) => {
    if (!(hour >= day.from && hour < day.to)) day = dayOf(hour, timeZone);
    return day.from;
  };
  for (const hour of [...new Set([...book.hours.keys(), ...stored.hour.keys()])].sort()) {
    if (waiting.has(hour)) {
      skippedDays.add(dayFor(hour));
      continue;
    }
    hours += 1;
    const actual = stored.hour.get(hour) ?? [];
    compare(hour, rollUpHour(tenantId, hour, book.of(hour)), actual);
    net += netFen(actual.reduce(addFigures, noFigures()));
    ledgerNet += ledgerFen.get(hour) ?? 0;
  }
  if (net !== ledgerNet) findings.add('LEDGER_NET', tenantId, ledgerNet, net);
  const hoursOfDay = new Map<string, RollupDocument[]>();
  for (const [hour, found] of [...stored.hour].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const from = dayFor(hour);
    hoursOfDay.set(from, [...(hoursOfDay.get(from) ?? []), ...found]);
  }
  let days = 0;
  for (const from of new Set([...hoursOfDay.keys(), ...stored.day.keys()])) {
    if (skippedDays.has(from)) continue;
    days += 1;
    const ofDay = hoursOfDay.get(from) ?? [];
    compare(from, rollUpDay(tenantId, from, ofDay), stored.day.get(from) ?? []);
    // From before there were any: the next roll-up writes them all.
    if (!cursor?.stationDays) continue;
    compareStationDays(
      findings,
      rollUpStationDays(tenantId, from, ofDay),
      await stationDays.find({ tenantId, day: from }).toArray(),
      await stationDayHours.find({ tenantId, day: from }).toArray(),
    );
  }
  return {
    ok: findings.count === 0,
    tenantId,
    hours,
    days,
    waiting: waiting.size,
    netFen: net,
    ledgerNetFen: ledgerNet,
    differences: [...findings.kept],
    differenceCount: findings.count,
  };
}

/** A day of a station has its figures, and those of its hours. */
function compareStationDays(
  findings: ReturnType<typeof createFindings>,
  wanted: ReturnType<typeof rollUpStationDays>,
  days: readonly StationDayDocument[],
  hours: readonly StationDayHoursDocument[],
): void {
  const figuresOf = new Map(days.map(({ _id, figures }) => [_id, figures]));
  const hoursOf = new Map(hours.map((document) => [document._id, document.hours]));
  for (const document of wanted)
    for (const [known, name] of [[figuresOf, 'figures'] as const, [hoursOf, 'hours'] as const]) {
      const actual = known.get(document._id);
      known.delete(document._id);
      if (actual !== document[name])
        findings.add('FIGURE_STATION_DAY', `${document._id} ${name}`, document[name], actual ?? 'none');
    }
  for (const _id of [...figuresOf.keys(), ...hoursOf.keys()])
    findings.add('FIGURE_OF_NOTHING', _id, 'no document', _id);
}
