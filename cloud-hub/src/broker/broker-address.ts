import type { HubConfig } from '../config/config.js';
import type { Logger } from '../logger.js';
import type { createStations } from '../stations/stations.js';
import { createExternalBroker } from './external-broker.js';
import type { StationLink } from './station-link.js';

/** The broker that `MQTT_URL` names. */
export function externalLink(
  config: HubConfig,
  registry: ReturnType<typeof createStations>['registry'],
  logger: Logger,
): StationLink {
  const url = new URL(config.mqtt.url ?? '');
  const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  url.username = '';
  url.password = '';
  return createExternalBroker({
    url: url.href,
    username,
    password,
    registry,
    logger,
    acceptBareInfo: false,
    sharedSubscriptions: 'auto',
  });
}

/** Under which name the hub signs in to an external broker, as its address says. */
export function hubAccount(mqttUrl: string | null): { username: string; password: string } | null {
  if (mqttUrl === null) return null;
  const { username, password } = new URL(mqttUrl);
  return username && password
    ? { username: decodeURIComponent(username), password: decodeURIComponent(password) }
    : null;
}

/** What to write in a URL for an address that is listened on. */
export function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
