import { batteriesCollection, custodyEventsCollection } from './batteries/battery-documents.js';
import { commandsCollection } from './commands/command-documents.js';
import { ledgerCollection } from './finance/ledger.js';
import { idempotencyCollection } from './http/idempotency.js';
import {
  deadLettersCollection,
  ingestRunsCollection,
  messagesCollection,
  watermarksCollection,
} from './ingest/message-document.js';
import { ordersCollection } from './orders/order-document.js';
import { reservationsCollection } from './orders/reservations.js';
import { callbacksCollection, paymentsCollection, refundsCollection } from './payments/payment-document.js';
import { plansCollection } from './plans/plans.js';
import { stargateCollections } from './stargate/collections.js';
import {
  alarmsCollection,
  stationLiveCollection,
  stationsCollection,
  workOrdersCollection,
} from './stations/station-documents.js';
import { systemCollections } from './system/system-documents.js';
import { schedulesCollection, tasksCollection } from './tasks/index.js';
import { readingsCollection } from './telemetry/reading-documents.js';
import { usersCollection } from './users/users.js';
import { vehiclesCollection } from './vehicles/vehicles.js';
import { chargesCollection, walletsCollection } from './wallets/wallets.js';

/** Every collection of the hub with its indexes. */
export const allCollections = [
  ...stargateCollections,
  ...systemCollections,
  idempotencyCollection,
  usersCollection,
  walletsCollection,
  chargesCollection,
  ledgerCollection,
  paymentsCollection,
  refundsCollection,
  callbacksCollection,
  plansCollection,
  vehiclesCollection,
  ordersCollection,
  reservationsCollection,
  stationsCollection,
  stationLiveCollection,
  alarmsCollection,
  workOrdersCollection,
  batteriesCollection,
  custodyEventsCollection,
  commandsCollection,
  messagesCollection,
  ingestRunsCollection,
  watermarksCollection,
  deadLettersCollection,
  readingsCollection,
  tasksCollection,
  schedulesCollection,
];
