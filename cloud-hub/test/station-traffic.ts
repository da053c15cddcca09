import { EventEmitter } from 'node:events';
import { type Command, controlTopic, infoTopic, type SwapEvent, stateTopic } from '@voltbay/protocol';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { createBatteryDays } from '../src/batteries/battery-days.js';
import { createBatteryProjection } from '../src/batteries/battery-projection.js';
import { createCustodyLedger } from '../src/batteries/custody.js';
import { createQuarantine } from '../src/batteries/quarantine.js';
import { createEmbeddedBroker, type EmbeddedBrokerLimits } from '../src/broker/embedded-broker.js';
import { createExternalBroker } from '../src/broker/external-broker.js';
import type { StationLink } from '../src/broker/station-link.js';
import { systemClock } from '../src/clock.js';
import { createCommands } from '../src/commands/commands.js';
import type { Database } from '../src/db/index.js';
import { createIngest, type IngestLimits } from '../src/ingest/ingest.js';
import { createOrderProjection } from '../src/ingest/order-projection.js';
import { createLiveBus } from '../src/live/live-bus.js';
import { createLogger } from '../src/logger.js';
import type { Clock, OrderProgress, StationAuthenticator } from '../src/ports.js';
import { createBirthDesk } from '../src/stations/birth-desk.js';
import { createStations } from '../src/stations/stations.js';
import { createSettings } from '../src/system/settings.js';
import { createReadingProjection } from '../src/telemetry/reading-projection.js';
import { openTestStore } from './support/store.js';

/** The MQTT side of a hub, composed as the hub composes it, on a real document server and with a real broker. */

export const TENANT = 'demo';
export const logger = createLogger({ level: process.env.TEST_LOG_LEVEL ?? 'fatal' });

/** A store of its own; `close` drops it. */
export async function openTestDatabase(): Promise<{ database: Database; close(): Promise<void> }> {
  const database = await openTestStore();
  return { database, close: () => database.close() };
}

export type SecretBook = StationAuthenticator & {
  set(device: string, secret: string): void;
  revoke(device: string): void;
};

export function createSecretBook(): SecretBook {
  const secrets = new Map<string, string>();
  const revoked = new EventEmitter();
  return {
    set: (device, secret) => void secrets.set(device, secret),
    revoke(device) {
      secrets.delete(device);
      revoked.emit('revoked', device);
    },
    async authenticate(device, secret) {
      return secrets.get(device) === secret
        ? { ok: true, tenantId: TENANT, credentialId: `c-${device}` }
        : { ok: false };
    },
    onRevoked(listener) {
      revoked.on('revoked', listener);
      return () => revoked.off('revoked', listener);
    },
  };
}

/** Remembers what it was told. */
export function createOrderRecorder() {
  const swaps: { device: string; seq: number | null; event: SwapEvent }[] = [];
  const settled: Command[] = [];
  const recorder: OrderProgress & { swaps: typeof swaps; settled: typeof settled } = {
    swaps,
    settled,
    async onSwapEvent({ device, seq }, event) {
      swaps.push({ device, seq, event });
    },
    async onCommandSettled(command) {
      settled.push(command);
    },
  };
  return recorder;
}

export type TrafficOptions = {
  database: Database;
  secrets?: SecretBook;
  orders?: OrderProgress;
  clock?: Clock;
  mqttUrl?: string;
  acceptBareInfo?: boolean;
  /** Registered before the link starts. */
  devices?: readonly string[];
  limits?: Partial<IngestLimits>;
  brokerLimits?: Partial<EmbeddedBrokerLimits>;
};

export async function startTraffic(options: TrafficOptions) {
  const { database, clock = systemClock } = options;
  const secrets = options.secrets ?? createSecretBook();
  const recorder = createOrderRecorder();
  const orders = options.orders ?? recorder;
  const live = createLiveBus();
  const stations = createStations({ database, clock, logger, live });
  const custody = createCustodyLedger({ database, clock });
  const batteries = createBatteryProjection({
    database,
    custody,
    clock,
    logger,
    days: createBatteryDays({ database, clock }),
    quarantine: createQuarantine({
      database,
      clock,
      logger,
      settings: createSettings({ database, clock }),
    }),
  });
  const embedded = options.mqttUrl
    ? null
    : createEmbeddedBroker({
        authenticator: secrets,
        births: createBirthDesk(stations.registry),
        logger,
        clock,
        host: '127.0.0.1',
        port: 0,
        ...(options.brokerLimits ? { limits: options.brokerLimits } : {}),
      });
  const link: StationLink =
    embedded ??
    createExternalBroker({
      url: options.mqttUrl ?? '',
      registry: stations.registry,
      logger,
      acceptBareInfo: options.acceptBareInfo ?? false,
    });
  const commands = createCommands({
    database,
    registry: stations.registry,
    path: link,
    live,
    clock,
    logger,
    onSettled: (command) => orders.onCommandSettled(command),
  });
  const ingest = createIngest({
    database,
    registry: stations.registry,
    send: link.send,
    onStored: commands.heard,
    logger,
    clock,
    shared: embedded === null,
    projections: [
      commands.projection,
      createOrderProjection(orders),
      stations.projection,
      stations.alarms.projection,
      batteries,
      createReadingProjection({ database }),
    ],
    ...(options.limits ? { limits: options.limits } : {}),
  });
  async function addStation(device: string, facts: { topics?: 'own' | 'shared' } = {}) {
    secrets.set(device, `secret-${device}`);
    await stations.create({ device, tenantId: TENANT, name: device, lifecycle: 'live', ...facts });
  }
  for (const device of options.devices ?? []) await addStation(device);
  if (embedded) await stations.projection.markAllOffline();
  batteries.start();
  await ingest.start();
  await link.start(ingest.sink);
  return {
    database,
    secrets,
    orders: recorder,
    live,
    stations,
    custody,
    link,
    commands,
    ingest,
    url: options.mqttUrl ?? `mqtt://127.0.0.1:${embedded?.port}`,
    addStation,
    async stop() {
      await link.stop();
      await ingest.stop();
      stations.stop();
      await batteries.stop();
      live.close();
    },
  };
}
export type Traffic = Awaited<ReturnType<typeof startTraffic>>;

/** A station's MQTT side as an agent has it: numbered messages, birth and will, SERVER_ACKs collected. */
export async function connectStation(
  url: string,
  device: string,
  options: {
    epoch?: number;
    instanceId?: string;
    starts?: readonly string[];
    birth?: boolean;
    mqtt?: IClientOptions;
    subscribe?: boolean;
  } = {},
) {
  const { epoch = 1, instanceId = `instance-${device}`, birth = true, subscribe = true } = options;
  const { starts } = options;
  const client = await connectAsync(url, {
    protocolVersion: 4,
    username: device,
    password: `secret-${device}`,
    clientId: `vb-${device}-${Math.random().toString(36).slice(2, 8)}`,
    reconnectPeriod: 0,
    keepalive: 30,
    ...(birth
      ? {
          will: {
            topic: stateTopic(device),
            payload: Buffer.from(JSON.stringify({ device, online: false, epoch, reason: 'will' })),
            qos: 1 as const,
            retain: true,
          },
        }
      : {}),
    ...options.mqtt,
  });
  (client.stream as { setNoDelay?: (on: boolean) => void }).setNoDelay?.(true);
  const downlinks: Downlink[] = [];
  const arrivals = new EventEmitter();
  client.on('message', (topic, payload, packet) => {
    const message = JSON.parse(payload.toString()) as Downlink;
    downlinks.push({ ...message, topic, retain: packet.retain });
    arrivals.emit('downlink');
  });
  if (subscribe) await client.subscribeAsync(controlTopic(device), { qos: 1 });
  if (birth)
    await client.publishAsync(
      stateTopic(device),
      JSON.stringify({
        ...{ device, online: true, epoch, seq: 0, instanceId, versions: { agent: '0.1.0' } },
        ...(starts && { starts }),
      }),
      { qos: 1, retain: true },
    );
  const send = (type: number, data: unknown, seq: number, extra: Record<string, unknown> = {}) =>
    client.publishAsync(
      infoTopic(device),
      JSON.stringify({
        device,
        type,
        data,
        time: new Date().toISOString(),
        v: 1,
        id: `m-${epoch}-${seq}`,
        epoch,
        seq,
        clock: { synced: true },
        ...extra,
      }),
      { qos: 1 },
    );
  return {
    client,
    device,
    downlinks,
    send,
    acks: () => downlinks.filter(({ type }) => type === 20).map(({ data }) => data as AckData),
    commands: () => downlinks.filter(({ type }) => type !== 20),
    /** Sequence numbers that are acknowledged by any SERVER_ACK of this epoch. */
    isAcked(seq: number) {
      return downlinks.some(({ type, data }) => {
        if (type !== 20) return false;
        const ack = data as AckData;
        return ack.epoch === epoch && (seq <= ack.upTo || (ack.also ?? []).includes(seq));
      });
    },
    close: () => client.endAsync(true),
  };
}
export type StationClient = Awaited<ReturnType<typeof connectStation>>;
export type AckData = {
  epoch: number;
  upTo: number;
  also?: number[];
  refused?: { seq: number; code: string }[];
};
export type Downlink = {
  device: string;
  type: number;
  data?: unknown;
  id?: string;
  time: string;
  ttlMs?: number;
  issuedAt?: string;
  topic: string;
  retain: boolean;
};

/** Waits until the condition holds; fails with its text after a generous time. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 45_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

/** Resolves when the connection is over; call before ending it. */
export const closing = (client: MqttClient): Promise<void> =>
  new Promise((resolve) => client.once('close', () => resolve()));
