import { batteryHealthCollection } from './analytics/battery-health.js';
import { demandProfilesCollection } from './analytics/demand-profile.js';
import { cohortsCollection, riderActivityCollection } from './analytics/rider-activity.js';
import { availabilityCollection, rollupCursorsCollection, rollupsCollection } from './analytics/rollup.js';
import { stationDayHoursCollection, stationDaysCollection } from './analytics/station-days.js';
import { approvalsCollection } from './approvals/approval-document.js';
import { auditCollection, auditHeadsCollection } from './audit/audit-document.js';
import { batteryDaysCollection } from './batteries/battery-days.js';
import { batteriesCollection, custodyEventsCollection } from './batteries/battery-documents.js';
import { batteryModelsCollection } from './batteries/battery-models.js';
import { packBlocksCollection } from './batteries/pack-blocks.js';
import { blobChunksCollection } from './blobs/blob-store.js';
import { commandsCollection } from './commands/command-documents.js';
import { diagnosticsCollection } from './diagnostics/diagnostics-documents.js';
import { disputeEvidenceCollection, disputesCollection } from './disputes/dispute-document.js';
import { eventCursorsCollection } from './events/event-feed.js';
import { exportChunksCollection, exportsCollection } from './exports/export-document.js';
import { financeCollections } from './finance/finance-feature.js';
import { fleetMembersCollection, fleetsCollection } from './fleets/fleet-document.js';
import { idempotencyCollection } from './http/idempotency.js';
import {
  deadLettersCollection,
  ingestRunsCollection,
  messagesCollection,
  watermarksCollection,
} from './ingest/message-document.js';
import { logLinesCollection } from './logs/log-documents.js';
import {
  notificationsCollection,
  preferencesCollection,
  pushTokensCollection,
  templatesCollection,
} from './notifications/notification-document.js';
import { ordersCollection } from './orders/order-document.js';
import { packViewsCollection } from './orders/pack-choice.js';
import { reservationsCollection } from './orders/reservations.js';
import { debtsCollection, passesCollection } from './passes/pass-document.js';
import { callbacksCollection, paymentsCollection, refundsCollection } from './payments/payment-document.js';
import { couponsCollection, riderCouponsCollection } from './plans/coupons.js';
import { plansCollection } from './plans/plan-document.js';
import { subscriptionsCollection } from './plans/subscriptions.js';
import { tariffsCollection } from './plans/tariffs.js';
import {
  releasesCollection,
  rolloutStationsCollection,
  rolloutsCollection,
} from './releases/release-documents.js';
import { stargateCollections } from './stargate/collections.js';
import { stationConfigsCollection } from './station-config/config-documents.js';
import { stationReportsCollection } from './stations/report-documents.js';
import {
  alarmsCollection,
  stationLiveCollection,
  stationsCollection,
  workOrdersCollection,
} from './stations/station-documents.js';
import { systemCollections } from './system/system-documents.js';
import { schedulesCollection, tasksCollection } from './tasks/index.js';
import { readingsCollection } from './telemetry/reading-documents.js';
import { identitiesCollection } from './users/identities.js';
import { usersCollection } from './users/users.js';
import { vehicleBindingsCollection } from './vehicles/vehicle-bindings.js';
import { vehiclesCollection } from './vehicles/vehicles.js';
import { chargesCollection, walletsCollection } from './wallets/wallets.js';
import { deliveriesCollection, webhooksCollection } from './webhooks/webhook-document.js';

/** Every collection of the hub with its indexes. */
export const allCollections = [
  ...stargateCollections,
  ...systemCollections,
  idempotencyCollection,
  usersCollection,
  walletsCollection,
  chargesCollection,
  ...financeCollections,
  paymentsCollection,
  refundsCollection,
  callbacksCollection,
  plansCollection,
  tariffsCollection,
  couponsCollection,
  riderCouponsCollection,
  subscriptionsCollection,
  vehiclesCollection,
  vehicleBindingsCollection,
  identitiesCollection,
  fleetsCollection,
  fleetMembersCollection,
  ordersCollection,
  passesCollection,
  debtsCollection,
  reservationsCollection,
  disputesCollection,
  disputeEvidenceCollection,
  approvalsCollection,
  stationsCollection,
  stationLiveCollection,
  alarmsCollection,
  workOrdersCollection,
  stationReportsCollection,
  stationConfigsCollection,
  diagnosticsCollection,
  releasesCollection,
  rolloutsCollection,
  rolloutStationsCollection,
  logLinesCollection,
  blobChunksCollection,
  batteriesCollection,
  custodyEventsCollection,
  batteryDaysCollection,
  batteryModelsCollection,
  packBlocksCollection,
  packViewsCollection,
  commandsCollection,
  messagesCollection,
  ingestRunsCollection,
  watermarksCollection,
  deadLettersCollection,
  readingsCollection,
  tasksCollection,
  schedulesCollection,
  auditCollection,
  auditHeadsCollection,
  eventCursorsCollection,
  webhooksCollection,
  deliveriesCollection,
  notificationsCollection,
  preferencesCollection,
  pushTokensCollection,
  templatesCollection,
  rollupsCollection,
  rollupCursorsCollection,
  stationDaysCollection,
  stationDayHoursCollection,
  availabilityCollection,
  demandProfilesCollection,
  riderActivityCollection,
  cohortsCollection,
  batteryHealthCollection,
  exportsCollection,
  exportChunksCollection,
];
