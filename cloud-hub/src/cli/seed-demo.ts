import { createCustodyLedger } from '../batteries/custody.js';
import { createPackHoldings } from '../batteries/holdings.js';
import { systemClock } from '../clock.js';
import type { HubConfig } from '../config/config.js';
import { DEMO_PASSWORD, DEMO_TENANT, seedDemo } from '../demo/demo-seed.js';
import { createLiveBus } from '../live/live-bus.js';
import { createLogger } from '../logger.js';
import { createPlans } from '../plans/plans.js';
import { createStations } from '../stations/stations.js';
import { createVehicles } from '../vehicles/vehicles.js';
import { createWallets } from '../wallets/wallets.js';
import { withIdentity } from './open.js';
import type { CliContext } from './program.js';

export async function seedDemoCommand(
  context: CliContext,
  config: HubConfig,
  options: { json?: boolean },
): Promise<void> {
  await withIdentity(config, async ({ database, identity }) => {
    const clock = systemClock;
    const custody = createCustodyLedger({ database, clock });
    const packs = createPackHoldings({ database });
    await seedDemo({
      database,
      clock,
      operators: identity.operators,
      stations: identity.stations,
      directory: createStations({
        database,
        clock,
        logger: createLogger({ level: 'warn' }),
        live: createLiveBus(),
      }),
      users: identity.users,
      vehicles: createVehicles({ database, clock, custody, packs }),
      wallets: createWallets({ database, clock }),
      plans: createPlans({ database, clock }),
      stationSecret: config.demo?.stationSecret ?? null,
    });
  });
  context.out(
    options.json
      ? JSON.stringify({ ok: true, tenant: DEMO_TENANT })
      : `demo accounts are there: operator admin / ${DEMO_PASSWORD}, rider 13800000001`,
  );
}
