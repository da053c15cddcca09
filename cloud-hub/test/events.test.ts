import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../src/db/index.js';
import { createDomainEvents, type DomainEvent } from '../src/events/domain-events.js';
import { createEventFeed, type EventSource } from '../src/events/event-feed.js';
import { eventSources } from '../src/events/sources.js';
import { type OrderDocument, ordersCollection } from '../src/orders/order-document.js';
import { createTaskStore, tasksCollection } from '../src/tasks/index.js';
import { openTestStore } from './support/store.js';

describe('the event feed', () => {
  let database: Database;
  let nowMs: number;
  const clock = { now: () => nowMs };
  const iso = (ms = nowMs) => new Date(ms).toISOString();
  beforeEach(async () => {
    database = await openTestStore();
    nowMs = Date.parse('2026-11-22T08:00:00.000Z');
  });
  afterEach(() => database.close());

  const feed = () =>
    createEventFeed({
      database,
      clock,
      events: createDomainEvents({ queue: createTaskStore({ database, clock }) }),
      sources: eventSources(database),
    });
  const published = async () =>
    (
      await database
        .collection(tasksCollection)
        .find({}, { sort: { createdAt: 1, _id: 1 } })
        .toArray()
    ).map(({ input }) => input as unknown as DomainEvent);
  const order = (id: string): OrderDocument =>
    ({
      _id: id,
      tenantId: 't1',
      version: 1,
      createdAt: iso(),
      updatedAt: iso(),
      kind: 'swap',
      state: 'created',
      userId: 'u',
      vehicleId: 'v',
      stationId: '1231',
      price: { planVersion: 'p@1', lines: [], totalFen: 600, currency: 'CNY' },
      payment: { state: 'held', amountFen: 600, chargeId: null },
      timeline: [{ at: iso(), state: 'created', who: 'rider', what: 'asked' }],
      requestKey: id,
      openKey: id,
      due: [],
      dueAt: null,
      sweepAt: null,
      facts: [],
    }) as unknown as OrderDocument;
  const complete = (id: string, at = iso()) =>
    database.collection(ordersCollection).updateOne(
      { _id: id },
      {
        $set: { state: 'completed', updatedAt: at, 'payment.state': 'captured' },
        $push: { timeline: { at, state: 'completed', who: 'station', what: 'done' } },
      },
    );

  it('publishes each fact once, from several processes, and nothing that was old before the first start', async () => {
    await database
      .collection(ordersCollection)
      .insertOne({ ...order('old'), updatedAt: iso(nowMs - 3_600_000) });
    const [one, two] = [feed(), feed()];
    await one.run();
    nowMs += 1_000;
    await database.collection(ordersCollection).insertMany([order('a'), order('b')]);
    await Promise.all([one.run(), two.run(), one.run()]);
    nowMs += 1_000;
    await complete('a');
    await Promise.all([one.run(), two.run()]);
    await one.run();
    expect((await published()).map(({ key }) => key).sort()).toEqual([
      'order:a:captured',
      'order:a:completed',
      'order:a:created',
      'order:b:created',
    ]);
  });

  it('finds what a process with a slow clock wrote, when it reads further back', async () => {
    const one = feed();
    await one.run();
    nowMs += 60_000;
    await database.collection(ordersCollection).insertOne(order('a'));
    await one.run();
    await database.collection(ordersCollection).insertOne({
      ...order('slow'),
      createdAt: iso(nowMs - 20_000),
      updatedAt: iso(nowMs - 20_000),
    });
    nowMs += 1_000;
    await one.run();
    const slow = async () => (await published()).filter(({ key }) => key === 'order:slow:created').length;
    expect(await slow()).toBe(0);
    nowMs += 10_000;
    await one.run();
    await one.run();
    expect(await slow()).toBe(1);
  });

  it('finds what others write while one writes with a clock that is ahead', async () => {
    const one = feed();
    await one.run();
    nowMs += 1_000;
    const ahead = () => iso(nowMs + 25_000);
    for (let s = 0; s < 40; s++, nowMs += 1_100) {
      await database
        .collection(ordersCollection)
        .insertOne({ ...order(`o-${s}`), createdAt: iso(), updatedAt: iso() });
      if (s % 7 === 0)
        await database
          .collection(ordersCollection)
          .insertOne({ ...order(`ahead-${s}`), createdAt: ahead(), updatedAt: ahead() });
      await one.run();
    }
    const created = (await published()).filter(({ key }) => /^order:o-\d+:created$/.test(key));
    expect(created.length).toBe(40);
  });

  it('leaves alone what nobody has changed for a while', async () => {
    let read = 0;
    const sources = eventSources(database).map(
      (source): EventSource => ({
        ...source,
        eventsOf: (document) => {
          read++;
          return source.eventsOf(document);
        },
      }),
    );
    const events = createDomainEvents({ queue: createTaskStore({ database, clock }) });
    const one = createEventFeed({ database, clock, events, sources });
    await one.run();
    nowMs += 1_000;
    await database
      .collection(ordersCollection)
      .insertMany(Array.from({ length: 20 }, (_, n) => order(`o-${n}`)));
    for (let s = 0; s < 60; s++, nowMs += 1_000) await one.run();
    // Five times in the first seconds, and four times when half a minute is read again.
    expect(read).toBeGreaterThanOrEqual(20);
    expect(read).toBeLessThanOrEqual(20 * 9);
    read = 0;
    for (let s = 0; s < 60; s++, nowMs += 1_000) await one.run();
    expect(read).toBe(0);
  });

  it('finds what happened while no process looked, however many', async () => {
    await feed().run();
    const many = Array.from({ length: 1_200 }, (_, n) => order(`o-${String(n).padStart(5, '0')}`));
    await database.collection(ordersCollection).insertMany(many);
    nowMs += 6 * 3_600_000;
    // The station was away too: its time of completion is hours old.
    await complete('o-00000', iso());
    await feed().run();
    const keys = (await published()).map(({ key }) => key);
    expect(keys.length).toBe(new Set(keys).size);
    expect(keys.filter((key) => key.endsWith(':created')).length).toBe(1_200);
    expect(keys).toContain('order:o-00000:completed');
    // A process that starts later reads only the overlap again.
    expect(await feed().run()).toBeLessThan(10);
    expect((await published()).length).toBe(keys.length);
  }, 60_000);
});

describe('what is published of money', () => {
  const stored = { tenantId: 't1', version: 1, createdAt: '2026-11-22T08:00:00.000Z' };
  const late = '2026-12-24T08:00:00.000Z';

  it('keeps the time of the fact however often the document is written again', async () => {
    const { debtEvents, paymentEvents, refundEvents, subscriptionEvents } = await import(
      '../src/events/money-events.js'
    );
    const debt = { ...stored, _id: 'o-1', userId: 'u', amountFen: 600, updatedAt: late };
    expect(debtEvents({ ...debt, paidAt: null }).map(({ type, at }) => [type, at])).toEqual([
      ['debt.raised', stored.createdAt],
    ]);
    expect(debtEvents({ ...debt, paidAt: late }).map(({ type }) => type)).toEqual([
      'debt.raised',
      'debt.paid',
    ]);
    const payment = { ...stored, _id: 'p', userId: 'u', state: 'paid', updatedAt: late } as never;
    expect(paymentEvents(payment)).toEqual([]);
    expect(paymentEvents({ ...(payment as object), creditedAt: stored.createdAt } as never)).toMatchObject([
      { type: 'payment.topped-up', at: stored.createdAt },
    ]);
    expect(refundEvents({ ...stored, _id: 'r', state: 'withdrawn', updatedAt: late } as never)).toEqual([]);
    const renewed = {
      ...stored,
      _id: 's',
      userId: 'u',
      kind: 'period',
      state: 'expired',
      autoRenew: true,
      round: 2,
      paidAt: stored.createdAt,
      updatedAt: late,
      memberIds: [],
    } as never;
    expect(subscriptionEvents(renewed).map(({ type, at }) => [type, at])).toEqual([
      ['plan.renewed', stored.createdAt],
      ['plan.renewal-failed', late],
    ]);
  });
});
