import type { PackBlocks } from './batteries/pack-blocks.js';
import type { Commands } from './commands/commands.js';
import type { HubConfig } from './config/config.js';
import type { Database } from './db/index.js';
import type { Chore } from './maintenance.js';
import type { OrderFeature } from './orders/order-feature.js';
import type { Reservations } from './orders/reservations.js';
import type { Identity } from './stargate/identity.js';
import type { Stations } from './stations/stations.js';
import type { Settings } from './system/settings.js';
import { tenantIds } from './system/tenants.js';
import type { Wallets } from './wallets/wallets.js';

/** What every process with the role `tasks` does again and again. Each is safe in several processes. */
export function hubChores(deps: {
  database: Database;
  config: Pick<HubConfig, 'tenantId'>;
  identity: Identity;
  commands: Commands;
  wallets: Wallets;
  orders: OrderFeature;
  stations: Stations;
  settings: Settings;
  reservations: Reservations;
  packBlocks: Pick<PackBlocks, 'run'>;
}): Chore[] {
  const {
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
  } = deps;
  return [
    { name: 'commands', everyMs: 2_000, run: () => commands.sweep() },
    { name: 'wallets', everyMs: 2_000, run: () => wallets.recover() },
    {
      name: 'packs that stay',
      everyMs: 5_000,
      async run() {
        for (const tenantId of await tenantIds(database, config.tenantId)) await packBlocks.run(tenantId);
      },
    },
    { name: 'orders', everyMs: 2_000, run: () => orders.sweep.run() },
    { name: 'signing keys', everyMs: 3_600_000, run: () => identity.keys.rotateIfDue() },
    { name: 'sessions', everyMs: 600_000, run: () => identity.sessions.sweep() },
    { name: 'codes', everyMs: 600_000, run: () => identity.codes.sweep() },
    { name: 'counters', everyMs: 600_000, run: () => identity.counters.sweep() },
    { name: 'idempotency keys', everyMs: 600_000, run: () => identity.idempotency.sweep() },
    {
      name: 'alarms',
      everyMs: 15_000,
      async run() {
        for (const tenantId of await tenantIds(database, config.tenantId))
          await stations.alarms.escalateOverdue(
            tenantId,
            await settings.get(tenantId, 'alarms.escalateAfterS'),
          );
      },
    },
    { name: 'reservations', everyMs: 5_000, run: () => reservations.sweep() },
  ];
}
