import type { Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { availabilityCollection, rollupsCollection } from '../src/analytics/rollup.js';
import { stationDaysCollection } from '../src/analytics/station-days.js';
import { auditCollection } from '../src/audit/audit-document.js';
import type { CollectionSpec, Database } from '../src/db/index.js';
import { exportChunksCollection, exportsCollection } from '../src/exports/export-document.js';
import { notificationsCollection, pushTokensCollection } from '../src/notifications/notification-document.js';
import { ordersCollection } from '../src/orders/order-document.js';
import { alarmsCollection } from '../src/stations/station-documents.js';
import { tasksCollection } from '../src/tasks/index.js';
import { chargesCollection } from '../src/wallets/wallets.js';
import { deliveriesCollection, webhooksCollection } from '../src/webhooks/webhook-document.js';
import { openTestStore } from './support/store.js';

const T = 'demo';
const NOW = '2026-11-22T08:00:00.000Z';
const NEWEST = { createdAt: -1, _id: -1 } as const;
const since = { $gte: NOW };
const span = { $gte: NOW, $lt: NOW };

// biome-ignore lint/suspicious/noExplicitAny: only the name of the collection counts
type Query = [what: string, spec: CollectionSpec<any>, filter: Document, sort?: Document];
/** The queries that run by themselves or behind a list, in the form in which the features send them. */
const QUERIES: Query[] = [
  ['task to claim', tasksCollection, { dueAt: { $lte: NOW }, kind: { $in: ['a', 'b'] } }, { dueAt: 1 }],
  ['task of a key', tasksCollection, { key: `${T}/event:x` }],
  ['tasks, newest first', tasksCollection, { $and: [{ tenantId: T }] }, NEWEST],
  ['dead letters', tasksCollection, { $and: [{ tenantId: T }, { state: { $eq: 'dead' } }] }, NEWEST],
  ['tasks of a kind', tasksCollection, { $and: [{ tenantId: T }, { kind: { $eq: 'a' } }] }, NEWEST],
  ['end of the audit chain', auditCollection, { tenantId: T }, { seq: -1 }],
  ['whole audit chain', auditCollection, { tenantId: T }, { seq: 1 }],
  ['audit, newest first', auditCollection, { $and: [{ tenantId: T }] }, { at: -1, _id: -1 }],
  [
    'audit of an actor',
    auditCollection,
    { $and: [{ tenantId: T }, { 'actor.id': { $eq: 'a' } }] },
    { at: -1, _id: -1 },
  ],
  ['changed orders', ordersCollection, { updatedAt: since }, { updatedAt: 1, _id: 1 }],
  ['changed orders of a tenant', ordersCollection, { tenantId: T, updatedAt: since }],
  ['orders made', ordersCollection, { tenantId: T, createdAt: span }],
  ['orders completed', ordersCollection, { tenantId: T, completedAt: span }],
  ['changed alarms', alarmsCollection, { updatedAt: since }, { updatedAt: 1, _id: 1 }],
  ['charges booked', chargesCollection, { tenantId: T, createdAt: span }],
  ['availability of an hour', availabilityCollection, { tenantId: T, hour: NOW }],
  ['rows of a span', rollupsCollection, { tenantId: T, period: 'hour', bucket: span }],
  ['rows of a station', rollupsCollection, { tenantId: T, period: 'hour', bucket: span, stationId: '1231' }],
  ['rows to replace', rollupsCollection, { tenantId: T, period: 'hour', bucket: NOW, _id: { $nin: ['x'] } }],
  ['days of the tenant', stationDaysCollection, { tenantId: T, stationId: '*', day: span }],
  [
    'days of some stations',
    stationDaysCollection,
    { tenantId: T, stationId: { $in: ['a', 'b'] }, day: span },
  ],
  ['days of every station', stationDaysCollection, { tenantId: T, day: span }],
  ['days to replace', stationDaysCollection, { tenantId: T, day: NOW, _id: { $nin: ['x'] } }],
  ['webhooks that want it', webhooksCollection, { tenantId: T, active: true }],
  ['deliveries', deliveriesCollection, { $and: [{ tenantId: T, webhookId: 'w' }] }, NEWEST],
  ['inbox', notificationsCollection, { $and: [{ tenantId: T, owner: 'rider:u' }] }, NEWEST],
  ['unread', notificationsCollection, { tenantId: T, owner: 'rider:u', unread: true }],
  ['devices', pushTokensCollection, { tenantId: T, owner: 'rider:u', provider: 'expo', goneReason: null }],
  ['exports', exportsCollection, { $and: [{ tenantId: T, createdBy: 'op' }] }, NEWEST],
  ['chunks of older runs', exportChunksCollection, { exportId: 'x', fence: { $lt: 3 } }],
];

describe('queries in the background', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestStore();
  });
  afterAll(() => database?.close());

  it.each(QUERIES)(
    '%s: served by an index, no full scan, no sort in memory',
    async (_what, spec, filter, sort) => {
      const cursor = database.collection(spec).find(filter);
      if (sort) cursor.sort(sort as Record<string, 1 | -1>);
      const plan = JSON.stringify(((await cursor.explain()) as Document).queryPlanner.winningPlan);
      expect(plan).toMatch(/IXSCAN|IDHACK/);
      expect(plan).not.toContain('COLLSCAN');
      expect(plan).not.toMatch(/"stage":"SORT"/);
    },
  );
});
