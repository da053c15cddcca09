import { createServer, type Server, type Socket } from 'node:net';
import { DEVICE_PATTERN, type StationState, stationStateSchema } from '@voltbay/protocol';
import { Aedes } from 'aedes';
import { uuidv7 } from 'uuidv7';
import { HubError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Clock, StationAuthenticator } from '../ports.js';
import { createConnectionGate } from './connection-gate.js';
import { oversizedPayloadBytes } from './packet-guard.js';
import { keepRetainedByTopic } from './retained-states.js';
import { brokerClientId, createSessionRegistry, type StationSession } from './sessions.js';
import { createSignInThrottle } from './sign-in-throttle.js';
import type { StationLink, UplinkSink } from './station-link.js';
import { controlTopicFor } from './station-topics.js';
import { decidePublish, maySubscribe } from './topic-access.js';

export type EmbeddedBrokerLimits = {
  maxConnections: number;
  /** Connections from one address that have not signed in yet. */
  maxPendingPerAddress: number;
  maxSessionsPerDevice: number;
  /** Largest payload, bytes. */
  maxPayloadBytes: number;
  /** A client that leaves more than this unread is closed. */
  maxBacklogBytes: number;
  connectTimeoutMs: number;
};

const DEFAULT_LIMITS: EmbeddedBrokerLimits = {
  maxConnections: 12_000,
  maxPendingPerAddress: 12_000,
  maxSessionsPerDevice: 4,
  maxPayloadBytes: 262_144,
  maxBacklogBytes: 4_194_304,
  connectTimeoutMs: 15_000,
};
/** Room for topic and packet id beside the payload. */
const PUBLISH_HEAD_BYTES = 512;
const MAX_OTHER_PACKET_BYTES = 32_768;
const MAX_STATE_BYTES = 8_192;
/** Published packets that go no further than the sink: nobody can subscribe to it, so nothing is routed. */
const TAKEN_TOPIC = '$voltbay/taken';

/** What the broker asks the registry about a station that has proven its secret. */
export interface BirthDesk {
  /** Before the session begins. `admit: false` for a retired or unknown station. */
  admit(device: string): Promise<boolean>;
  /**
   * Decides what a birth means; synchronous because messages follow at once. `fenced`: another agent is live under this identity, with
   * another database or a copy of this one.
   */
  birth(
    state: StationState,
    live: { epoch: number; instanceId: string | null } | null,
  ): { kind: 'ok'; incarnation: number } | { kind: 'fenced'; code: string };
}

export type EmbeddedBrokerDeps = {
  authenticator: StationAuthenticator;
  births: BirthDesk;
  logger: Logger;
  clock: Clock;
  host: string;
  port: number;
  limits?: Partial<EmbeddedBrokerLimits>;
};

export interface EmbeddedBroker extends StationLink {
  /** The bound port, after `start`. */
  readonly port: number;
}

type AedesClient = Parameters<Aedes['authorizePublish']>[0] & object;
type PublishPacket = Parameters<Aedes['authorizePublish']>[1];

/**
 * The broker inside the hub (aedes, MQTT 3.1.1). Only stations sign in; every uplink goes straight to the sink, so that the
 * publisher is known for certain and is held back when ingest is full; downlinks go straight to the session.
 */
export function createEmbeddedBroker(deps: EmbeddedBrokerDeps): EmbeddedBroker {
  const { authenticator, births, logger, clock } = deps;
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const sessions = createSessionRegistry();
  const sessionOf = new WeakMap<object, StationSession>();
  const throttle = createSignInThrottle({ clock });
  const gate = createConnectionGate({
    maxConnections: limits.maxConnections,
    maxPendingPerAddress: limits.maxPendingPerAddress,
    packets: {
      maxPublishBytes: limits.maxPayloadBytes + PUBLISH_HEAD_BYTES,
      maxOtherBytes: MAX_OTHER_PACKET_BYTES,
    },
    logger,
  });
  const counts = {
    signedIn: 0,
    badCredentials: 0,
    deniedPublishes: 0,
    deniedSubscriptions: 0,
    takeovers: 0,
    kicked: 0,
    fenced: 0,
    keepaliveTimeouts: 0,
    oversized: 0,
  };
  let sink: UplinkSink | null = null;
  let boundPort = 0;
  let started: { broker: Aedes; server: Server; stopRevocations: () => void } | null = null;

  async function signIn(
    client: AedesClient,
    username: string | undefined,
    password: Buffer | undefined,
  ): Promise<'ok' | 'refused'> {
    const socket = client.conn as Socket;
    const address = socket.remoteAddress ?? 'unknown';
    if (throttle.blocked(address) || !username || !password || !DEVICE_PATTERN.test(username)) {
      counts.badCredentials++;
      return 'refused';
    }
    const result = await authenticator.authenticate(username, password.toString('utf8'));
    if (!result.ok || !(await births.admit(username))) {
      counts.badCredentials++;
      throttle.failed(address);
      logger.warn({ device: username, address }, 'station sign-in refused');
      return 'refused';
    }
    throttle.succeeded(address);
    gate.signedIn(socket);
    const held = sessions.of(username);
    if (held.length >= limits.maxSessionsPerDevice) held[0]?.close();
    const session: StationSession = {
      device: username,
      tenantId: result.tenantId,
      clientId: client.id,
      filters: new Set(),
      agent: null,
      incarnation: undefined,
      publish: (topic, payload) =>
        client.publish(
          { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain: false, dup: false },
          () => undefined,
        ),
      close: () => client.close(),
      backlogBytes: () => socket.writableLength,
    };
    sessionOf.set(client, session);
    return 'ok';
  }

  function onPublish(client: AedesClient | null, packet: PublishPacket): undefined | Promise<void> {
    const session = client ? sessionOf.get(client) : undefined;
    if (!session || !sink) {
      take(packet);
      return undefined;
    }
    const payload = payloadOf(packet);
    const decision = decidePublish(session.device, packet);
    if (decision.kind === 'denied') {
      counts.deniedPublishes++;
      sink.refused({ device: session.device, code: decision.code, detail: packet.topic.slice(0, 128) });
      take(packet);
      return undefined;
    }
    const oversized = oversizedPayloadBytes(payload);
    if (oversized !== null) {
      counts.oversized++;
      const detail = `payload of ${oversized} bytes; the limit is ${limits.maxPayloadBytes}`;
      sink.refused({ device: session.device, code: 'TOO_LARGE', detail });
      take(packet);
      return undefined;
    }
    if (decision.kind === 'state') return onState(session, packet, payload);
    take(packet);
    return sink.info({ device: session.device, payload, incarnation: session.incarnation });
  }

  function onState(
    session: StationSession,
    packet: PublishPacket,
    payload: Uint8Array,
  ): undefined | Promise<void> {
    const state = parseState(payload);
    if (!state || state.device !== session.device) {
      sink?.refused({ device: session.device, code: 'BAD_STATE', detail: 'state message is not valid' });
      take(packet);
      return undefined;
    }
    const live = sessions.agentOf(session.device);
    if (state.online) {
      const other = live && live !== session ? live : null;
      const verdict = births.birth(state, other?.agent ?? null);
      if (verdict.kind === 'fenced') {
        counts.fenced++;
        take(packet);
        sink?.refused({
          device: session.device,
          code: verdict.code,
          detail: `instance ${state.instanceId}, epoch ${state.epoch}, start ${state.starts?.at(-1) ?? 'unnamed'}`,
        });
        session.close();
        return undefined;
      }
      session.agent = { epoch: state.epoch, instanceId: state.instanceId ?? null };
      session.incarnation = verdict.incarnation;
      if (other) {
        counts.takeovers++;
        other.agent = null;
        other.close();
      }
    } else if ((live && live !== session) || (state.reason === 'will' && session.agent === null)) {
      // The will of a session that another one took over says nothing about the station.
      take(packet);
      return undefined;
    }
    return sink?.state({ device: session.device, state, incarnation: session.incarnation });
  }

  function reachable(device: string): { session: StationSession; topics: ReadonlySet<string> } | null {
    const agent = sessions.agentOf(device);
    const session =
      agent && agent.filters.size > 0
        ? agent
        : sessions.of(device).findLast((each) => controlTopicFor(device, 'own', each.filters) !== null);
    return session ? { session, topics: session.filters } : null;
  }

  async function start(target: UplinkSink): Promise<void> {
    sink = target;
    const broker = await Aedes.createBroker({
      connectTimeout: limits.connectTimeoutMs,
      drainTimeout: 20_000,
      heartbeatInterval: 60_000,
      maxTopicLevels: 8,
      maxClientsIdLength: 256,
      preConnect: (_client, packet, done) => {
        // Commands live for seconds: a session that outlives its connection would only gather stale ones.
        packet.clean = true;
        if (packet.clientId) packet.clientId = brokerClientId(sessions, packet, uuidv7);
        done(null, true);
      },
      authenticate: (client, username, password, done) => {
        signIn(client, username, password).then(
          (outcome) => done(null, outcome === 'ok'),
          (cause) => {
            logger.error({ err: cause, device: username }, 'station sign-in failed');
            done(Object.assign(new Error('sign-in is not available'), { returnCode: 3 }), false);
          },
        );
      },
      authorizePublish: (client, packet, done) => {
        const wait = onPublish(client, packet);
        if (wait) wait.then(() => done(null), done);
        // QoS 0 has no acknowledgement in between: leave the parser's loop before it goes on.
        else if (packet.qos === 0) setImmediate(done, null);
        else done(null);
      },
      authorizeSubscribe: (client, subscription, done) => {
        const session = sessionOf.get(client);
        if (session && maySubscribe(session.device, subscription.topic)) {
          session.filters.add(subscription.topic);
          done(null, subscription);
          return;
        }
        counts.deniedSubscriptions++;
        const detail = subscription.topic.slice(0, 128);
        sink?.refused({ device: session?.device ?? null, code: 'FOREIGN_SUBSCRIPTION', detail });
        done(null, null);
      },
    });
    keepRetainedByTopic(broker);
    const route = broker.publish.bind(broker);
    broker.publish = ((packet: PublishPacket, client: unknown, done?: (error?: Error | null) => void) => {
      const callback = typeof client === 'function' ? client : done;
      if (packet.topic === TAKEN_TOPIC) callback?.(null);
      else (route as (...args: unknown[]) => void)(packet, client, done);
    }) as typeof broker.publish;
    broker.on('clientReady', (client) => {
      const session = sessionOf.get(client);
      if (!session) return;
      counts.signedIn++;
      sessions.add(session);
      sink?.presence({ device: session.device, connected: true });
    });
    broker.on('clientDisconnect', (client) => {
      const session = sessionOf.get(client);
      if (session && sessions.remove(session).last)
        sink?.presence({ device: session.device, connected: false });
    });
    broker.on('keepaliveTimeout', () => {
      counts.keepaliveTimeouts++;
    });
    broker.on('unsubscribe', (filters, client) => {
      for (const filter of filters) sessionOf.get(client)?.filters.delete(filter);
    });
    broker.on('clientError', (client, error) =>
      logger.debug({ device: sessionOf.get(client)?.device, reason: error.message }, 'mqtt client error'),
    );
    broker.on('connectionError', (_client, error) =>
      logger.debug({ reason: error.message }, 'mqtt connection error'),
    );
    const server = createServer({ noDelay: true }, (socket) => {
      if (gate.admit(socket)) broker.handle(socket);
    });
    const stopRevocations = authenticator.onRevoked((device) => {
      const closed = disconnect(device);
      logger.info({ device, closed }, 'station credential revoked');
    });
    started = { broker, server, stopRevocations };
    await listen(server, deps.host, deps.port);
    const bound = server.address();
    boundPort = typeof bound === 'object' && bound ? bound.port : deps.port;
  }

  function disconnect(device: string): number {
    const held = [...sessions.of(device)];
    counts.kicked += held.length;
    for (const session of held) session.close();
    return held.length;
  }

  async function stop(): Promise<void> {
    const running = started;
    started = null;
    if (!running) return;
    running.stopRevocations();
    const closed = new Promise<void>((resolve) => running.server.close(() => resolve()));
    await new Promise<void>((resolve) => running.broker.close(() => resolve()));
    await closed;
    sink = null;
  }

  return {
    get port() {
      return boundPort;
    },
    start,
    stop,
    disconnect,
    reaches: (device) => reachable(device) !== null,
    async send(device, topics, payload) {
      const target = reachable(device);
      const topic = target && controlTopicFor(device, topics, target.topics);
      if (!target || !topic) return false;
      if (target.session.backlogBytes() > limits.maxBacklogBytes) {
        target.session.close();
        return false;
      }
      target.session.publish(topic, payload);
      return true;
    },
    stats: () => ({ ...counts, ...gate.stats(), devices: sessions.devices() }),
  };
}

/** Ends a packet's way: acknowledged to its sender, routed to nobody, retained nowhere. */
function take(packet: PublishPacket): void {
  packet.topic = TAKEN_TOPIC;
  packet.retain = false;
}

const payloadOf = (packet: PublishPacket): Uint8Array =>
  typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;

/** A state message within its limits, or null. */
export function parseState(payload: Uint8Array): StationState | null {
  if (payload.length > MAX_STATE_BYTES) return null;
  try {
    const parsed = stationStateSchema.safeParse(JSON.parse(Buffer.from(payload).toString('utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException) =>
      reject(
        new HubError(
          cause.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'LISTEN_FAILED',
          cause.code === 'EADDRINUSE'
            ? `MQTT port ${port} on ${host} is taken: stop what uses it or set MQTT_PORT to another port (0 = any free one)`
            : `MQTT cannot listen on ${host}:${port}: ${cause.message}`,
          { cause },
        ),
      );
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve();
    });
  });
}
