import { createApp } from './app.js';
import type { HubAddresses, HubOverrides, Running } from './assemble.js';
import { hostInUrl, hubAccount } from './broker/broker-address.js';
import { createBrokerAccess } from './broker/http-access.js';
import type { StationLink } from './broker/station-link.js';
import type { HubConfig } from './config/config.js';
import { createMetrics, type StatsSource } from './gateway/metrics.js';
import { startTracing } from './gateway/tracing.js';
import { createRateLimits } from './http/rate-limit.js';
import { createResponseCache } from './http/response-cache.js';
import { createHttpServer } from './http/server.js';
import { hubRoutes, type RouteDeps } from './routes.js';
import { createBirthDesk } from './stations/birth-desk.js';
import { tenantIds } from './system/tenants.js';
import { hubVersion } from './version.js';

/** What the routes need that exists only once there is a gateway. */
type GatewayDeps =
  | 'disconnect'
  | 'riderTenantId'
  | 'endpoints'
  | 'version'
  | 'draining'
  | 'metrics'
  | 'brokerAccess'
  | 'brokerSecret'
  | 'limits'
  | 'logger';

/** The gateway in front of the features: limits, cache, metrics, routes, HTTP server. Serves when it resolves. */
export async function serve(deps: {
  config: HubConfig;
  overrides: HubOverrides;
  logger: RouteDeps['logger'];
  link: StationLink;
  /** Port of the embedded broker; null = there is none. */
  brokerPort(): number | null;
  sources: readonly StatsSource[];
  live: RouteDeps['live'] & { close(): void };
  features: Omit<RouteDeps, GatewayDeps>;
  addresses: HubAddresses;
  stops: Running['stops'];
}): Promise<Pick<Running, 'app' | 'routes'>> {
  const { config, overrides, logger, link, features, addresses, stops, live } = deps;
  const { database, clock, identity, stations, background } = features;
  let draining = false;
  const cache = createResponseCache({ clock });
  const limits = createRateLimits();
  const metrics = createMetrics({
    database,
    clock,
    version: hubVersion(),
    tenantIds: () => tenantIds(database, config.tenantId),
    sources: [...deps.sources, { name: 'response_cache', stats: cache.stats }],
  });
  metrics.start();
  stops.push(() => metrics.stop());
  const routes = hubRoutes(config.roles, {
    ...features,
    disconnect: link.disconnect,
    riderTenantId: config.tenantId,
    endpoints: () => addresses,
    version: hubVersion(),
    draining: () => draining,
    metrics,
    brokerAccess: createBrokerAccess({
      stations: identity.stations,
      births: createBirthDesk(stations.registry),
      hub: hubAccount(config.mqtt.url),
    }),
    brokerSecret: config.http.brokerSecret,
    limits,
    logger,
  });
  const tracing = config.tracing ? await startTracing({ ...config.tracing, version: hubVersion() }) : null;
  if (tracing) stops.push(() => tracing.stop());
  const app = createApp({
    routes,
    version: hubVersion(),
    corsOrigins: config.http.corsOrigins,
    addressRules: config.http,
    adminDir: config.web.adminDir,
    appDir: config.web.appDir,
    appLinks: config.appLinks,
    tracing: tracing?.middleware ?? null,
    pipeline: {
      logger,
      clock,
      authenticator: identity.authenticator,
      idempotency: identity.idempotency,
      limits,
      cache,
      meter: identity.apiKeys,
      observe: metrics.observe,
      perPrincipalPerMinute: config.http.perPrincipalPerMinute,
      perAddressPerMinute: config.http.perAddressPerMinute,
      trustedProxies: config.http.trustedProxies,
      audit: background.requestAudit,
      validateResponses: overrides.validateResponses ?? false,
    },
  });
  const server = createHttpServer({ app, host: config.http.host, port: config.http.port });
  const httpPort = await server.start();
  stops.push(async () => {
    draining = true;
    // Not ready yet still serving: whoever shares out the requests sees it and goes elsewhere.
    if (config.http.drainMs > 0) await new Promise((resolve) => setTimeout(resolve, config.http.drainMs));
    // Live pages stay open for ever: they are ended first, so that the server can drain.
    live.close();
    return server.stop();
  });
  const host = hostInUrl(config.http.host);
  addresses.apiUrl = config.http.publicUrl ?? `http://${host}:${httpPort}`;
  addresses.mqttUrl =
    config.mqtt.publicUrl ?? config.mqtt.url ?? `mqtt://${host}:${deps.brokerPort() ?? config.mqtt.port}`;
  return { app, routes };
}
