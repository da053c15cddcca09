import { controlTopic, infoTopic, MSG_TYPE, stateTopic } from '@voltbay/protocol';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { uuidv7 } from 'uuidv7';
import type { Random } from '../random.js';

export interface StationCredentials {
  readonly device: string;
  readonly secret: string;
}

export interface LightStationEvents {
  born(): void;
  lost(): void;
  refused(reason: string): void;
  /** A message is stored; time since it was due, so that a stalled sender cannot hide its delay. */
  acknowledged(latencyMs: number): void;
  /** The hub will never store a message as it is. */
  setAside(code: string): void;
}

/** A station without hardware: signs in, is born, reports readings, keeps them until the hub has stored them. */
export interface LightStation {
  readonly device: string;
  connect(): void;
  /** Sends one TELEMETRY that was due at `dueMs` (monotonic); while offline it is kept and sent later. */
  report(dueMs: number): void;
  connected(): boolean;
  unacknowledged(): number;
  /** Breaks the connection without a goodbye, as a lost network does. */
  drop(): void;
  stop(): Promise<void>;
}

/** Messages that wait at most; the oldest goes when a station is cut off for long. */
const MAX_KEPT = 200;
const KEEPALIVE_S = 60;
const AGENT_VERSION = 'light-0.1.0';

interface Kept {
  readonly payload: string;
  readonly dueMs: number;
}

export function createLightStation(options: {
  mqttUrl: string;
  credentials: StationCredentials;
  slots: number;
  epoch: number;
  random: Random;
  events: LightStationEvents;
}): LightStation {
  const { credentials, slots, epoch, random, events } = options;
  const { device } = credentials;
  const kept = new Map<number, Kept>();
  const charge = Array.from({ length: slots }, () => random.between(30, 100));
  const instanceId = uuidv7();
  let client: MqttClient | undefined;
  let live = false;
  let stopped = false;
  let seq = 0;
  let retry: NodeJS.Timeout | undefined;
  let attempts = 0;

  const state = (online: boolean, reason?: 'will' | 'stopping') =>
    JSON.stringify({ device, online, epoch, seq, instanceId, versions: { agent: AGENT_VERSION }, reason });

  function envelope(type: number, data: object): { seq: number; payload: string } {
    seq += 1;
    const message = { device, type, data, time: new Date().toISOString(), v: 1, id: uuidv7(), epoch, seq };
    return { seq, payload: JSON.stringify({ ...message, historical: false, clock: { synced: true } }) };
  }

  function readings() {
    return charge.map((before, i) => {
      const soc = before >= 99.5 ? random.between(20, 40) : Math.min(100, before + random.between(0, 0.4));
      charge[i] = soc;
      const cellMv = Array.from({ length: 16 }, () => Math.round(3250 + soc + random.between(-4, 4)));
      return {
        slot: i + 1,
        bluetooth: false,
        charge: soc < 99.5,
        maxVol: Math.max(...cellMv),
        packClass: 'A',
        serial: `LS-${device}-${i + 1}`,
        voltageMv: cellMv.reduce((sum, mv) => sum + mv, 0),
        currentMa: soc < 99.5 ? 10_000 : 0,
        socPct: Math.round(soc * 10) / 10,
        cellMv,
        temperaturesDeciC: [245, 246, 248],
        alarms: [],
      };
    });
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
    const message = JSON.parse(text) as { type?: number; id?: string; data?: object };
    if (message.type === MSG_TYPE.SERVER_ACK) return acknowledge(message.data ?? {});
    if (message.type === MSG_TYPE.SERVER_ASK_INFO) {
      return send(MSG_TYPE.STATION_INFO, { battery: readings() }, performance.now());
    }
    if (message.id === undefined) return;
    // Nothing can move here: the hub is told so at once instead of being left to wait.
    const result = { commandId: message.id, state: 'rejected', reason: 'UNSUPPORTED' };
    return send(MSG_TYPE.COMMAND_RESULT, result, performance.now());
  }

  function onConnect(connection: MqttClient): void {
    attempts = 0;
    connection.subscribe(controlTopic(device), { qos: 1 }, (error) => {
      if (error) return connection.end(true);
      connection.publish(stateTopic(device), state(true), { qos: 1, retain: true }, (failed) => {
        if (failed || client !== connection) return;
        live = true;
        events.born();
        for (const { payload } of kept.values()) publish(payload);
      });
    });
  }

  /** Full jitter: stations that lost the hub together do not come back together. */
  function scheduleReconnect(): void {
    if (stopped || retry) return;
    attempts += 1;
    const delayMs = random.between(0.2, 1) * Math.min(30_000, 500 * 2 ** attempts);
    retry = setTimeout(() => {
      retry = undefined;
      connect();
    }, delayMs);
    retry.unref();
  }

  function connect(): void {
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
      if (live) events.lost();
      live = false;
      client = undefined;
      scheduleReconnect();
    });
  }

  return {
    device,
    connect,
    report: (dueMs) => send(MSG_TYPE.TELEMETRY, { readings: readings() }, dueMs),
    connected: () => live,
    unacknowledged: () => kept.size,
    drop: () => client?.stream.destroy(),
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
