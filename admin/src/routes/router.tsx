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

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  component: lazyRouteComponent(() => import('../features/home/home-page.js'), 'HomePage'),
});

const stationsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/stations',
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import('../features/stations/stations-page.js'), 'StationsPage'),
});

const stationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/stations/$stationId',
  component: lazyRouteComponent(() => import('../features/stations/station-page.js'), 'StationPage'),
});

const ordersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/orders',
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import('../features/orders/orders-page.js'), 'OrdersPage'),
});

const orderRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/orders/$orderId',
  component: lazyRouteComponent(() => import('../features/orders/order-page.js'), 'OrderPage'),
});

const batteriesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/batteries',
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import('../features/batteries/batteries-page.js'), 'BatteriesPage'),
});

const batteryRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/batteries/$batteryId',
  component: lazyRouteComponent(() => import('../features/batteries/battery-page.js'), 'BatteryPage'),
});

const alarmsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/alarms',
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import('../features/alarms/alarms-page.js'), 'AlarmsPage'),
});

const usersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/users',
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import('../features/users/users-page.js'), 'UsersPage'),
});

const userRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/users/$userId',
  component: lazyRouteComponent(() => import('../features/users/user-page.js'), 'UserPage'),
});

const vehiclesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/vehicles',
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import('../features/vehicles/vehicles-page.js'), 'VehiclesPage'),
});

const vehicleRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/vehicles/$vehicleId',
  component: lazyRouteComponent(() => import('../features/vehicles/vehicle-page.js'), 'VehiclePage'),
});

const plansRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/plans',
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import('../features/plans/plans-page.js'), 'PlansPage'),
});

const financeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/finance',
  component: lazyRouteComponent(() => import('../features/finance/overview-page.js'), 'FinanceOverviewPage'),
});

const paymentsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/finance/payments',
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import('../features/finance/payments-page.js'), 'PaymentsPage'),
});

const paymentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/finance/payments/$paymentId',
  component: lazyRouteComponent(() => import('../features/finance/payment-page.js'), 'PaymentPage'),
});

const refundsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/finance/refunds',
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import('../features/finance/refunds-page.js'), 'RefundsPage'),
});

const ledgerRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/finance/ledger',
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import('../features/finance/ledger-page.js'), 'LedgerPage'),
});

const tasksRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/tasks',
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import('../features/tasks/tasks-page.js'), 'TasksPage'),
});

const taskRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/tasks/$taskId',
  component: lazyRouteComponent(() => import('../features/tasks/task-page.js'), 'TaskPage'),
});

const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/audit',
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import('../features/audit/audit-page.js'), 'AuditPage'),
});

const routeTree = rootRoute.addChildren([
  homeRoute,
  stationsRoute,
  stationRoute,
  ordersRoute,
  orderRoute,
  batteriesRoute,
  batteryRoute,
  alarmsRoute,
  usersRoute,
  userRoute,
  vehiclesRoute,
  vehicleRoute,
  plansRoute,
  financeRoute,
  paymentsRoute,
  paymentRoute,
  refundsRoute,
  ledgerRoute,
  tasksRoute,
  taskRoute,
  auditRoute,
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
