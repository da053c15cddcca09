import type { Database } from '../db/index.js';
import { createIdempotencyStore } from '../http/idempotency.js';
import type { Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import { createRegions } from '../system/regions.js';
import { createTenants } from '../system/tenants.js';
import { createUsers } from '../users/users.js';
import { createAccessTokens } from './access-tokens.js';
import { createApiKeys } from './api-keys.js';
import { createCounters } from './counters.js';
import { createConsoleSms, createOneTimeCodes, type SmsSender } from './one-time-codes.js';
import { createOperators } from './operators.js';
import { createRequestAuthenticator } from './request-authenticator.js';
import { createRoles } from './roles.js';
import { createSignIn } from './service.js';
import { createSessions } from './sessions.js';
import { createSigningKeys } from './signing-keys.js';
import { createStanding } from './standing.js';
import { createStationCredentials } from './station-credentials.js';
import { createVault } from './vault.js';

export type IdentityDeps = {
  database: Database;
  clock: Clock;
  logger: Logger;
  rootSecret: Buffer;
  riderTenantId: string;
  fixedCodes: ReadonlyMap<string, string>;
  sms?: SmsSender;
};
export type Identity = ReturnType<typeof createIdentity>;

/** Stargate and what it stands on, wired: also used by the command line, which starts no servers. */
export function createIdentity(deps: IdentityDeps) {
  const { database, clock } = deps;
  const vault = createVault(deps.rootSecret);
  const counters = createCounters({ database, clock });
  const keys = createSigningKeys({ database, clock, vault });
  const tenants = createTenants({ database, clock });
  const roles = createRoles({ database, clock });
  const regions = createRegions({ database, clock });
  const stations = createStationCredentials({ database, clock, vault, isSuspended: tenants.isSuspended });
  const users = createUsers({ database, clock });
  const apiKeys = createApiKeys({ database, clock, vault, isSuspended: tenants.isSuspended });
  const operators = createOperators({ database, clock, vault, counters });
  const sessions = createSessions({
    database,
    clock,
    vault,
    onRevoked: (sessionId) => tokens.forget({ sessionId }),
  });
  const tokens = createAccessTokens({
    keys,
    clock,
    standingOf: createStanding({
      tenants,
      roles,
      regions,
      isOpen: sessions.isOpen,
      isValidSecret: stations.isValid,
    }),
  });
  stations.onRevoked((device) => tokens.forget({ device }));
  const codes = createOneTimeCodes({
    database,
    clock,
    vault,
    counters,
    sms: deps.sms ?? createConsoleSms(deps.logger),
    fixedCodes: deps.fixedCodes,
  });
  const signIn = createSignIn({
    tokens,
    sessions,
    codes,
    operators,
    stations,
    users,
    isSuspended: tenants.isSuspended,
    riderTenantId: deps.riderTenantId,
  });
  return {
    vault,
    counters,
    keys,
    stations,
    users,
    operators,
    tenants,
    roles,
    regions,
    apiKeys,
    sessions,
    tokens,
    codes,
    signIn,
    idempotency: createIdempotencyStore({ database, clock }),
    authenticator: createRequestAuthenticator({ tokens, stations, apiKeys }),
  };
}
