import type { Audience } from '@voltbay/protocol';
import type { Permission, Scope } from '../stargate/permissions.js';
import { problem } from './problem.js';

/** Who is calling, as verified from the token (or from a station's name and secret). */
export type Principal = {
  /** User id, operator id or device number. */
  sub: string;
  audience: Audience | 'anonymous';
  tenantId: string;
  name?: string;
  roles: readonly string[];
  permissions: ReadonlyMap<Permission, Scope>;
  /** Session of the refresh token, for people. */
  sessionId?: string;
  /** Set for stations. */
  device?: string;
  /** An operator may be limited to some stations; null = all of the tenant. */
  stationIds: readonly string[] | null;
};

export const ANONYMOUS: Principal = {
  sub: 'anonymous',
  audience: 'anonymous',
  tenantId: '',
  roles: [],
  permissions: new Map(),
  stationIds: null,
};

/** What a route asks for. There is no default: a route without it does not compile, and one that nobody is granted is denied. */
export type Access =
  | { kind: 'public' }
  /** Any signed-in caller; the handler serves only what is the caller's own. */
  | { kind: 'signed-in' }
  | { kind: 'permission'; permission: Permission /** Stations may use HTTP Basic here. */; basic: boolean };

export const publicAccess: Access = { kind: 'public' };
export const signedIn: Access = { kind: 'signed-in' };
export const needs = (permission: Permission, options: { basic?: boolean } = {}): Access => ({
  kind: 'permission',
  permission,
  basic: options.basic ?? false,
});

/** How far the caller's permission for this route reaches. */
export type Grant = { scope: Scope };

/** The one place where permission is decided. Throws FORBIDDEN; never returns for a caller who may not. */
export function authorize(access: Access, principal: Principal): Grant {
  if (access.kind === 'public') return { scope: 'own' };
  if (principal.audience === 'anonymous') throw problem('UNAUTHENTICATED', 'send Authorization: Bearer');
  if (access.kind === 'signed-in') return { scope: 'own' };
  const scope = principal.permissions.get(access.permission);
  if (!scope) throw problem('FORBIDDEN', `needs ${access.permission}`);
  return { scope };
}

/** Whether a station of the caller's tenant lies within what the caller may see; the same rule as in {@link scopeFilter}. */
export function seesStation(principal: Principal, grant: Grant, stationId: string): boolean {
  if (grant.scope === 'station') return principal.device === stationId;
  return principal.stationIds === null || principal.stationIds.includes(stationId);
}

/**
 * Filter that keeps a query inside what the caller may see; every query of a feature starts with it. `fields` says where the
 * owner and the station stand in the documents; a scope that the feature has no field for sees nothing.
 */
export function scopeFilter(
  principal: Principal,
  grant: Grant,
  fields: { own?: string; station?: string },
): Record<string, unknown> {
  const filter: Record<string, unknown> = { tenantId: principal.tenantId };
  if (grant.scope === 'own') {
    if (!fields.own) throw problem('FORBIDDEN');
    filter[fields.own] = principal.sub;
  } else if (grant.scope === 'station') {
    if (!fields.station || !principal.device) throw problem('FORBIDDEN');
    filter[fields.station] = principal.device;
  } else if (principal.stationIds && fields.station) {
    filter[fields.station] = { $in: [...principal.stationIds] };
  }
  return filter;
}
