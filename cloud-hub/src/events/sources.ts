import type { Database } from '../db/index.js';
import { ordersCollection } from '../orders/order-document.js';
import { reservationsCollection } from '../orders/reservations.js';
import { alarmsCollection } from '../stations/station-documents.js';
import { careSources } from './care-events.js';
import { type EventSource, sourceOf } from './event-feed.js';
import { moneySources } from './money-events.js';
import { alarmEvents, orderEvents, reservationEvents } from './order-events.js';
import { packSource } from './pack-events.js';

/** Everything that events are found in. */
export const eventSources = (database: Database): EventSource[] => [
  sourceOf('orders', database.collection(ordersCollection), orderEvents),
  sourceOf('alarms', database.collection(alarmsCollection), alarmEvents),
  sourceOf('reservations', database.collection(reservationsCollection), reservationEvents),
  ...moneySources(database),
  ...careSources(database),
  packSource(database),
];
