import { type OrderDocument, toOrder } from '../orders/order-document.js';
import type { ReservationDocument } from '../orders/reservations.js';
import type { AlarmDocument } from '../stations/station-documents.js';
import type { DomainEvent, EventType } from './domain-events.js';

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

/** Confirmed, soon over, and how it ended: each once. */
export function reservationEvents(reservation: ReservationDocument): DomainEvent[] {
  const { _id, activeKey: _activeKey, confirmedAt, remindAt: _remindAt, remindedAt, ...rest } = reservation;
  const event = (name: 'confirmed' | 'expiring' | 'expired' | 'released', at: string): DomainEvent => ({
    key: `reservation:${_id}:${name}`,
    type: `reservation.${name}`,
    at,
    userId: reservation.userId,
    stationId: reservation.stationId,
    data: { id: _id, ...rest },
  });
  return [
    ...(confirmedAt ? [event('confirmed', confirmedAt)] : []),
    ...(remindedAt ? [event('expiring', remindedAt)] : []),
    ...(reservation.state === 'expired' || reservation.state === 'released'
      ? [event(reservation.state, reservation.updatedAt)]
      : []),
  ];
}
