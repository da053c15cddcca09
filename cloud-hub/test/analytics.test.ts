import { uuidv7 } from 'uuidv7';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  activityOf,
  cohortsCollection,
  cohortsOf,
  createActivityBook,
} from '../src/analytics/rider-activity.js';
import { hourOf, rollupsCollection } from '../src/analytics/rollup.js';
import { createRollups } from '../src/analytics/rollups.js';
import { createStationDays } from '../src/analytics/station-days.js';
import { batteriesCollection, newBattery } from '../src/batteries/battery-documents.js';
import type { Database } from '../src/db/index.js';
import { createLedger } from '../src/finance/ledger.js';
import { saleLines } from '../src/finance/postings.js';
import { type OrderDocument, ordersCollection } from '../src/orders/order-document.js';
import { stationsCollection } from '../src/stations/station-documents.js';
import { createTaskRunner, createTaskStore, type TaskRunner } from '../src/tasks/index.js';
import { chargesCollection } from '../src/wallets/wallets.js';
import { connectStation } from './support/fake-station.js';
import { eventually, type HubFixture, problemOf, startHub } from './support/hub-fixture.js';
import { openTestStore, silent } from './support/store.js';

const HOUR = 3_600_000;

describe('roll-ups of stored orders', () => {
  let database: Database;
  let runner: TaskRunner;
  let nowMs = 0;
  const clock = { now: () => nowMs };
  beforeEach(async () => {
    database = await openTestStore();
    nowMs = Date.parse('2026-11-22T08:30:00.000Z');
  });
  afterEach(async () => {
    await runner?.stop();
    await database.close();
  });

  const iso = (ms: number) => new Date(ms).toISOString();
  const insertOrder = async (madeMs: number, patch: Partial<OrderDocument>, amountFen: number | null) => {
    const _id = uuidv7();
    const order = {
      _id,
      tenantId: 't1',
      version: 1,
      createdAt: iso(madeMs),
      updatedAt: iso(madeMs),
      kind: 'swap',
      state: 'completed',
      origin: 'remote',
      userId: 'u',
      vehicleId: 'v',
      stationId: '1231',
      commandId: null,
      packClass: 'A',
      returned: null,
      dispensed: null,
      price: { planVersion: 'per-swap@1', lines: [], totalFen: amountFen ?? 0, currency: 'CNY' },
      payment: { state: 'none', amountFen: 0, chargeId: null },
      reason: null,
      timeline: [],
      expiresAt: null,
      completedAt: null,
      requestKey: _id,
      openKey: `done:${_id}`,
      settlement: null,
      due: [],
      dueAt: null,
      sweepAt: null,
      facts: [],
      ...patch,
    } as OrderDocument;
    await database.collection(ordersCollection).insertOne(order);
    if (amountFen !== null) {
      const at = order.completedAt ?? order.createdAt;
      await createLedger({ database, clock }).post('t1', {
        key: `capture:${_id}`,
        kind: 'capture',
        at,
        orderId: _id,
        userId: 'u',
        lines: [{ account: 'rider-hold:u', amountFen }, ...saleLines('revenue-swap', amountFen)],
      });
      await database.collection(chargesCollection).insertOne({
        _id: `ch-${_id}`,
        tenantId: 't1',
        version: 1,
        createdAt: order.completedAt ?? order.createdAt,
        updatedAt: order.createdAt,
        orderId: _id,
        userId: order.userId,
        amountFen,
        currency: 'CNY',
      });
    }
    return order;
  };
  const rows = () =>
    database
      .collection(rollupsCollection)
      .find({}, { sort: { _id: 1 } })
      .toArray();
  const cohorts = () =>
    database
      .collection(cohortsCollection)
      .find({}, { sort: { _id: 1 } })
      .toArray();
  /** Computed at once from all that is stored. */
  const cohortsAnew = async () => {
    const book = createActivityBook('Asia/Shanghai');
    for await (const order of database.collection(ordersCollection).find({})) book.completed(order);
    for await (const charge of database.collection(chargesCollection).find({})) book.charged(charge);
    return cohortsOf(activityOf('t1', book.days)).sort((a, b) => (a._id < b._id ? -1 : 1));
  };

  it('are the same to the fen however often they run, and follow late changes', async () => {
    const rollups = createRollups({ database, clock, timeZone: 'Asia/Shanghai' });
    const store = createTaskStore({ database, clock });
    runner = createTaskRunner({
      store,
      handlers: rollups.handlers,
      clock,
      logger: silent,
      owner: 't',
      pollMs: 20,
    });
    runner.start();
    const [rollUp, rebuild] = rollups.handlers;
    const run = async (index: 0 | 1, input: Record<string, unknown>) => {
      const spec = [rollUp, rebuild][index]?.spec;
      if (!spec) throw new Error('no spec');
      const { id } = await store.enqueue(spec, { tenantId: 't1', input, by: 'test' });
      await eventually(async () => (await store.find(id))?.state === 'done', 'the roll-up', 30_000);
    };
    let revenue = 0;
    for (let n = 0; n < 60; n += 1) {
      const made = nowMs - 50 * HOUR + n * 2_400_000;
      const fen = 500 + n;
      revenue += fen;
      await insertOrder(
        made,
        {
          userId: `u${n % 7}`,
          completedAt: iso(made + 90_000),
          stationId: n % 3 ? '1231' : '1232',
          updatedAt: iso(made + 90_000),
        },
        fen,
      );
    }
    await insertOrder(nowMs - 5 * HOUR, { state: 'refused', reason: 'NO_PACK_READY' }, null);
    const open = await insertOrder(nowMs - 4 * HOUR, { state: 'unknown' }, null);
    await database.collection(stationsCollection).insertOne({
      _id: '1231',
      tenantId: 't1',
      version: 1,
      createdAt: iso(0),
      updatedAt: iso(0),
      name: 's',
      lifecycle: 'live',
      topics: 'own',
      location: null,
      timeZone: 'Asia/Shanghai',
      online: true,
    });
    await rollups.sampleAvailability();
    await rollups.sampleAvailability();
    nowMs += 60_000;
    await database.collection(stationsCollection).updateOne({ _id: '1231' }, { $set: { online: false } });
    await rollups.sampleAvailability();

    await run(0, { dueAt: iso(nowMs) });
    const first = await rows();
    const total = (period: string, name: 'revenueFen' | 'swaps' | 'attempts' | 'unknown' | 'shortages') =>
      first.filter((row) => row.period === period).reduce((sum, row) => sum + row[name], 0);
    for (const period of ['hour', 'day']) {
      expect(total(period, 'revenueFen')).toBe(revenue);
      expect(total(period, 'swaps')).toBe(60);
      expect(total(period, 'attempts')).toBe(62);
      expect(total(period, 'unknown')).toBe(1);
      expect(total(period, 'shortages')).toBe(1);
    }
    expect(first.find((row) => row._id === `t1/hour/${hourOf(iso(nowMs))}/1231/-`)).toMatchObject({
      onlineMinutes: 1,
      knownMinutes: 2,
    });

    // The days by station are the same to the fen, over any span and for any choice of stations.
    const stationDays = createStationDays({ database });
    const [from, to] = [iso(nowMs - 70 * HOUR), iso(nowMs + HOUR)];
    for (const cut of [0, 1, 7, 24, 31, 49]) {
      const span = { tenantId: 't1', from: hourOf(iso(nowMs - cut * HOUR)), to };
      for (const stationIds of [null, 'every', ['1231'], ['1232', 'nowhere']] as const) {
        const fits = (stationId: string) => !Array.isArray(stationIds) || stationIds.includes(stationId);
        const inSpan = first.filter(
          (row) => row.period === 'hour' && row.bucket >= span.from && fits(row.stationId),
        );
        const wanted = inSpan.reduce((sum, row) => sum + row.revenueFen, 0);
        for (const read of [
          await stationDays.parts({ ...span, stationIds }),
          await stationDays.hours({ ...span, stationIds }),
        ])
          expect(read.reduce((sum, { figures }) => sum + figures.revenueFen, 0)).toBe(wanted);
      }
    }
    const days = await stationDays.days({ tenantId: 't1', from, to, stationIds: null });
    expect(days.map(({ day }) => day)).toEqual([
      ...new Set(first.filter(({ period }) => period === 'day').map(({ bucket }) => bucket)),
    ]);

    const firstCohorts = await cohorts();
    expect(firstCohorts).toEqual(await cohortsAnew());
    const weeks = firstCohorts.filter(({ period }) => period === 'week');
    expect(weeks.reduce((sum, row) => sum + row.spentFen, 0)).toBe(revenue);

    await run(0, { dueAt: iso(nowMs + 1) });
    await run(1, { from: iso(nowMs - 60 * HOUR), to: iso(nowMs + HOUR) });
    expect(await rows()).toEqual(first);
    expect(await cohorts()).toEqual(firstCohorts);

    // Four hours later the station reports that the swap had been done.
    nowMs += HOUR;
    await database
      .collection(ordersCollection)
      .updateOne(
        { _id: open._id },
        { $set: { state: 'completed', completedAt: iso(nowMs - 2 * HOUR), updatedAt: iso(nowMs) } },
      );
    await run(0, { dueAt: iso(nowMs) });
    const after = await rows();
    expect(after.reduce((sum, row) => sum + (row.period === 'hour' ? row.unknown : 0), 0)).toBe(0);
    expect(after.reduce((sum, row) => sum + (row.period === 'day' ? row.swaps : 0), 0)).toBe(61);

    // A swap of last month, told late, makes a rider who seemed to be new one of that month.
    nowMs += HOUR;
    const old = iso(nowMs - 40 * 24 * HOUR);
    await insertOrder(Date.parse(old), { userId: 'u3', completedAt: old, updatedAt: iso(nowMs) }, null);
    await run(0, { dueAt: iso(nowMs) });
    expect(await cohorts()).toEqual(await cohortsAnew());
    expect((await cohorts()).map((row) => [row.period, row.cohort, row.bucket, row.riders])).toContainEqual([
      'month',
      '2026-10-01',
      '2026-11-01',
      1,
    ]);
  }, 180_000);

  it('count packs by state of health once a day', async () => {
    const rollups = createRollups({ database, clock, timeZone: 'Asia/Shanghai' });
    const custodian = { kind: 'depot' as const, since: iso(nowMs) };
    for (const [id, sohPct] of [
      ['a', 95],
      ['b', 72],
      ['c', undefined],
    ] as const)
      await database.collection(batteriesCollection).insertOne({
        ...newBattery({ id, tenantId: 't1', packClass: 'A', custodian, now: iso(nowMs) }),
        lastReading: sohPct === undefined ? null : { slot: 1, sohPct, cycles: 600 },
      } as never);
    await rollups.health.snapshot('t1');
    await rollups.health.snapshot('t1');
    const days = await rollups.health.days('t1', 10);
    expect(days).toHaveLength(1);
    expect(days[0]?.classes).toMatchObject([
      {
        packClass: 'A',
        packs: 3,
        soh: { from90: 1, from70: 1, unknown: 1, below60: 0 },
        cycles: { from500: 2 },
      },
    ]);
  });
});

describe('the dashboards', () => {
  let hub: HubFixture;
  beforeEach(async () => {
    hub = await startHub();
  }, 60_000);
  afterEach(() => hub?.stop(), 60_000);

  it('show a swap after the roll-up ran, and only to those who may see it', async () => {
    const admin = await hub.operator();
    const cabinet = await connectStation(hub.mqttUrl);
    const token = await hub.station();
    const order = await hub.call<{ id: string }>('POST', '/core/v0/order', {
      token,
      body: { user: 'u-demo', vehicle: 'v-demo' },
    });
    await hub.call('PUT', `/core/v0/order/${order.body.id}`, { token, body: { state: 'completed' } });
    const started = await hub.call<{ id: string }>('POST', '/core/v0/task-schedules/analytics-roll-up/run', {
      token: admin,
    });
    expect(started.status).toBe(202);
    await eventually(
      async () =>
        (await hub.call<{ state: string }>('GET', `/core/v0/tasks/${started.body.id}`, { token: admin })).body
          .state === 'done',
      'the roll-up',
      30_000,
    );
    await cabinet.close();
    const span = `from=${new Date(Date.now() - 2 * HOUR).toISOString()}&to=${new Date(Date.now() + 2 * HOUR).toISOString()}`;
    const get = (path: string, as = admin) => hub.call(`GET`, `/core/v0/analytics/${path}`, { token: as });
    expect((await get(`summary?${span}`)).body).toMatchObject({ swaps: 1, revenueFen: 600, successPct: 100 });
    expect((await get(`series?${span}&period=hour&by=station`)).body).toMatchObject([
      { key: '1231', swaps: 1 },
    ]);
    expect((await get(`series?${span}&period=hour&by=plan&stationId=1231`)).body).toMatchObject([
      { key: 'per-swap@1', revenueFen: 600 },
    ]);
    expect((await get(`series?${span}&period=hour&stationId=1232`)).body).toEqual([]);
    const cells = (await get(`heat-map?${span}`)).body as { swaps: number }[];
    expect([cells.length, cells.reduce((sum, cell) => sum + cell.swaps, 0)]).toEqual([168, 1]);
    expect(((await get('battery-health')).body as unknown[]).length).toBe(1);
    const ranking = (await get(`ranking?${span}&by=netRevenueFen`)).body as { stationId: string }[];
    expect(ranking[0]).toMatchObject({ stationId: '1231', rank: 1, value: 600, previousRank: null });
    const [month] = (await get('cohorts')).body as { riders: number; periods: unknown[] }[];
    expect(month).toMatchObject({
      riders: 1,
      periods: [{ offset: 0, riders: 1, retainedPct: 100, swaps: 1, spentFen: 600 }],
    });
    const forecast = (await get('shortage-forecast?hours=6&stationId=1231')).body as { hours: unknown[] }[];
    expect(forecast).toMatchObject([{ stationId: '1231', readyNow: 0, historyHours: 0, shortage: 0 }]);
    expect(forecast[0]?.hours).toHaveLength(6);
    expect((await get('shortage-forecast?stationId=nowhere')).status).toBe(404);
    const schedules = (await hub.call<{ id: string }[]>('GET', '/core/v0/task-schedules', { token: admin }))
      .body;
    expect(schedules.map(({ id }) => id)).toContain('analytics-roll-up');

    expect((await get(`summary?${span}`, await hub.rider())).status).toBe(403);
    const bad = await get('summary?from=2026-01-02T00:00:00.000Z&to=2026-01-01T00:00:00.000Z');
    expect([bad.status, problemOf(bad).errors?.[0]?.path]).toEqual([400, 'query.to']);
  }, 60_000);
});
