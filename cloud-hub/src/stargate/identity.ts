import type { Database } from '../db/index.js';
import { createIdempotencyStore } from '../http/idempotency.js';
import type { Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import { createRegions } from '../system/regions.js';
import { createUsers } from '../users/users.js';
import { createAccessTokens } from './access-tokens.js';
import { createApiKeys } from './api-keys.js';
import { createCounters } from './counters.js';
import { createConsoleSms, createOneTimeCodes, type SmsSender } from './one-time-codes.js';
import { createOperators } from './operators.js';
import { createRequestAuthenticator } from './request-authenticator.js';
import { createSignIn } from './service.js';
import { createSessions } from './sessions.js';
import { createSigningKeys } from './signing-keys.js';
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
  const stations = createStationCredentials({ database, clock, vault });
  const users = createUsers({ database, clock });
  const apiKeys = createApiKeys({ database, clock, vault });
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
    async stillValid({ sessionId, device, credentialId }) {
      if (device !== undefined && credentialId !== undefined) return stations.isValid(device, credentialId);
      return sessionId !== undefined && sessions.isOpen(sessionId);
    },
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
    stationLimitOf: createRegions({ database }).stationLimitOf,
    riderTenantId: deps.riderTenantId,
  });
  return {
    vault,
    counters,
    keys,
    stations,
    users,
    operators,
    apiKeys,
    sessions,
    tokens,
    codes,
    signIn,
    idempotency: createIdempotencyStore({ database, clock }),
    authenticator: createRequestAuthenticator({ tokens, stations, apiKeys }),
  };
}
