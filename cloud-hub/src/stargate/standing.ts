import type { Audience } from '@voltbay/protocol';
import type { Regions } from '../system/regions.js';
import type { Tenants } from '../system/tenants.js';
import type { Permission, Scope } from './permissions.js';
import type { Roles } from './roles.js';

/** What a verified token says of its holder. */
export type TokenHolder = {
  audience: Audience;
  tenantId: string;
  roles: readonly string[];
  stationIds: readonly string[] | null;
  regionIds: readonly string[];
  sessionId?: string;
  device?: string;
  credentialId?: string;
};
/** What the holder may do today. */
export type Standing = {
  permissions: ReadonlyMap<Permission, Scope>;
  stationIds: readonly string[] | null;
};

/** Null: the session or secret behind the token does not stand any more, or its tenant is suspended. */
export type StandingOf = (holder: TokenHolder) => Promise<Standing | null>;

/** A token names roles and regions; what they mean is looked up, so that a change of them does not wait for the token's end. */
export function createStanding(deps: {
  tenants: Pick<Tenants, 'isSuspended'>;
  roles: Pick<Roles, 'grantsOf'>;
  regions: Pick<Regions, 'stationLimitOf'>;
  isOpen(sessionId: string): Promise<boolean>;
  isValidSecret(device: string, credentialId: string): Promise<boolean>;
}): StandingOf {
  const stands = ({ sessionId, device, credentialId }: TokenHolder): Promise<boolean> | boolean =>
    device !== undefined && credentialId !== undefined
      ? deps.isValidSecret(device, credentialId)
      : sessionId !== undefined && deps.isOpen(sessionId);
  return async (holder) => {
    const { tenantId, audience, roles, stationIds, regionIds } = holder;
    if ((await deps.tenants.isSuspended(tenantId)) || !(await stands(holder))) return null;
    const [permissions, limit] = await Promise.all([
      deps.roles.grantsOf(tenantId, audience, roles),
      deps.regions.stationLimitOf({ tenantId, stationIds, regionIds: [...regionIds] }),
    ]);
    return { permissions, stationIds: limit };
  };
}
