import type { Database } from '../db/index.js';
import type { Logger } from '../logger.js';
import type { Debts } from '../passes/debts.js';
import type { Quotes } from '../plans/quotes.js';
import type {
  Clock,
  CommandDispatcher,
  CustodyLedger,
  LiveBus,
  OrderProgress,
  StationDirectory,
} from '../ports.js';
import type { Users } from '../users/users.js';
import type { Vehicles } from '../vehicles/vehicles.js';
import type { Wallets } from '../wallets/wallets.js';
import { toOrder } from './order-document.js';
import { createOrderProgress } from './order-progress.js';
import { createOrderStore, type OrderStore } from './order-store.js';
import { createOrderSweep, type OrderSweep } from './order-sweep.js';
import { createOrders, type Orders } from './orders.js';
import { createPackChoices, type PackChoices } from './pack-choice.js';
import { createSettlement, type Settlement } from './settlement.js';

export type OrderFeature = {
  store: OrderStore;
  orders: Orders;
  packChoices: PackChoices;
  settlement: Settlement;
  progress: OrderProgress;
  sweep: OrderSweep;
};

/** Everything about orders, wired. */
export function createOrderFeature(deps: {
  database: Database;
  clock: Clock;
  logger: Logger;
  live: LiveBus;
  custody: CustodyLedger;
  wallets: Wallets;
  debts: Debts;
  directory: StationDirectory;
  dispatcher: CommandDispatcher;
  users: Pick<Users, 'find'>;
  vehicles: Pick<Vehicles, 'find'>;
  quotes: Quotes;
  /** Packs at a station that may not leave it. */
  blockedAt(tenantId: string, device: string): Promise<string[]>;
  checkpoint?: (name: string) => void;
  answerWaitMs?: number;
}): OrderFeature {
  const { database, clock, logger } = deps;
  const store = createOrderStore({
    database,
    clock,
    ...(deps.checkpoint ? { checkpoint: deps.checkpoint } : {}),
    onChanged: (order) =>
      deps.live.publish({
        type: 'order',
        id: order._id,
        tenantId: order.tenantId,
        userId: order.userId,
        stationId: order.stationId,
        order: toOrder(order),
      }),
  });
  const settlement = createSettlement({
    orders: store,
    wallets: deps.wallets,
    custody: deps.custody,
    debts: deps.debts,
    quotes: deps.quotes,
    clock,
    logger,
    checkpoint: deps.checkpoint,
  });
  const packChoices = createPackChoices({ database, clock, blockedAt: deps.blockedAt });
  const orders = createOrders({
    blockedAt: deps.blockedAt,
    store,
    settlement,
    wallets: deps.wallets,
    directory: deps.directory,
    dispatcher: deps.dispatcher,
    findUser: deps.users.find,
    findVehicle: deps.vehicles.find,
    quotes: deps.quotes,
    clock,
    logger,
    checkpoint: deps.checkpoint,
    answerWaitMs: deps.answerWaitMs,
  });
  return {
    store,
    orders,
    packChoices,
    settlement,
    progress: createOrderProgress({ store, orders, packChoices, clock, logger }),
    sweep: createOrderSweep({ store, orders, settlement, dispatcher: deps.dispatcher, clock, logger }),
  };
}
