import { isoAt } from '../clock.js';
import { type Database, defineCollection, isDuplicateKey } from '../db/index.js';
import { type OrderDocument, ordersCollection, toOrder } from '../orders/order-document.js';
import type { Clock } from '../ports.js';
import { type AlarmDocument, alarmsCollection } from '../stations/station-documents.js';
import type { DomainEvent, DomainEvents, EventType } from './domain-events.js';

/** Newest `updatedAt` whose events are published. `_id` is the source. */
export type EventCursorDocument = { _id: string; at: string };
export const eventCursorsCollection = defineCollection<EventCursorDocument>('event_cursors', []);

const BATCH = 500;
/** Writers' clocks differ, and a write may be seen after a later one: that much is read again each time. */
const OVERLAP_MS = 30_000;
const REMEMBERED = 20_000;

const ORDER_EVENTS = [
  'created',
  'completed',
  'refused',
  'cancelled',
  'expired',
  'failed',
  'unknown',
  'resolved',
];
const MONEY_EVENTS: Readonly<Record<string, EventType>> = {
  captured: 'payment.captured',
  released: 'payment.released',
};

type Filter = Record<string, unknown>;
type FindOptions = { sort: Record<string, 1>; limit: number };
type Source<T> = { find(filter: Filter, options: FindOptions): { toArray(): Promise<T[]> } };
// The driver's own filter types cannot be written for two collections at once.
const asSource = <T>(collection: unknown) => collection as Source<T>;

export interface EventFeed {
  /** Publishes what changed since the last time. Safe in several processes; what a killed one missed is found again. */
  run(): Promise<number>;
}

/** Finds events in what is stored, so that no feature has to write to two places and none is lost by a kill between. */
export function createEventFeed(deps: { database: Database; clock: Clock; events: DomainEvents }): EventFeed {
  const { database, clock } = deps;
  const cursors = database.collection(eventCursorsCollection);
  const published = new Set<string>();

  const advance = async (source: string, at: string) => {
    try {
      await cursors.updateOne({ _id: source }, { $max: { at } }, { upsert: true });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  };
  const publish = async (tenantId: string, event: DomainEvent): Promise<number> => {
    const known = `${tenantId}/${event.key}`;
    if (published.has(known)) return 0;
    await deps.events.publish(tenantId, event);
    if (published.size >= REMEMBERED) published.clear();
    published.add(known);
    return 1;
  };
  const follow = async <T extends { _id: string; tenantId: string; updatedAt: string }>(
    source: string,
    collection: Source<T>,
    eventsOf: (document: T) => DomainEvent[],
  ): Promise<number> => {
    const cursor = await cursors.findOne({ _id: source });
    if (!cursor) {
      // The first start ever: what is old already is not news.
      await advance(source, isoAt(clock.now()));
      return 0;
    }
    const since = isoAt(Date.parse(cursor.at) - OVERLAP_MS);
    let count = 0;
    let after: Filter = {};
    for (;;) {
      const changed = await collection
        .find({ updatedAt: { $gte: since }, ...after }, { sort: { updatedAt: 1, _id: 1 }, limit: BATCH })
        .toArray();
      for (const document of changed)
        for (const event of eventsOf(document))
          if (event.at >= since) count += await publish(document.tenantId, event);
      const last = changed.at(-1);
      if (last && last.updatedAt > cursor.at) await advance(source, last.updatedAt);
      if (!last || changed.length < BATCH) return count;
      after = {
        $or: [{ updatedAt: { $gt: last.updatedAt } }, { updatedAt: last.updatedAt, _id: { $gt: last._id } }],
      };
    }
  };

  return {
    run: async () =>
      (await follow('orders', asSource<OrderDocument>(database.collection(ordersCollection)), orderEvents)) +
      (await follow('alarms', asSource<AlarmDocument>(database.collection(alarmsCollection)), alarmEvents)),
  };
}

/** The events that an order's life so far holds. */
export function orderEvents(order: OrderDocument): DomainEvent[] {
  const base = {
    userId: order.userId,
    stationId: order.stationId,
    data: { ...toOrder(order), timeline: [] } as Record<string, unknown>,
  };
  const events: DomainEvent[] = [];
  for (const state of ORDER_EVENTS) {
    const step = order.timeline.find((entry) => entry.state === state);
    if (step)
      events.push({
        ...base,
        key: `order:${order._id}:${state}`,
        type: `order.${state}` as EventType,
        // When the hub learned of it: a station may report hours later.
        at: state === order.state ? order.updatedAt : step.at,
      });
  }
  const money = MONEY_EVENTS[order.payment.state];
  if (money && !order.due.includes('capture') && !order.due.includes('release'))
    events.push({
      ...base,
      key: `order:${order._id}:${order.payment.state}`,
      type: money,
      at: order.updatedAt,
    });
  return events;
}

export function alarmEvents(alarm: AlarmDocument): DomainEvent[] {
  const { _id, order: _order, ...rest } = alarm;
  return [
    {
      key: `alarm:${_id}:${alarm.count}:${alarm.state}`,
      type: alarm.state === 'raised' ? 'alarm.raised' : 'alarm.cleared',
      at: alarm.updatedAt,
      userId: null,
      stationId: alarm.stationId,
      data: { id: _id, ...rest },
    },
  ];
}
