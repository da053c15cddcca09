import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from '@tanstack/react-router';
import { CrashPage, NotFoundPage } from '../features/shell/fault-pages.js';
import { parseListSearch } from '../lib/list-search.js';
import { Gate } from './gate.js';

/** Routes are thin: each names its page, which is loaded when it is first opened. */
const rootRoute = createRootRoute({
  component: () => (
    <Gate>
      <Outlet />
    </Gate>
  ),
  notFoundComponent: NotFoundPage,
  errorComponent: CrashPage,
});

type Component = ReturnType<typeof lazyRouteComponent>;
const plain = <Path extends string>(path: Path, component: Component) =>
  createRoute({ getParentRoute: () => rootRoute, path, component });
/** A page whose list is kept in the URL. */
const list = <Path extends string>(path: Path, component: Component) =>
  createRoute({ getParentRoute: () => rootRoute, path, validateSearch: parseListSearch, component });

const routeTree = rootRoute.addChildren([
  plain(
    '/',
    lazyRouteComponent(() => import('../features/home/home-page.js'), 'HomePage'),
  ),
  list(
    '/stations',
    lazyRouteComponent(() => import('../features/stations/stations-page.js'), 'StationsPage'),
  ),
  plain(
    '/stations/$stationId',
    lazyRouteComponent(() => import('../features/stations/station-page.js'), 'StationPage'),
  ),
  list(
    '/orders',
    lazyRouteComponent(() => import('../features/orders/orders-page.js'), 'OrdersPage'),
  ),
  plain(
    '/orders/$orderId',
    lazyRouteComponent(() => import('../features/orders/order-page.js'), 'OrderPage'),
  ),
  list(
    '/batteries',
    lazyRouteComponent(() => import('../features/batteries/batteries-page.js'), 'BatteriesPage'),
  ),
  plain(
    '/batteries/$batteryId',
    lazyRouteComponent(() => import('../features/batteries/battery-page.js'), 'BatteryPage'),
  ),
  list(
    '/alarms',
    lazyRouteComponent(() => import('../features/alarms/alarms-page.js'), 'AlarmsPage'),
  ),
  list(
    '/users',
    lazyRouteComponent(() => import('../features/users/users-page.js'), 'UsersPage'),
  ),
  plain(
    '/users/$userId',
    lazyRouteComponent(() => import('../features/users/user-page.js'), 'UserPage'),
  ),
  list(
    '/vehicles',
    lazyRouteComponent(() => import('../features/vehicles/vehicles-page.js'), 'VehiclesPage'),
  ),
  plain(
    '/vehicles/$vehicleId',
    lazyRouteComponent(() => import('../features/vehicles/vehicle-page.js'), 'VehiclePage'),
  ),
  list(
    '/plans',
    lazyRouteComponent(() => import('../features/plans/plans-page.js'), 'PlansPage'),
  ),
  plain(
    '/finance',
    lazyRouteComponent(() => import('../features/finance/overview-page.js'), 'FinanceOverviewPage'),
  ),
  list(
    '/finance/payments',
    lazyRouteComponent(() => import('../features/finance/payments-page.js'), 'PaymentsPage'),
  ),
  plain(
    '/finance/payments/$paymentId',
    lazyRouteComponent(() => import('../features/finance/payment-page.js'), 'PaymentPage'),
  ),
  list(
    '/finance/refunds',
    lazyRouteComponent(() => import('../features/finance/refunds-page.js'), 'RefundsPage'),
  ),
  list(
    '/finance/ledger',
    lazyRouteComponent(() => import('../features/finance/ledger-page.js'), 'LedgerPage'),
  ),
  list(
    '/tasks',
    lazyRouteComponent(() => import('../features/tasks/tasks-page.js'), 'TasksPage'),
  ),
  plain(
    '/tasks/$taskId',
    lazyRouteComponent(() => import('../features/tasks/task-page.js'), 'TaskPage'),
  ),
  list(
    '/audit',
    lazyRouteComponent(() => import('../features/audit/audit-page.js'), 'AuditPage'),
  ),
  list(
    '/work-orders',
    lazyRouteComponent(() => import('../features/work-orders/work-orders-page.js'), 'WorkOrdersPage'),
  ),
  plain(
    '/work-orders/$workOrderId',
    lazyRouteComponent(() => import('../features/work-orders/work-order-page.js'), 'WorkOrderPage'),
  ),
  list(
    '/plans/subscriptions',
    lazyRouteComponent(() => import('../features/plans/subscriptions-page.js'), 'SubscriptionsPage'),
  ),
  list(
    '/plans/coupons',
    lazyRouteComponent(() => import('../features/plans/coupons-page.js'), 'CouponsPage'),
  ),
  list(
    '/plans/tariffs',
    lazyRouteComponent(() => import('../features/plans/tariffs-page.js'), 'TariffsPage'),
  ),
  plain(
    '/plans/calculator',
    lazyRouteComponent(() => import('../features/plans/calculator-page.js'), 'CalculatorPage'),
  ),
  list(
    '/finance/order-refunds',
    lazyRouteComponent(() => import('../features/finance/order-refunds-page.js'), 'OrderRefundsPage'),
  ),
  list(
    '/finance/invoices',
    lazyRouteComponent(() => import('../features/finance/invoices-page.js'), 'InvoicesPage'),
  ),
  list(
    '/finance/deposits',
    lazyRouteComponent(() => import('../features/finance/deposits-page.js'), 'DepositsPage'),
  ),
  list(
    '/finance/reconciliation',
    lazyRouteComponent(() => import('../features/finance/reconciliations-page.js'), 'ReconciliationsPage'),
  ),
  plain(
    '/finance/reconciliation/$reconciliationId',
    lazyRouteComponent(() => import('../features/finance/reconciliation-page.js'), 'ReconciliationPage'),
  ),
  list(
    '/finance/callbacks',
    lazyRouteComponent(() => import('../features/finance/callbacks-page.js'), 'CallbacksPage'),
  ),
  list(
    '/finance/partners',
    lazyRouteComponent(() => import('../features/finance/partners-page.js'), 'PartnersPage'),
  ),
  list(
    '/finance/settlements',
    lazyRouteComponent(() => import('../features/finance/settlements-page.js'), 'SettlementsPage'),
  ),
  plain(
    '/system',
    lazyRouteComponent(() => import('../features/system/about-page.js'), 'AboutPage'),
  ),
  list(
    '/system/operators',
    lazyRouteComponent(() => import('../features/system/operators-page.js'), 'OperatorsPage'),
  ),
  plain(
    '/system/roles',
    lazyRouteComponent(() => import('../features/system/roles-page.js'), 'RolesPage'),
  ),
  plain(
    '/system/tenants',
    lazyRouteComponent(() => import('../features/system/tenants-page.js'), 'TenantsPage'),
  ),
  plain(
    '/system/settings',
    lazyRouteComponent(() => import('../features/system/settings-page.js'), 'SettingsPage'),
  ),
  plain(
    '/system/dictionaries',
    lazyRouteComponent(() => import('../features/system/dictionaries-page.js'), 'DictionariesPage'),
  ),
  list(
    '/integrations/keys',
    lazyRouteComponent(() => import('../features/integrations/keys-page.js'), 'KeysPage'),
  ),
  list(
    '/integrations/webhooks',
    lazyRouteComponent(() => import('../features/integrations/webhooks-page.js'), 'WebhooksPage'),
  ),
  plain(
    '/integrations/webhooks/$webhookId',
    lazyRouteComponent(() => import('../features/integrations/webhook-page.js'), 'WebhookPage'),
  ),
  plain(
    '/integrations/templates',
    lazyRouteComponent(() => import('../features/integrations/templates-page.js'), 'TemplatesPage'),
  ),
  list(
    '/integrations/sent',
    lazyRouteComponent(() => import('../features/integrations/sent-page.js'), 'SentPage'),
  ),
  list(
    '/integrations/exports',
    lazyRouteComponent(() => import('../features/integrations/exports-page.js'), 'ExportsPage'),
  ),
  plain(
    '/batteries/health',
    lazyRouteComponent(() => import('../features/batteries/health-page.js'), 'HealthPage'),
  ),
  plain(
    '/analytics',
    lazyRouteComponent(() => import('../features/analytics/analytics-page.js'), 'AnalyticsPage'),
  ),
  plain(
    '/stations/map',
    lazyRouteComponent(() => import('../features/stations/stations-map-page.js'), 'StationsMapPage'),
  ),
  plain(
    '/stations/$stationId/telemetry',
    lazyRouteComponent(
      () => import('../features/stations/station-telemetry-page.js'),
      'StationTelemetryPage',
    ),
  ),
  plain(
    '/stations/$stationId/work',
    lazyRouteComponent(() => import('../features/stations/station-work-page.js'), 'StationWorkPage'),
  ),
  plain(
    '/stations/$stationId/setup',
    lazyRouteComponent(() => import('../features/stations/station-setup-page.js'), 'StationSetupPage'),
  ),
  list(
    '/alarms/reports',
    lazyRouteComponent(() => import('../features/alarms/reports-page.js'), 'ReportsPage'),
  ),
  list(
    '/finance/approvals',
    lazyRouteComponent(() => import('../features/finance/approvals-page.js'), 'ApprovalsPage'),
  ),
  list(
    '/finance/disputes',
    lazyRouteComponent(() => import('../features/finance/disputes-page.js'), 'DisputesPage'),
  ),
  list(
    '/upkeep/logs',
    lazyRouteComponent(() => import('../features/upkeep/logs-page.js'), 'LogsPage'),
  ),
  list(
    '/upkeep/releases',
    lazyRouteComponent(() => import('../features/upkeep/releases-page.js'), 'ReleasesPage'),
  ),
  list(
    '/upkeep/rollouts',
    lazyRouteComponent(() => import('../features/upkeep/rollouts-page.js'), 'RolloutsPage'),
  ),
  plain(
    '/upkeep/rollouts/$rolloutId',
    lazyRouteComponent(() => import('../features/upkeep/rollout-page.js'), 'RolloutPage'),
  ),
  plain(
    '/stations/$stationId/config',
    lazyRouteComponent(() => import('../features/stations/station-config-page.js'), 'StationConfigPage'),
  ),
  plain(
    '/batteries/$batteryId/passport',
    lazyRouteComponent(() => import('../features/batteries/passport-page.js'), 'PassportPage'),
  ),
  list(
    '/users/fleets',
    lazyRouteComponent(() => import('../features/users/fleets-page.js'), 'FleetsPage'),
  ),
  plain(
    '/users/fleets/$fleetId',
    lazyRouteComponent(() => import('../features/users/fleet-page.js'), 'FleetPage'),
  ),
  list(
    '/users/real-names',
    lazyRouteComponent(() => import('../features/users/real-names-page.js'), 'RealNamesPage'),
  ),
  plain(
    '/analytics/forecast',
    lazyRouteComponent(() => import('../features/analytics/forecast-page.js'), 'ForecastPage'),
  ),
  plain(
    '/analytics/ranking',
    lazyRouteComponent(() => import('../features/analytics/ranking-page.js'), 'RankingPage'),
  ),
  plain(
    '/analytics/cohorts',
    lazyRouteComponent(() => import('../features/analytics/cohorts-page.js'), 'CohortsPage'),
  ),
  plain(
    '/orders/board',
    lazyRouteComponent(() => import('../features/orders/board-page.js'), 'OrderBoardPage'),
  ),
]);

export function createConsoleRouter() {
  return createRouter({
    routeTree,
    basepath: '/admin',
    defaultPreload: 'intent',
    scrollRestoration: true,
    defaultErrorComponent: CrashPage,
  });
}
export type ConsoleRouter = ReturnType<typeof createConsoleRouter>;

declare module '@tanstack/react-router' {
  interface Register {
    router: ConsoleRouter;
  }
}
