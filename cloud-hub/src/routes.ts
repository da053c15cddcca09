import type { Background } from './background.js';
import { createBatteryCareRoutes } from './batteries/care-routes.js';
import type { Quarantine } from './batteries/quarantine.js';
import { createBatteryRoutes } from './batteries/routes.js';
import type { BrokerAccess } from './broker/http-access.js';
import { createBrokerAccessRoutes } from './broker/http-access-routes.js';
import type { Commands } from './commands/commands.js';
import { createCommandRoutes } from './commands/routes.js';
import type { HubRole } from './config/config.js';
import type { Database } from './db/index.js';
import type { DisputeFeature } from './disputes/dispute-feature.js';
import type { FinanceFeature } from './finance/finance-feature.js';
import { createMoneyRoutes } from './finance/money-routes.js';
import { createLedgerRoutes } from './finance/routes.js';
import { createSettlementRoutes } from './finance/settlement-routes.js';
import { createFleetRoutes } from './fleets/routes.js';
import type { Metrics } from './gateway/metrics.js';
import { createMetricsRoutes } from './gateway/metrics-routes.js';
import type { RateLimits } from './http/rate-limit.js';
import type { HttpRoute } from './http/route.js';
import { createLiveRoutes } from './live/routes.js';
import type { Logger } from './logger.js';
import { createLogRoutes } from './logs/routes.js';
import type { Operations } from './operations.js';
import type { OrderFeature } from './orders/order-feature.js';
import { createReservationRoutes } from './orders/reservation-routes.js';
import type { Reservations } from './orders/reservations.js';
import { createOrderRoutes } from './orders/routes.js';
import type { OfflineOrders } from './passes/offline-orders.js';
import type { Passes } from './passes/passes.js';
import { createPassRoutes } from './passes/routes.js';
import type { PaymentFeature } from './payments/payment-feature.js';
import { createPaymentRoutes } from './payments/routes.js';
import type { PlanFeature } from './plans/plan-feature.js';
import { createRiderPlanRoutes } from './plans/rider-routes.js';
import { createPlanRoutes } from './plans/routes.js';
import type { Clock, CustodyLedger, LiveBus } from './ports.js';
import { createApiKeyRoutes } from './stargate/api-key-routes.js';
import type { Identity } from './stargate/identity.js';
import { createOperatorRoutes } from './stargate/operator-routes.js';
import { createOwnAccountRoutes } from './stargate/own-account-routes.js';
import { createRoleRoutes } from './stargate/role-routes.js';
import { createStargateRoutes } from './stargate/routes.js';
import { createAlarmRoutes } from './stations/alarm-routes.js';
import { createStationReportRoutes } from './stations/report-routes.js';
import { createStationRoutes } from './stations/routes.js';
import type { Stations } from './stations/stations.js';
import { createWorkOrderRoutes } from './stations/work-order-routes.js';
import { createHealthRoutes } from './system/health.js';
import type { Settings } from './system/settings.js';
import { createSystemRoutes } from './system/system-routes.js';
import { createReadings } from './telemetry/readings.js';
import { createReadingRoutes } from './telemetry/routes.js';
import { createAccountRoutes } from './users/account-routes.js';
import { createIdentities } from './users/identities.js';
import { createIdentityRoutes } from './users/identity-routes.js';
import { createOwnData } from './users/own-data.js';
import { createUserRoutes } from './users/routes.js';
import { createVehicleBindRoutes } from './vehicles/bind-routes.js';
import { createTransferRoutes } from './vehicles/transfers.js';
import { createVehicleRoutes, type PackHoldings, type Vehicles } from './vehicles/vehicles.js';
import type { Wallets } from './wallets/wallets.js';

export type RouteDeps = {
  database: Database;
  clock: Clock;
  identity: Identity;
  orders: OrderFeature;
  disputes: DisputeFeature;
  offlineOrders: OfflineOrders;
  passes: Passes;
  plans: PlanFeature;
  vehicles: Vehicles;
  packs: PackHoldings;
  custody: CustodyLedger;
  quarantine: Quarantine;
  wallets: Wallets;
  finance: FinanceFeature;
  payments: PaymentFeature;
  stations: Stations;
  commands: Commands;
  live: LiveBus;
  background: Background;
  operations: Operations;
  disconnect(device: string, reason: string): number;
  riderTenantId: string;
  endpoints(): { apiUrl: string; mqttUrl: string };
  version: string;
  draining(): boolean;
  metrics: Metrics;
  brokerAccess: BrokerAccess;
  brokerSecret: string | null;
  limits: RateLimits;
  logger: Logger;
  settings: Settings;
  reservations: Reservations;
};

/** Every API route of the hub, by the roles that this process plays. */
export function hubRoutes(roles: readonly HubRole[], deps: RouteDeps): HttpRoute[] {
  const { database, clock, identity, stations } = deps;
  const userRoutes = createUserRoutes({
    database,
    clock,
    users: identity.users,
    balances: deps.wallets.balances,
    vehicleIds: deps.vehicles.ofOwners,
  });
  const userExists = async (tenantId: string, userId: string) =>
    (await identity.users.find(tenantId, userId)) !== null;
  const stargate = () => [
    ...createStargateRoutes({
      signIn: identity.signIn,
      codes: identity.codes,
      sessions: identity.sessions,
      keys: identity.keys,
      stations: identity.stations,
      riderTenantId: deps.riderTenantId,
      directory: stations,
      endpoints: deps.endpoints,
    }),
    ...userRoutes.filter((route) => route.path.startsWith('/auth/')),
    ...createOperatorRoutes({ database, clock, ...identity }),
    ...createRoleRoutes({ database, roles: identity.roles, routes: () => all }),
    ...createOwnAccountRoutes({ operators: identity.operators, sessions: identity.sessions }),
    ...createBrokerAccessRoutes({
      access: deps.brokerAccess,
      secret: deps.brokerSecret,
      limits: deps.limits,
      logger: deps.logger,
    }),
  ];
  const core = () => [
    ...userRoutes.filter((route) => !route.path.startsWith('/auth/')),
    ...createVehicleRoutes({
      database,
      clock,
      vehicles: deps.vehicles,
      packs: deps.packs,
      userExists,
    }),
    ...createTransferRoutes({ database, clock, packs: deps.packs }),
    ...createFleetRoutes({ database, clock, userExists }),
    ...createIdentityRoutes({
      database,
      identities: createIdentities({ database, clock, vault: identity.vault }),
    }),
    ...createAccountRoutes({
      ownData: createOwnData({ database, clock, packs: deps.packs, sessions: identity.sessions }),
    }),
    ...createVehicleBindRoutes({ database, clock, vehicles: deps.vehicles }),
    ...createPlanRoutes({ database, ...deps.plans }),
    ...createRiderPlanRoutes({ database, ...deps.plans, userExists }),
    ...createOrderRoutes({
      database,
      clock,
      orders: deps.orders.orders,
      offline: deps.offlineOrders,
      reservations: deps.reservations,
      approvals: deps.disputes.approvals,
    }),
    ...deps.disputes.routes(),
    ...createReservationRoutes({ database, reservations: deps.reservations }),
    ...createPassRoutes({ database, clock, passes: deps.passes }),
    ...createPaymentRoutes({
      database,
      ...deps.payments,
      guardedRefunds: deps.disputes.guardedRefunds,
    }),
    ...createLedgerRoutes({ database, balances: deps.finance.balances }),
    ...createMoneyRoutes({
      database,
      plans: deps.plans.plans,
      ...deps.finance,
      guardedRefunds: deps.disputes.guardedRefunds,
    }),
    ...createSettlementRoutes({ database, clock, ...deps.finance }),
    ...createStationRoutes({
      database,
      clock,
      stations,
      disconnect: deps.disconnect,
      enrolled: identity.stations.isEnrolled,
      regionExists: identity.regions.exists,
    }),
    ...createWorkOrderRoutes({ database, clock }),
    ...createStationReportRoutes({
      database,
      clock,
      directory: stations,
      alarms: stations.alarms,
      counters: identity.counters,
    }),
    ...createAlarmRoutes({ database, alarms: stations.alarms }),
    ...createBatteryRoutes({ database, clock }),
    ...createBatteryCareRoutes({
      database,
      clock,
      custody: deps.custody,
      quarantine: deps.quarantine,
    }),
    ...createCommandRoutes({ database, commands: deps.commands, stations }),
    ...createLiveRoutes({ live: deps.live, clock }),
    ...deps.background.routes(),
    ...deps.operations.routes(deps.background.tasks),
    ...createLogRoutes({ database }),
    ...createSystemRoutes({
      database,
      clock,
      settings: deps.settings,
      homeTenantId: deps.riderTenantId,
      operators: identity.operators,
      regions: identity.regions,
      tenants: identity.tenants,
      kickStations: identity.stations.kickTenant,
    }),
    ...createApiKeyRoutes({ database, clock, keys: identity.apiKeys }),
    ...createReadingRoutes({ readings: createReadings({ database }), stations }),
  ];
  const all: HttpRoute[] = [
    ...createHealthRoutes({ database, version: deps.version, draining: deps.draining }),
    ...createMetricsRoutes({ metrics: deps.metrics }),
    ...(roles.includes('stargate') ? stargate() : []),
    ...(roles.includes('api') ? core() : []),
  ];
  return all;
}
