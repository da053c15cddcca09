import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
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
  beforeLoad: () => {
    throw redirect({ to: '/stations', search: {} });
  },
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

const routeTree = rootRoute.addChildren([
  homeRoute,
  stationsRoute,
  stationRoute,
  ordersRoute,
  orderRoute,
  batteriesRoute,
  batteryRoute,
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
