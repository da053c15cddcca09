import { systemClock } from '../clock.js';
import { allCollections } from '../collections.js';
import type { HubConfig } from '../config/config.js';
import { loadRootSecret } from '../config/root-secret.js';
import { type Database, ensureCollections, openStore } from '../db/index.js';
import { DEMO_CODES } from '../demo/demo-seed.js';
import { HubError } from '../errors.js';
import { createLogger } from '../logger.js';
import { createIdentity, type Identity } from '../stargate/identity.js';
import { checkRootSecret } from '../stargate/root-secret-check.js';

/** Opens store and accounts without any server, does the work, closes. */
export async function withIdentity<T>(
  config: HubConfig,
  work: (parts: { database: Database; identity: Identity }) => Promise<T>,
  options: { bulk?: boolean } = {},
): Promise<T> {
  const logger = createLogger({ level: config.logLevel === 'info' ? 'warn' : config.logLevel });
  const rootSecret = await loadRootSecret(config);
  const database = await openStore({
    ...config.store,
    ...options,
    dataDir: config.dataDir,
    logger,
    onFatal: (error) => logger.fatal({ err: error }, 'the embedded store has failed'),
  }).catch((error) => {
    if ((error as { code?: unknown }).code === 'DOCUMENT_FILE_LOCKED')
      throw new HubError(
        'STORE_IN_USE',
        `a hub is running on ${config.dataDir}: stop it first, or name another folder with --data (${error.message})`,
      );
    throw error;
  });
  try {
    await ensureCollections(database, allCollections);
    const identity = createIdentity({
      database,
      clock: systemClock,
      logger,
      rootSecret,
      riderTenantId: config.tenantId,
      fixedCodes: config.demo ? DEMO_CODES : new Map(),
    });
    await checkRootSecret(database, identity.vault);
    return await work({ database, identity });
  } finally {
    await database.close();
  }
}
