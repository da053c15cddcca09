import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCohorts } from '../src/analytics/cohorts.js';
import { cohortsCollection } from '../src/analytics/rider-activity.js';
import { rollupsCollection } from '../src/analytics/rollup.js';
import { createRollups } from '../src/analytics/rollups.js';
import { auditCollection } from '../src/audit/audit-document.js';
import { createAuditLog } from '../src/audit/audit-log.js';
import { batteriesCollection, custodyEventsCollection } from '../src/batteries/battery-documents.js';
import type { Database } from '../src/db/index.js';
import { ledgerCollection } from '../src/finance/ledger.js';
import { ordersCollection } from '../src/orders/order-document.js';
import { citySize } from '../src/seed/city-size.js';
import { seedCity } from '../src/seed/seed-city.js';
import { createIdentity } from '../src/stargate/identity.js';
import { usersCollection } from '../src/users/users.js';
import { type TenantReport, verifyTenant } from '../src/verify/verify-tenant.js';
import { walletsCollection } from '../src/wallets/wallets.js';
import { openTestStore, silent } from './support/store.js';

const TIME_ZONE = 'Asia/Shanghai';
const untilMs = Date.parse('2026-11-22T08:00:00.000Z');
const clock = { now: () => untilMs };
const SMALL = { seed: 's', tenantId: 'main', scale: 0.15, orders: 240, days: 3, untilMs };

describe('the seeded city', () => {
  const open: Database[] = [];
  let database: Database;
  beforeEach(async () => {
    database = await openTestStore();
    open.push(database);
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  const parts = (on: Database) => {
    const identity = createIdentity({
      database: on,
      clock,
      logger: silent,
      rootSecret: Buffer.alloc(32, 7),
      riderTenantId: 'main',
      fixedCodes: new Map(),
    });
    const audit = createAuditLog({ database: on, clock, logger: silent, vault: identity.vault });
    return { identity, audit };
  };
  const seed = (on: Database, wish: Partial<Parameters<typeof seedCity>[1]> = {}) => {
    const { identity, audit } = parts(on);
    return seedCity(
      {
        database: on,
        operators: identity.operators,
        credentials: identity.stations,
        audit,
        homeTenantId: 'main',
      },
      { ...SMALL, ...wish },
    );
  };
  const verify = (on: Database): Promise<TenantReport> =>
    verifyTenant({ database: on, audit: parts(on).audit, tenantId: 'main', timeZone: TIME_ZONE });
  const found = (report: TenantReport) => ({
    orders: report.orders.differences,
    ledger: report.ledger.differences,
    custody: [...report.custody.differences, ...report.custody.warnings],
    figures: report.figures.differences,
    audit: report.audit,
  });

  it('adds up: orders, ledger, wallets, custody, figures and audit chain agree, and the hub computes the same figures', async () => {
    const report = await seed(database);
    expect(report.documents).toMatchObject({ orders: 240, batteries: 60, users: 300 });
    const some = ['coupons', 'rider_coupons', 'deposits', 'reconciliations'];
    for (const name of some) expect(report.documents[name], name).toBeGreaterThan(0);
    const verdict = await verify(database);
    expect(found(verdict)).toMatchObject({
      orders: [],
      ledger: [],
      custody: [],
      figures: [],
      audit: { ok: true },
    });
    expect(verdict.ok).toBe(true);
    expect(verdict.orders).toMatchObject({ orders: 240, open: 2 });
    expect(verdict.figures.netFen).toBeGreaterThan(20_000);
    const states = await database.collection(ordersCollection).distinct('state');
    expect(states).toEqual(expect.arrayContaining(['completed', 'unknown', 'refused']));

    const rows = () =>
      database
        .collection(rollupsCollection)
        .find({}, { sort: { _id: 1 } })
        .toArray();
    const before = await rows();
    const cohorts = () =>
      database
        .collection(cohortsCollection)
        .find({}, { sort: { _id: 1 } })
        .toArray();
    const cohortsBefore = await cohorts();
    expect(cohortsBefore.map(({ period }) => period)).toEqual(expect.arrayContaining(['week', 'month']));
    const rollups = createRollups({ database, clock, timeZone: TIME_ZONE });
    const hours = [...new Set(before.filter(({ period }) => period === 'hour').map(({ bucket }) => bucket))];
    for (const hour of hours) await rollups.hour('main', hour);
    for (const day of new Set(before.filter(({ period }) => period === 'day').map(({ bucket }) => bucket)))
      await rollups.day('main', day);
    expect(await rows()).toEqual(before);
    await createCohorts({ database, timeZone: TIME_ZONE }).days('main', hours);
    expect(await cohorts()).toEqual(cohortsBefore);
  }, 120_000);

  it('is the same city for the same seed, and another one for another', async () => {
    const other = await openTestStore();
    const third = await openTestStore();
    open.push(other, third);
    await seed(database);
    await seed(other);
    await seed(third, { seed: 'else' });
    const all = (on: Database) =>
      Promise.all(
        [
          ordersCollection,
          batteriesCollection,
          walletsCollection,
          usersCollection,
          custodyEventsCollection,
        ].map((spec) =>
          on
            .collection(spec as typeof ordersCollection)
            .find({}, { sort: { _id: 1 } })
            .toArray(),
        ),
      );
    const first = await all(database);
    expect(await all(other)).toEqual(first);
    expect((await all(third))[0]).not.toEqual(first[0]);
  }, 120_000);

  it('goes into a tenant of its own, and into one with data only when told to', async () => {
    await seed(database, { orders: 40, days: 3 });
    await expect(seed(database, { orders: 40, days: 3, seed: 'more' })).rejects.toMatchObject({
      code: 'TENANT_IN_USE',
    });
    await expect(seed(database, { orders: 40, days: 3, force: true })).rejects.toMatchObject({
      code: 'TENANT_IN_USE',
    });
    expect(await database.collection(ordersCollection).countDocuments({})).toBe(40);
    await seed(database, { orders: 40, days: 3, seed: 'more', force: true });
    await seed(database, { orders: 40, days: 3, tenantId: 'second' });
    expect(await database.collection(ordersCollection).countDocuments({ tenantId: 'main' })).toBe(80);
    expect(found(await verify(database)).ledger).toEqual([]);
  }, 120_000);

  it('refuses sizes that no city has', () => {
    for (const wish of [
      { scale: 0, days: 90 },
      { scale: 100, days: 90 },
      { orders: 0, days: 90 },
      { orders: 200_000, scale: 0.1, days: 90 },
      { days: 1 },
    ])
      expect(() => citySize(wish)).toThrow(/^--/);
    expect(citySize({ days: 90 })).toMatchObject({ stations: 30, packs: 400, riders: 2_000 });
    expect(citySize({ days: 90, orders: 200_000 }).stations).toBeGreaterThan(60);
  });

  it('verification names what does not agree', async () => {
    await seed(database);
    const orders = database.collection(ordersCollection);
    const charged = await orders
      .find({ 'payment.state': 'captured', 'price.totalFen': { $gt: 0 } })
      .toArray();
    const [one, two, three] = charged;
    if (!one || !two || !three) throw new Error('no orders');
    await orders.updateOne({ _id: one._id }, { $inc: { 'price.totalFen': 1 } });
    await database
      .collection(ledgerCollection)
      .updateOne(
        { key: `capture:${two._id}` },
        { $inc: { 'lines.1.amountFen': -5, 'lines.0.amountFen': 5 } },
      );
    await database.collection(custodyEventsCollection).deleteOne({ _id: `order:${three._id}:returned` });
    const pack = await database
      .collection(batteriesCollection)
      .findOneAndUpdate({ 'custodian.kind': 'station' }, { $set: { 'custodian.id': 'elsewhere' } });
    const row = await database
      .collection(rollupsCollection)
      .findOneAndUpdate({ period: 'day', swaps: { $gt: 0 } }, { $inc: { swaps: 1 } });
    const entry = await database
      .collection(auditCollection)
      .findOneAndUpdate({ seq: 2 }, { $set: { target: randomBytes(4).toString('hex') } });
    const report = await verify(database);
    expect(report.ok).toBe(false);
    expect(report.orders.differences.map(({ code, subject }) => [code, subject])).toEqual(
      expect.arrayContaining([
        ['PRICE_LINES', one._id],
        ['CHARGE_AMOUNT', one._id],
      ]),
    );
    expect(report.ledger.differences).toContainEqual(expect.objectContaining({ code: 'WALLET_LEDGER' }));
    expect(report.custody.differences).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ code: 'HANDOVER_MISSING', subject: `order:${three._id}:returned` }),
        expect.objectContaining({ code: 'CUSTODIAN', subject: pack?._id }),
      ]),
    );
    expect(report.figures.differences).toContainEqual(
      expect.objectContaining({ code: 'FIGURE_DAY', subject: `${row?._id} swaps` }),
    );
    expect(entry).not.toBeNull();
    expect(report.audit).toMatchObject({ ok: false, seq: 2 });
  }, 120_000);
});
