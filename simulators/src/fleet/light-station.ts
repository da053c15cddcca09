import {
  type AskChargeData,
  askChargeDataSchema,
  controlTopic,
  infoTopic,
  MSG_TYPE,
  type StationEventData,
  stateTopic,
} from '@voltbay/protocol';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { uuidv7 } from 'uuidv7';
import type { Clock } from '../clock.js';
import type { Random } from '../random.js';
import type { LightCabinet } from './light-cabinet.js';
import { runLightSwap, type Visitor } from './light-swap.js';

export interface StationCredentials {
  readonly device: string;
  readonly secret: string;
}

export interface LightStationEvents {
  /** From the start of the connection, and since the last one was lost. Milliseconds; null for the first birth. */
  born(signInMs: number, awayMs: number | null): void;
  lost(): void;
  refused(reason: string): void;
  /** A message is stored; time since it was due, so that a stalled sender cannot hide its delay. */
  acknowledged(latencyMs: number): void;
  /** The hub will never store a message as it is. */
  setAside(code: string): void;
  /** A swap has ended, or was refused with a reason. */
  swapped?(orderId: string | undefined, refused: string | null): void;
}

/** A station without hardware: signs in, is born, reports readings and swaps, keeps messages until the hub has stored them. */
export interface LightStation {
  readonly device: string;
  readonly cabinet: LightCabinet;
  connect(): void;
  /** Sends one TELEMETRY that was due at `dueMs` (monotonic); while offline it is kept and sent later. */
  report(dueMs: number): void;
  connected(): boolean;
  swapping(): boolean;
  unacknowledged(): number;
  /** Breaks the connection without a goodbye, as a lost network does. `back: false` keeps it away until `connect`. */
  drop(options?: { back: boolean }): void;
  stop(): Promise<void>;
}

/** Messages that wait at most; the oldest goes when a station is cut off for long. */
const MAX_KEPT = 200;
const KEEPALIVE_S = 60;
const AGENT_VERSION = 'light-0.2.0';
/** With this the hub asks about a command whose time is over: nothing may move. */
const ASKING_TTL_MS = 1;
/** Commands whose end is remembered, for when the hub asks again. */
const MAX_ANSWERED = 20;

interface Kept {
  readonly payload: string;
  readonly dueMs: number;
}

export interface LightStationOptions {
  mqttUrl: string;
  credentials: StationCredentials;
  cabinet: LightCabinet;
  visitor: Visitor;
  clock: Clock;
  epoch: number;
  random: Random;
  events: LightStationEvents;
  /** Comes back after this time, always the same, as simple clients do; null or absent = with full jitter. */
  fixedRetryMs?: () => number | null;
}

export function createLightStation(options: LightStationOptions): LightStation {
  const { credentials, cabinet, clock, epoch, random, events } = options;
  const { device } = credentials;
  const kept = new Map<number, Kept>();
  const answered = new Map<string, object>();
  const instanceId = uuidv7();
  let client: MqttClient | undefined;
  let live = false;
  let stopped = false;
  let swapping = false;
  let away = false;
  let next = 0;
  let retry: NodeJS.Timeout | undefined;
  let attempts = 0;
  let connectingAt = 0;
  let lostAt: number | null = null;
  let chargedAtMs = clock.nowMs();

  const state = (online: boolean, reason?: 'will' | 'stopping') =>
    JSON.stringify({
      device,
      online,
      epoch,
      seq: next,
      instanceId,
      versions: { agent: AGENT_VERSION },
      reason,
    });

  function envelope(type: number, data: object): { seq: number; payload: string } {
    // From 0, as the agent counts: a number that never comes would be a gap in every acknowledgement.
    const seq = next;
    next += 1;
    const time = new Date(clock.nowMs()).toISOString();
    const message = { device, type, data, time, v: 1, id: uuidv7(), epoch, seq };
    return { seq, payload: JSON.stringify({ ...message, historical: !live, clock: { synced: true } }) };
  }

  function readings() {
    const now = clock.nowMs();
    cabinet.charge(now - chargedAtMs);
    chargedAtMs = now;
    return cabinet.readings();
  }

  /** Keeps a message until it is acknowledged, and sends it when there is a connection. */
  function send(type: number, data: object, dueMs: number): void {
    const { seq: number, payload } = envelope(type, data);
    kept.set(number, { payload, dueMs });
    if (kept.size > MAX_KEPT) {
      const [oldest] = kept.keys();
      if (oldest !== undefined) kept.delete(oldest);
    }
    if (live) publish(payload);
  }

  function publish(payload: string): void {
    client?.publish(infoTopic(device), payload, { qos: 1 });
  }

  function settle(number: number): void {
    const message = kept.get(number);
    if (!message) return;
    kept.delete(number);
    events.acknowledged(performance.now() - message.dueMs);
  }

  function acknowledge(data: {
    epoch?: number;
    upTo?: number;
    also?: number[];
    refused?: { seq: number; code: string }[];
  }) {
    if (data.epoch !== epoch) return;
    for (const { seq: number, code } of data.refused ?? []) {
      if (kept.delete(number)) events.setAside(code);
    }
    for (const number of data.also ?? []) settle(number);
    for (const number of [...kept.keys()]) if (number <= (data.upTo ?? -1)) settle(number);
  }

  function onMessage(text: string) {
    const message = JSON.parse(text) as { type?: number; id?: string; ttlMs?: number; data?: object };
    if (message.type === MSG_TYPE.SERVER_ACK) return acknowledge(message.data ?? {});
    if (message.type === MSG_TYPE.SERVER_ASK_INFO) return inform(message.id);
    if (message.id === undefined) return;
    const known = answered.get(message.id);
    if (known) return send(MSG_TYPE.COMMAND_RESULT, known, performance.now());
    if (message.ttlMs === ASKING_TTL_MS) return answer(message.id, { state: 'expired', reason: 'EXPIRED' });
    const ask =
      message.type === MSG_TYPE.SERVER_ASK_CHARGE ? askChargeDataSchema.safeParse(message.data) : null;
    if (ask?.success) return swap(message.id, ask.data);
    // Nothing else can move here: the hub is told so at once instead of being left to wait.
    return answer(message.id, { state: 'rejected', reason: 'UNSUPPORTED' });
  }

  function answer(commandId: string, result: { state: string; reason?: string }): void {
    const data = { commandId, ...result };
    answered.set(commandId, data);
    const [oldest] = answered.keys();
    if (answered.size > MAX_ANSWERED && oldest !== undefined) answered.delete(oldest);
    send(MSG_TYPE.COMMAND_RESULT, data, performance.now());
  }

  /** Everything that the station knows of itself, as after every birth. */
  function inform(commandId?: string): void {
    const station = { mainsOn: true, mode: 'in-service', swapInProgress: swapping, outboxDepth: kept.size };
    const data = { battery: readings(), slots: cabinet.slots(), station };
    send(MSG_TYPE.STATION_INFO, commandId === undefined ? data : { ...data, commandId }, performance.now());
  }

  function swap(commandId: string, ask: AskChargeData): void {
    readings();
    const plan = cabinet.plan(ask);
    if (swapping || !plan.ok) {
      const reason = plan.ok ? 'STATION_BUSY' : plan.reason;
      answer(commandId, { state: 'rejected', reason });
      events.swapped?.(ask.orderId, reason);
      return;
    }
    swapping = true;
    answer(commandId, { state: 'received' });
    answer(commandId, { state: 'started' });
    runLightSwap({
      ask,
      requestId: commandId,
      swapId: uuidv7(),
      cabinet,
      plan,
      visitor: options.visitor,
      clock,
      random,
      tell: (event: StationEventData) => send(MSG_TYPE.STATION_EVENT, event, performance.now()),
      done() {
        swapping = false;
        answer(commandId, { state: 'done' });
        inform();
        events.swapped?.(ask.orderId, null);
      },
    });
  }

  function onConnect(connection: MqttClient): void {
    attempts = 0;
    connection.subscribe(controlTopic(device), { qos: 1 }, (error) => {
      if (error) return connection.end(true);
      connection.publish(stateTopic(device), state(true), { qos: 1, retain: true }, (failed) => {
        if (failed || client !== connection) return;
        live = true;
        const now = performance.now();
        events.born(now - connectingAt, lostAt === null ? null : now - lostAt);
        lostAt = null;
        for (const { payload } of kept.values()) publish(payload);
        inform();
      });
    });
  }

  /** Full jitter: stations that lost the hub together do not come back together. */
  function scheduleReconnect(): void {
    if (stopped || away || retry) return;
    attempts += 1;
    const delayMs =
      options.fixedRetryMs?.() ?? random.between(0.2, 1) * Math.min(30_000, 500 * 2 ** attempts);
    retry = setTimeout(() => {
      retry = undefined;
      connect();
    }, delayMs);
    retry.unref();
  }

  function connect(): void {
    connectingAt = performance.now();
    const settings: IClientOptions = {
      username: device,
      password: credentials.secret,
      clientId: `vb-${device}-${instanceId.slice(-6)}`,
      keepalive: KEEPALIVE_S,
      connectTimeout: 60_000,
      reconnectPeriod: 0,
      queueQoSZero: false,
      will: { topic: stateTopic(device), payload: Buffer.from(state(false, 'will')), qos: 1, retain: true },
    };
    const connection = mqtt.connect(options.mqttUrl, settings);
    client = connection;
    connection.on('connect', () => onConnect(connection));
    connection.on('message', (_topic, payload) => onMessage(payload.toString('utf8')));
    connection.on('error', (error) => {
      events.refused(error.message);
      connection.end(true);
    });
    connection.on('close', () => {
      if (client !== connection) return;
      if (live) {
        lostAt = performance.now();
        events.lost();
      }
      live = false;
      client = undefined;
      scheduleReconnect();
    });
  }

  return {
    device,
    cabinet,
    connect() {
      away = false;
      if (!client && !retry) connect();
    },
    report: (dueMs) => send(MSG_TYPE.TELEMETRY, { readings: readings(), slots: cabinet.slots() }, dueMs),
    connected: () => live,
    swapping: () => swapping,
    unacknowledged: () => kept.size,
    drop(how = { back: true }) {
      away = !how.back;
      client?.stream.destroy();
    },
    async stop() {
      stopped = true;
      clearTimeout(retry);
      const connection = client;
      client = undefined;
      if (!connection) return;
      if (live) {
        live = false;
        await connection
          .publishAsync(stateTopic(device), state(false, 'stopping'), { qos: 1, retain: true })
          .catch(() => {});
      }
      await connection.endAsync(true).catch(() => {});
    },
  };
}
