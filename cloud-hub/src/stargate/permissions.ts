import type { Audience } from '@voltbay/protocol';

/** Everything a caller can be allowed to do. Routes name exactly one of these; what nobody grants is denied. */
export const PERMISSIONS = [
  'stations:read',
  'stations:write',
  'stations:command',
  'stations:credentials',
  'credentials:rotate',
  'batteries:read',
  'batteries:write',
  'users:read',
  'users:write',
  'users:reveal',
  'identities:create',
  'identities:read',
  'identities:decide',
  'account:read',
  'account:close',
  'vehicles:read',
  'vehicles:write',
  'vehicles:transfer',
  'vehicles:accept',
  'fleets:read',
  'fleets:write',
  'vehicles:bind',
  'plans:read',
  'plans:write',
  'subscriptions:read',
  'subscriptions:write',
  'orders:read',
  'orders:create',
  'orders:update',
  'orders:cancel',
  'orders:resolve',
  'disputes:create',
  'disputes:read',
  'disputes:write',
  'approvals:read',
  'approvals:decide',
  'passes:create',
  'passes:read',
  'passes:revoke',
  'passes:verify',
  'charges:read',
  'finance:read',
  'finance:manage',
  'payments:read',
  'payments:create',
  'payments:refund',
  'deposits:return',
  'commands:read',
  'alarms:read',
  'alarms:write',
  'events:read',
  'telemetry:read',
  'operators:read',
  'operators:write',
  'system:read',
  'system:write',
  'api-keys:read',
  'api-keys:write',
  'metrics:read',
  'work-orders:read',
  'work-orders:write',
  'reports:create',
  'reports:read',
  'configs:read',
  'configs:write',
  'diagnostics:read',
  'diagnostics:create',
  'diagnostics:upload',
  'logs:read',
  'releases:read',
  'releases:write',
  'releases:download',
  'tasks:read',
  'tasks:write',
  'audit:read',
  'webhooks:read',
  'webhooks:write',
  'notifications:read',
  'notifications:write',
  'analytics:read',
  'exports:read',
  'exports:create',
] as const;
export type Permission = (typeof PERMISSIONS)[number];
export const isPermission = (name: string): name is Permission =>
  (PERMISSIONS as readonly string[]).includes(name);

/** What no key of an integrator may hold: who gets in stays with people. */
const PEOPLE_ONLY: readonly Permission[] = [
  'operators:read',
  'operators:write',
  'api-keys:read',
  'api-keys:write',
  'stations:credentials',
  'credentials:rotate',
  'system:write',
  'releases:write',
  'users:reveal',
  // Two persons means persons.
  'approvals:decide',
];
export const KEY_PERMISSIONS = PERMISSIONS.filter((permission) => !PEOPLE_ONLY.includes(permission));

/** How far a permission reaches: the whole tenant, what the caller owns, or what belongs to the calling station. */
export type Scope = 'tenant' | 'own' | 'station';

export type RoleName = 'rider' | 'station' | 'viewer' | 'operator' | 'finance' | 'admin';
type Grants = Readonly<Partial<Record<Permission, Scope>>>;

const tenantWide = (...permissions: Permission[]): Grants =>
  Object.fromEntries(permissions.map((permission) => [permission, 'tenant' as const]));

const VIEWER: Grants = tenantWide(
  'stations:read',
  'batteries:read',
  'users:read',
  'identities:read',
  'vehicles:read',
  'fleets:read',
  'plans:read',
  'subscriptions:read',
  'orders:read',
  'disputes:read',
  'approvals:read',
  'passes:read',
  'charges:read',
  'finance:read',
  'payments:read',
  'commands:read',
  'alarms:read',
  'events:read',
  'telemetry:read',
  'tasks:read',
  'notifications:read',
  'analytics:read',
  'work-orders:read',
  'reports:read',
  'configs:read',
  'diagnostics:read',
  'releases:read',
);
const OPERATOR: Grants = {
  ...VIEWER,
  ...tenantWide(
    'stations:write',
    'stations:command',
    'batteries:write',
    'users:write',
    'users:reveal',
    'identities:decide',
    'vehicles:write',
    'vehicles:transfer',
    'fleets:write',
    'subscriptions:write',
    'orders:create',
    'orders:update',
    'orders:cancel',
    'orders:resolve',
    'disputes:create',
    'disputes:write',
    'approvals:decide',
    'passes:revoke',
    'alarms:write',
    'work-orders:write',
    'reports:create',
    'configs:write',
    'diagnostics:create',
    'logs:read',
    'tasks:write',
    'webhooks:read',
    'exports:read',
    'exports:create',
  ),
};

/** Money and nothing else: prices, refunds, settlements; no doors, no stations, no people's settings. */
const FINANCE: Grants = {
  ...VIEWER,
  ...tenantWide(
    'finance:manage',
    'payments:refund',
    'deposits:return',
    'plans:write',
    'subscriptions:write',
    'disputes:write',
    'orders:resolve',
    'approvals:decide',
    'audit:read',
    'exports:read',
    'exports:create',
  ),
};

/** Which audience may hold a role, and what the role grants. A role held under another audience grants nothing. */
export const ROLES: Readonly<Record<RoleName, { audience: Audience; grants: Grants }>> = {
  rider: {
    audience: 'rider',
    grants: {
      'users:read': 'own',
      'users:write': 'own',
      'identities:create': 'own',
      'identities:read': 'own',
      'account:read': 'own',
      'account:close': 'own',
      'vehicles:transfer': 'own',
      'vehicles:accept': 'own',
      'fleets:read': 'own',
      'vehicles:read': 'own',
      'vehicles:bind': 'own',
      'plans:read': 'tenant',
      'subscriptions:read': 'own',
      'subscriptions:write': 'own',
      'orders:read': 'own',
      'orders:create': 'own',
      'orders:cancel': 'own',
      'disputes:create': 'own',
      'disputes:read': 'own',
      'disputes:write': 'own',
      'passes:create': 'own',
      'passes:read': 'own',
      'passes:revoke': 'own',
      'charges:read': 'own',
      'finance:read': 'own',
      'payments:read': 'own',
      'payments:create': 'own',
      'deposits:return': 'own',
      'events:read': 'own',
      'reports:create': 'own',
      'reports:read': 'own',
    },
  },
  station: {
    audience: 'station',
    grants: {
      'users:read': 'tenant',
      'vehicles:read': 'tenant',
      'orders:read': 'station',
      'orders:create': 'station',
      'orders:update': 'station',
      'stations:read': 'station',
      'credentials:rotate': 'station',
      'passes:verify': 'tenant',
      'commands:read': 'station',
      'diagnostics:upload': 'station',
      'releases:download': 'station',
    },
  },
  viewer: { audience: 'operator', grants: VIEWER },
  operator: { audience: 'operator', grants: OPERATOR },
  finance: { audience: 'operator', grants: FINANCE },
  admin: { audience: 'operator', grants: tenantWide(...PERMISSIONS) },
};

const WIDTH: Readonly<Record<Scope, number>> = { own: 0, station: 1, tenant: 2 };

/** What a set of roles adds up to under an audience; the widest scope wins. Unknown roles grant nothing. */
export function grantsOf(audience: Audience, roles: readonly string[]): ReadonlyMap<Permission, Scope> {
  const grants = new Map<Permission, Scope>();
  for (const name of roles) {
    const role = Object.hasOwn(ROLES, name) ? ROLES[name as RoleName] : undefined;
    if (!role || role.audience !== audience) continue;
    for (const [permission, scope] of Object.entries(role.grants) as [Permission, Scope][]) {
      const held = grants.get(permission);
      if (!held || WIDTH[scope] > WIDTH[held]) grants.set(permission, scope);
    }
  }
  return grants;
}
