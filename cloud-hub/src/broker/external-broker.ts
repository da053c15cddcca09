import {
  BARE_CONTROL_TOPIC,
  BARE_INFO_TOPIC,
  controlTopic,
  HUB_SUBSCRIPTIONS,
  parseTopic,
} from '@voltbay/protocol';
import { connectAsync, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { uuidv7 } from 'uuidv7';
import { HubError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { StationRegistry } from '../stations/station-registry.js';
import { parseState } from './embedded-broker.js';
import type { StationLink, UplinkSink } from './station-link.js';

export type ExternalBrokerDeps = {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  url: string;
  username?: string;
  password?: string;
  clientId?: string;
  registry: StationRegistry;
  logger: Logger;
  /**
   * Take messages on the 2021 plan's bare `info` topic. An external broker does not tell who published: switch on only where its own
   * rules bind `device` to the publisher.
   */
  acceptBareInfo?: boolean;
  /** `auto`: used when the broker says (MQTT 5) that it has them. */
  sharedSubscriptions?: 'auto' | 'on' | 'off';
  connectTimeoutMs?: number;
};

export interface ExternalBroker extends StationLink {
  readonly connected: boolean;
}

/**
 * Any MQTT broker as the way to the stations. Who may publish where is the broker's to enforce; the hub takes the owner of the topic
 * for the publisher. A message is acknowledged to the broker only when ingest has taken it, which holds the broker back.
 */
export function createExternalBroker(deps: ExternalBrokerDeps): ExternalBroker {
  const { logger, registry, acceptBareInfo = false, sharedSubscriptions = 'auto' } = deps;
  const counts = { connects: 0, closes: 0, published: 0, publishFailures: 0, foreignTopics: 0 };
  let client: MqttClient | null = null;
  let sink: UplinkSink | null = null;
  let down = false;

  const options = (protocolVersion: 4 | 5): IClientOptions => ({
    protocolVersion,
    clientId: deps.clientId ?? `hub-${uuidv7()}`,
    clean: true,
    keepalive: 30,
    connectTimeout: deps.connectTimeoutMs ?? 10_000,
    // Jitter: hubs that lost the broker together do not come back in step.
    reconnectPeriod: 500 + Math.floor(Math.random() * 1_000),
    resubscribe: false,
    queueQoSZero: false,
    // An address without a name gives an empty one: an anonymous sign-in, not one with an empty name.
    ...(deps.username ? { username: deps.username } : {}),
    ...(deps.password ? { password: deps.password } : {}),
  });

  async function connect(): Promise<MqttClient> {
    try {
      return await connectAsync(deps.url, options(5), false);
    } catch (error) {
      if (!isVersionRefusal(error)) throw unreachable(error);
      logger.info('mqtt broker without MQTT 5: using 3.1.1');
      return connectAsync(deps.url, options(4), false).catch((cause) => {
        throw unreachable(cause);
      });
    }
  }

  const unreachable = (cause: unknown): HubError =>
    new HubError(
      'BROKER_UNREACHABLE',
      `no MQTT broker at ${deps.url.replace(/\/\/[^@/]*@/, '//***@')}: ${cause instanceof Error ? cause.message : String(cause)}. Check MQTT_URL and its user name and password`,
      { retryable: true, cause },
    );

  async function subscribe(target: MqttClient, sharedAvailable: boolean): Promise<void> {
    const shared = sharedSubscriptions === 'on' || (sharedSubscriptions === 'auto' && sharedAvailable);
    const info = shared ? HUB_SUBSCRIPTIONS.sharedInfo : HUB_SUBSCRIPTIONS.info;
    const filters = [info, HUB_SUBSCRIPTIONS.state, ...(acceptBareInfo ? [BARE_INFO_TOPIC] : [])];
    const grants = await target.subscribeAsync(filters, { qos: 1 });
    const refused = grants.filter(({ qos }) => qos >= 128).map(({ topic }) => topic);
    if (refused.includes(HUB_SUBSCRIPTIONS.sharedInfo))
      await target.subscribeAsync(HUB_SUBSCRIPTIONS.info, { qos: 1 });
    else if (refused.length > 0)
      logger.error({ refused }, 'mqtt broker refused subscriptions: allow them for the hub’s user');
  }

  function onMessage(packet: IPublishPacket): undefined | Promise<void> {
    if (!sink) return undefined;
    const parsed = parseTopic(packet.topic);
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    if (parsed?.kind === 'info' && parsed.device !== null) {
      if (packet.retain) {
        sink.refused({ device: parsed.device, code: 'RETAINED_INFO', detail: packet.topic });
        return undefined;
      }
      return sink.info({ device: parsed.device, payload });
    }
    if (parsed?.kind === 'info' && acceptBareInfo && !packet.retain) {
      const device = namedDevice(payload);
      if (device !== null) return sink.info({ device, payload });
      sink.refused({ device: null, code: 'BAD_ENVELOPE', detail: 'bare topic without a device' });
      return undefined;
    }
    if (parsed?.kind === 'state' && parsed.device !== null) return onState(parsed.device, payload);
    counts.foreignTopics++;
    return undefined;
  }

  async function onState(device: string, payload: Uint8Array): Promise<void> {
    if (payload.length === 0) return;
    const state = parseState(payload);
    if (!state || state.device !== device) {
      sink?.refused({ device, code: 'BAD_STATE', detail: 'state message is not valid' });
      return;
    }
    if (!(registry.peek(device) ?? (await registry.load(device)))) {
      sink?.refused({ device, code: 'UNKNOWN_STATION', detail: 'no such station is registered' });
      return;
    }
    const verdict = state.online ? registry.birth(state, null) : null;
    const incarnation = verdict?.kind === 'ok' ? verdict.incarnation : undefined;
    await sink?.state({ device, state, incarnation });
  }

  return {
    get connected() {
      return client?.connected ?? false;
    },
    async start(target) {
      sink = target;
      const connected = await connect();
      client = connected;
      connected.handleMessage = (packet, done) => {
        answerTogether(connected.stream);
        const wait = onMessage(packet);
        if (wait) wait.then(() => done(), done);
        else done();
      };
      const noDelay = () => {
        const stream = connected.stream as { setNoDelay?: (on: boolean) => void };
        stream.setNoDelay?.(true);
      };
      noDelay();
      connected.on('connect', (connack) => {
        counts.connects++;
        noDelay();
        if (down) logger.info('mqtt broker is back');
        down = false;
        subscribe(
          connected,
          connack.properties?.sharedSubscriptionAvailable !== false && isV5(connected),
        ).catch((cause) => logger.error({ err: cause }, 'mqtt subscriptions failed'));
      });
      connected.on('close', () => {
        counts.closes++;
        if (!down && sink) logger.warn('mqtt broker lost');
        down = true;
      });
      connected.on('error', (error) => logger.debug({ reason: error.message }, 'mqtt client error'));
      counts.connects++;
      await subscribe(connected, isV5(connected));
    },
    async stop() {
      sink = null;
      const stopping = client;
      client = null;
      await stopping?.endAsync(false).catch(() => undefined);
    },
    reaches: () => (client?.connected ? undefined : false),
    async send(device, topics, payload) {
      // Never queued in the client: a command that waits for a broker is a stale one.
      if (!client?.connected) return false;
      const topic = topics === 'shared' ? BARE_CONTROL_TOPIC : controlTopic(device);
      counts.published++;
      client.publish(topic, payload, { qos: 1, retain: false }, (error) => {
        if (error) counts.publishFailures++;
      });
      return true;
    },
    // Sessions are the broker's; its own tools, or the authentication hook at the next connect, end them.
    disconnect: () => 0,
    stats: () => ({ ...counts, connected: client?.connected ? 1 : 0 }),
  };
}

/** Acknowledgements of the messages that came in one turn leave in one write: each alone would cost a system call. */
function answerTogether(stream: { writableCorked?: number; cork?(): void; uncork?(): void }): void {
  if (!stream.cork || (stream.writableCorked ?? 0) > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork?.());
}

const isV5 = (client: MqttClient): boolean => client.options.protocolVersion === 5;

/** CONNACK 1 (3.1.1) or 0x84 (5): unacceptable protocol version. */
function isVersionRefusal(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 1 || code === 132;
}

function namedDevice(payload: Uint8Array): string | null {
  try {
    const json: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    const device =
      typeof json === 'object' && json !== null && 'device' in json ? (json.device as unknown) : null;
    return typeof device === 'string' && parseTopic(controlTopic(device)) ? device : null;
  } catch {
    return null;
  }
}
