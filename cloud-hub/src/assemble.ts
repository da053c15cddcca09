import type { Hono } from 'hono';
import { createBackground } from './background.js';
import { createBatteryDays } from './batteries/battery-days.js';
import { createBatteryProjection } from './batteries/battery-projection.js';
import { createCustodyLedger } from './batteries/custody.js';
import { createPackHoldings } from './batteries/holdings.js';
import { createPackBlocks } from './batteries/pack-blocks.js';
import { createQuarantine } from './batteries/quarantine.js';
import { externalLink } from './broker/broker-address.js';
import { createEmbeddedBroker, type EmbeddedBroker } from './broker/embedded-broker.js';
import type { StationLink } from './broker/station-link.js';
import { hubChores } from './chores.js';
import { systemClock } from './clock.js';
import { allCollections } from './collections.js';
import { createCommands } from './commands/commands.js';
import type { HubConfig } from './config/config.js';
import { loadRootSecret } from './config/root-secret.js';
import { type Database, ensureCollections, openStore } from './db/index.js';
import { DEMO_CODES, seedDemo } from './demo/demo-seed.js';
import { createDisputeFeature } from './disputes/dispute-feature.js';
import { createFinanceTasks } from './finance/finance-tasks.js';
import type { HttpRoute } from './http/route.js';
import { createIngest } from './ingest/ingest.js';
import { createOrderProjection } from './ingest/order-projection.js';
import { createLiveBus } from './live/live-bus.js';
import { type Logger, tapOf } from './logger.js';
import { createLogStore } from './logs/log-store.js';
import { createMaintenance } from './maintenance.js';
import { createMoney } from './money.js';
import { createExpoPush } from './notifications/push-sender.js';
import { createOperations } from './operations.js';
import { createOrderFeature } from './orders/order-feature.js';
import { createReservations } from './orders/reservations.js';
import { createDebts } from './passes/debts.js';
import { createOfflineOrders } from './passes/offline-orders.js';
import { createPasses } from './passes/passes.js';
import type { Clock } from './ports.js';
import { serve } from './serve.js';
import { createIdentity } from './stargate/identity.js';
import { createConsoleSms, type SmsSender } from './stargate/one-time-codes.js';
import { checkRootSecret } from './stargate/root-secret-check.js';
import { createBirthDesk } from './stations/birth-desk.js';
import { createStations } from './stations/stations.js';
import { createRetention } from './system/retention.js';
import { createSettings } from './system/settings.js';
import { createReadingProjection } from './telemetry/reading-projection.js';
import { createVehicles } from './vehicles/vehicles.js';

export type HubOverrides = {
  clock?: Clock;
  logger?: Logger;
  /** An open store; the hub does not close it then. */
  database?: Database;
  sms?: SmsSender;
  /** Checks every answer against its schema. For tests. */
  validateResponses?: boolean;
  /** Called at the named steps of an order. For tests that end the process there. */
  checkpoint?: (name: string) => void;
  /** The embedded store has failed for good. Default: the process ends with exit code 1. */
  onFatal?: (error: Error) => void;
};

export type HubAddresses = { apiUrl: string; mqttUrl: string };

export type Running = {
  app: Hono;
  routes: readonly HttpRoute[];
  addresses: HubAddresses;
  /** Undone in reverse order. */
  stops: (() => Promise<unknown> | unknown)[];
};

/** Wires every feature of the hub, starts them in order, and notes in `stops` how each is ended. */
export async function assemble(
  config: HubConfig,
  overrides: HubOverrides,
  logger: Logger,
  stops: Running['stops'],
): Promise<Running> {
  const clock = overrides.clock ?? systemClock;
  const rootSecret = await loadRootSecret(config);
  const database = overrides.database ?? (await openStore({ ...config.store, ...storeOptions() }));
  function storeOptions() {
    const onFatal =
      overrides.onFatal ??
      ((error: Error) => {
        logger.fatal({ err: error }, 'the embedded store has failed');
        process.exit(1);
      });
    return { dataDir: config.dataDir, logger, onFatal };
  }
  if (!overrides.database) stops.push(() => database.close());
  await ensureCollections(database, allCollections);

  const identity = createIdentity({
    database,
    clock,
    logger,
    rootSecret,
    riderTenantId: config.tenantId,
    fixedCodes: config.demo ? DEMO_CODES : new Map(),
    ...(overrides.sms ? { sms: overrides.sms } : {}),
  });
  await checkRootSecret(database, identity.vault);
  await identity.regions.upgrade();
  await identity.keys.start();
  identity.stations.start();
  stops.push(() => identity.stations.stop());

  const settings = createSettings({ database, clock });
  const live = createLiveBus();
  stops.push(() => live.close());
  const stations = createStations({
    database,
    clock,
    logger,
    live,
    promised: () => reservations.promised(),
  });
  const custody = createCustodyLedger({ database, clock });
  const packs = createPackHoldings({ database });
  const quarantine = createQuarantine({ database, clock, logger, settings });
  const addresses: HubAddresses = { apiUrl: '', mqttUrl: '' };
  const { wallets, payments, plans, finance } = await createMoney({
    config,
    database,
    clock,
    logger,
    packs,
    apiUrl: () => addresses.apiUrl,
    checkpoint: overrides.checkpoint,
  });
  const vehicles = createVehicles({ database, clock, custody, packs });

  const embedded: EmbeddedBroker | null =
    config.mqtt.url === null
      ? createEmbeddedBroker({
          authenticator: identity.stations,
          births: createBirthDesk(stations.registry),
          logger,
          clock,
          host: config.http.host,
          port: config.mqtt.port,
        })
      : null;
  const link: StationLink = embedded ?? externalLink(config, stations.registry, logger);
  const commands = createCommands({
    database,
    registry: stations.registry,
    path: link,
    live,
    clock,
    logger,
    // Commands and what they mean need each other; the features exist by the time the first command settles.
    async onSettled(command) {
      await orders.progress.onCommandSettled(command);
      await operations.onCommandSettled(command);
    },
  });
  const debts = createDebts({ database, clock, wallets });
  const orders = createOrderFeature({
    debts,
    database,
    clock,
    logger,
    live,
    custody,
    wallets,
    directory: stations,
    dispatcher: commands,
    users: identity.users,
    vehicles,
    quotes: plans.quotes,
    blockedAt: quarantine.blockedAt,
    ...(overrides.checkpoint ? { checkpoint: overrides.checkpoint } : {}),
  });
  const packBlocks = createPackBlocks({ database, clock, logger, quarantine, dispatcher: commands });
  const disputes = createDisputeFeature({
    database,
    clock,
    logger,
    settings,
    keys: identity.keys,
    orders: orders.orders,
    packChoices: orders.packChoices,
    chargeRefunds: finance.chargeRefunds,
    refunds: payments.refunds,
    ...(overrides.checkpoint ? { checkpoint: overrides.checkpoint } : {}),
  });
  const passes = createPasses({
    database,
    clock,
    keys: identity.keys,
    users: identity.users,
    vehicles,
    wallets,
    quotes: plans.quotes,
    debts,
  });
  const offlineOrders = createOfflineOrders({
    store: orders.store,
    orders: orders.orders,
    passes,
    quotes: plans.quotes,
    findVehicle: vehicles.find,
    clock,
  });
  const operations = createOperations({
    database,
    clock,
    logger,
    dispatcher: commands,
    directory: stations,
    updateKeys: config.updateKeys,
  });
  const logs = createLogStore({
    database,
    clock,
    settings,
    tap: tapOf(logger),
    homeTenantId: config.tenantId,
    tenantOf: (device) => stations.registry.peek(device)?.tenantId,
  });
  logs.start();
  stops.push(() => logs.stop());
  const retention = createRetention({ database, clock, settings });
  const financeTasks = createFinanceTasks({
    homeTenantId: config.tenantId,
    payments,
    finance,
    disputes,
    subscriptions: plans.subscriptions,
    debts,
  });
  const background = createBackground({
    handlers: [...operations.handlers, ...logs.handlers, ...retention.handlers, ...financeTasks.handlers],
    schedules: [...logs.schedules, ...retention.schedules, ...financeTasks.schedules],
    database,
    clock,
    logger,
    vault: identity.vault,
    homeTenantId: config.tenantId,
    privateWebhooks: config.privateWebhooks,
    timeZone: config.timeZone,
    push: createExpoPush({ baseUrl: config.push.expoUrl, accessToken: config.push.expoAccessToken }),
    sms: overrides.sms ?? createConsoleSms(logger),
  });
  const reservations = createReservations({
    database,
    clock,
    logger,
    dispatcher: commands,
    directory: stations,
    async outlook(stationId) {
      return (await stations.publicList()).find(({ id }) => id === stationId) ?? null;
    },
    users: identity.users,
    vehicles,
    settings,
  });
  const batteryProjection = createBatteryProjection({
    database,
    custody,
    clock,
    logger,
    quarantine,
    days: createBatteryDays({ database, clock }),
  });
  const ingest = createIngest({
    database,
    registry: stations.registry,
    send: link.send,
    onTaken: commands.overheard,
    onStored: commands.heard,
    logger,
    clock,
    // Only a store of its own tells a hub that no other one is alive.
    shared: config.mqtt.url !== null || config.store.mongodbUri !== null,
    projections: [
      // What moved at the station comes before how its command ended: money follows the pack.
      createOrderProjection(orders.progress),
      commands.projection,
      [
        stations.projection,
        stations.alarms.projection,
        batteryProjection,
        createReadingProjection({ database }),
        logs.projection,
        background.stationActs,
      ],
    ],
  });

  // Before any money moves: wallets of an older hub get their opening entry.
  await wallets.openBooks();
  if (config.demo)
    await seedDemo({
      database,
      clock,
      operators: identity.operators,
      stations: identity.stations,
      directory: stations,
      users: identity.users,
      vehicles,
      wallets,
      plans: plans.plans,
      stationSecret: config.demo.stationSecret,
    });

  // What a killed process left half done is finished before anything new is taken.
  await orders.sweep.run();
  if (embedded) await stations.projection.markAllOffline();
  stations.start();
  stops.push(() => stations.stop());
  batteryProjection.start();
  stops.push(() => batteryProjection.stop());
  const maintenance = createMaintenance({
    logger,
    chores: [
      ...hubChores({
        database,
        config,
        identity,
        commands,
        wallets,
        orders,
        stations,
        settings,
        reservations,
        packBlocks,
      }),
      ...operations.chores,
      ...background.chores,
    ],
  });
  if (config.roles.includes('tasks')) {
    maintenance.start();
    background.start();
  }
  stops.push(() => background.stop());
  stops.push(() => maintenance.stop());
  await ingest.start();
  stops.push(() => ingest.stop());
  stops.push(() => link.stop());
  // The addresses that are told name the port of the embedded broker; an external one may ask over HTTP whether the hub may sign in.
  if (embedded) await link.start(ingest.sink);

  const { app, routes } = await serve({
    config,
    overrides,
    logger,
    link,
    brokerPort: () => embedded?.port ?? null,
    sources: [
      { name: 'broker', stats: link.stats },
      { name: 'ingest', stats: ingest.stats },
      { name: 'live', stats: live.stats },
      { name: 'logs', stats: logs.stats },
    ],
    live,
    addresses,
    stops,
    features: {
      passes,
      offlineOrders,
      database,
      clock,
      identity,
      orders,
      disputes,
      plans,
      vehicles,
      packs,
      custody,
      quarantine,
      wallets,
      finance,
      payments,
      stations,
      commands,
      live,
      background,
      operations,
      settings,
      reservations,
    },
  });
  if (!embedded) await link.start(ingest.sink);
  return { app, routes, addresses, stops };
}
