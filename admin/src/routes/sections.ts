import type { SectionTab } from '../components/ui/section-tabs.js';

/** Pages of the modules that have several. */
export const FINANCE_TABS = [
  { to: '/finance', label: 'finance.overview', permission: 'finance:manage' },
  { to: '/finance/payments', label: 'finance.payments', permission: 'payments:read' },
  { to: '/finance/refunds', label: 'finance.refunds', permission: 'payments:read' },
  { to: '/finance/order-refunds', label: 'finance.orderRefunds', permission: 'charges:read' },
  { to: '/finance/approvals', label: 'finance.approvals', permission: 'approvals:read' },
  { to: '/finance/disputes', label: 'finance.disputes', permission: 'disputes:read' },
  { to: '/finance/ledger', label: 'finance.ledger', permission: 'finance:read' },
  { to: '/finance/reconciliation', label: 'finance.reconciliation', permission: 'finance:manage' },
  { to: '/finance/invoices', label: 'finance.invoices', permission: 'finance:read' },
  { to: '/finance/deposits', label: 'finance.deposits', permission: 'finance:read' },
  { to: '/finance/partners', label: 'finance.partners', permission: 'finance:manage' },
  { to: '/finance/settlements', label: 'finance.settlements', permission: 'finance:manage' },
  { to: '/finance/callbacks', label: 'finance.callbacks', permission: 'finance:manage' },
] as const satisfies readonly SectionTab[];

export const PLAN_TABS = [
  { to: '/plans', label: 'plan.versions', permission: 'plans:read' },
  { to: '/plans/calculator', label: 'plan.calculator', permission: 'plans:read' },
  { to: '/plans/subscriptions', label: 'plan.subscriptions', permission: 'subscriptions:read' },
  { to: '/plans/coupons', label: 'plan.coupons', permission: 'plans:write' },
  { to: '/plans/tariffs', label: 'plan.tariffs', permission: 'plans:read' },
] as const satisfies readonly SectionTab[];

export const SYSTEM_TABS = [
  { to: '/system', label: 'system.about', permission: 'system:read' },
  { to: '/system/operators', label: 'system.operators', permission: 'operators:read' },
  { to: '/system/roles', label: 'system.roles', permission: 'operators:read' },
  { to: '/system/tenants', label: 'system.tenants', permission: 'system:read' },
  { to: '/system/settings', label: 'system.settings', permission: 'system:read' },
  { to: '/system/dictionaries', label: 'system.dictionaries', permission: 'system:read' },
] as const satisfies readonly SectionTab[];

export const INTEGRATION_TABS = [
  { to: '/integrations/webhooks', label: 'system.webhooks', permission: 'webhooks:read' },
  { to: '/integrations/keys', label: 'system.keys', permission: 'api-keys:read' },
  { to: '/integrations/templates', label: 'system.templates', permission: 'notifications:read' },
  { to: '/integrations/sent', label: 'system.sent', permission: 'notifications:read' },
  { to: '/integrations/exports', label: 'system.exports', permission: 'exports:read' },
] as const satisfies readonly SectionTab[];

export const UPKEEP_TABS = [
  { to: '/upkeep/logs', label: 'upkeep.logs', permission: 'logs:read' },
  { to: '/upkeep/releases', label: 'upkeep.releases', permission: 'releases:read' },
  { to: '/upkeep/rollouts', label: 'upkeep.rollouts', permission: 'releases:read' },
] as const satisfies readonly SectionTab[];

export const ANALYTICS_TABS = [
  { to: '/analytics', label: 'analytics.overview', permission: 'analytics:read' },
  { to: '/analytics/forecast', label: 'analytics.forecast', permission: 'analytics:read' },
  { to: '/analytics/ranking', label: 'analytics.ranking', permission: 'analytics:read' },
  { to: '/analytics/cohorts', label: 'analytics.cohorts', permission: 'analytics:read' },
] as const satisfies readonly SectionTab[];

export const ORDER_TABS = [
  { to: '/orders', label: 'order.list', permission: 'orders:read' },
  { to: '/orders/board', label: 'order.board', permission: 'orders:read' },
] as const satisfies readonly SectionTab[];

export const USER_TABS = [
  { to: '/users', label: 'user.list', permission: 'users:read' },
  { to: '/users/real-names', label: 'user.realNames', permission: 'identities:read' },
  { to: '/users/fleets', label: 'user.fleets', permission: 'fleets:read' },
] as const satisfies readonly SectionTab[];

export const STATION_TABS = [
  { to: '/stations', label: 'station.list', permission: 'stations:read' },
  { to: '/stations/map', label: 'station.map', permission: 'stations:read' },
] as const satisfies readonly SectionTab[];

export const ALARM_TABS = [
  { to: '/alarms', label: 'alarms.list', permission: 'alarms:read' },
  { to: '/alarms/reports', label: 'report.title', permission: 'reports:read' },
] as const satisfies readonly SectionTab[];

export const BATTERY_TABS = [
  { to: '/batteries', label: 'battery.list', permission: 'batteries:read' },
  { to: '/batteries/health', label: 'battery.health', permission: 'analytics:read' },
] as const satisfies readonly SectionTab[];

export const ALL_TABS: readonly SectionTab[] = [
  ...FINANCE_TABS,
  ...PLAN_TABS,
  ...SYSTEM_TABS,
  ...INTEGRATION_TABS,
  ...UPKEEP_TABS,
  ...ANALYTICS_TABS,
  ...ORDER_TABS,
  ...USER_TABS,
  ...STATION_TABS,
  ...ALARM_TABS,
  ...BATTERY_TABS,
];
