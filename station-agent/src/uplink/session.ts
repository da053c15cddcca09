import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import {
  BARE_CONTROL_TOPIC,
  BARE_INFO_TOPIC,
  controlTopic,
  infoTopic,
  type StationState,
  stateTopic,
} from '@voltbay/protocol';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import { type Backoff, createBackoff } from './backoff.js';
import { createFence } from './fence.js';
import type { Sender } from './sender.js';

export type Downlink = { topic: string; payload: Uint8Array; retained: boolean };

export type SessionState = 'stopped' | 'connecting' | 'up' | 'waiting';

export type UplinkSession = ReturnType<typeof createUplinkSession>;

type Deps = {
  url: string;
  device: string;
  secret: () => string;
  topics: 'own' | 'shared';
  keepaliveS: number;
  sender: Sender;
  /** Fields of the birth that change from session to session. */
  birth: () => Omit<StationState, 'device' | 'online'>;
  epoch: number;
  onDownlink(message: Downlink): void;
  /** The session is up and born. */
  onUp(): void;
  onDown(reason: string): void;
  /** Another agent seems to use this identity (true), or does so no longer. */
  onFenced(fenced: boolean): void;
  fence?: ReturnType<typeof createFence>;
  log: Logger;
  backoff?: Backoff;
  connectTimeoutMs?: number;
};

/**
 * One MQTT session after the other. The client library never queues and never reconnects by itself: its queue loses messages beyond
 * 65 535 and its reconnect has no jitter. Each attempt is a fresh client; what is unsent lives in SQLite.
 */
export function createUplinkSession(deps: Deps) {
  const { device, sender, log } = deps;
  const backoff = deps.backoff ?? createBackoff();
  const fence = deps.fence ?? createFence();
  let client: MqttClient | null = null;
  let state: SessionState = 'stopped';
  let retry: NodeJS.Timeout | null = null;
  let lastError: string | null = null;
  let downLogged = false;
  /** When the hub accepted the present connection, monotonic; null before it did. */
  let acceptedMs: number | null = null;
  let lasting: NodeJS.Timeout | null = null;

  function options(): IClientOptions {
    const will: StationState = { device, online: false, epoch: deps.epoch, reason: 'will' };
    return {
      clientId: `vb-${device}`,
      username: device,
      password: deps.secret(),
      clean: true,
      keepalive: deps.keepaliveS,
      reconnectPeriod: 0,
      connectTimeout: deps.connectTimeoutMs ?? 15_000,
      queueQoSZero: false,
      resubscribe: false,
      protocolVersion: 4,
      will: { topic: stateTopic(device), payload: Buffer.from(JSON.stringify(will)), qos: 1, retain: true },
    };
  }

  function connect(): void {
    state = 'connecting';
    const mine = mqtt.connect(deps.url, options());
    client = mine;
    // Nagle costs 40 to 90 ms a round trip here.
    (mine.stream as Partial<Socket>).setNoDelay?.(true);
    mine.on('error', (error) => {
      lastError = messageOf(error);
    });
    mine.on('message', (topic, payload, packet) => {
      if (client === mine) deps.onDownlink({ topic, payload, retained: packet.retain });
    });
    mine.on('connect', () => {
      acceptedMs = performance.now();
      welcome(mine).catch((error: unknown) => {
        lastError = messageOf(error);
        mine.end(true);
      });
    });
    mine.on('close', () => {
      if (client === mine) lost();
    });
  }

  async function welcome(mine: MqttClient): Promise<void> {
    await mine.subscribeAsync({ [controlTopic(device)]: { qos: 1 }, [BARE_CONTROL_TOPIC]: { qos: 1 } });
    const birth: StationState = { device, online: true, ...deps.birth() };
    await mine.publishAsync(stateTopic(device), JSON.stringify(birth), { qos: 1, retain: true });
    if (client !== mine) return;
    state = 'up';
    lastError = null;
    downLogged = false;
    // Whoever was let in and born starts over; sessions that are closed at once are the fence's business.
    backoff.reset();
    lasting = setTimeout(() => {
      if (fence.isSuspected()) deps.onFenced(false);
      fence.lasting();
    }, fence.lastingAfterMs);
    log.info({ url: deps.url, epoch: deps.epoch }, 'connected to the hub');
    const topic = deps.topics === 'shared' ? BARE_INFO_TOPIC : infoTopic(device);
    sender.open(async (payload) => {
      await mine.publishAsync(topic, payload, { qos: 1 });
    });
    deps.onUp();
  }

  function lost(): void {
    const wasUp = state === 'up';
    client?.removeAllListeners('message');
    client = null;
    sender.close();
    if (lasting) clearTimeout(lasting);
    const verdict = acceptedMs === null ? null : fence.ended(performance.now() - acceptedMs);
    if (verdict === null) fence.unreachable();
    acceptedMs = null;
    if (verdict?.fenced) {
      lastError = 'the hub closes every session at once: another agent uses this identity';
      log.error({ retryInMs: verdict.waitMs }, lastError);
      deps.onFenced(true);
    }
    const waitMs = verdict?.fenced ? verdict.waitMs : backoff.nextMs();
    state = 'waiting';
    if (!downLogged) log.warn({ reason: lastError, retryInMs: waitMs }, 'no connection to the hub');
    downLogged = true;
    retry = setTimeout(connect, waitMs);
    if (wasUp) deps.onDown(lastError ?? 'connection closed');
  }

  return {
    start(): void {
      if (state === 'stopped') connect();
    },
    state: (): SessionState => state,
    lastError: (): string | null => lastError,
    /** Says goodbye (the will is not sent then) and closes. Waits at most `timeoutMs` for the broker. */
    async stop(reason: 'stopping' | 'disconnect-command' | 'fenced', timeoutMs = 2_000): Promise<void> {
      if (retry) clearTimeout(retry);
      if (lasting) clearTimeout(lasting);
      retry = null;
      acceptedMs = null;
      const mine = client;
      const wasUp = client?.connected ?? false;
      client = null;
      state = 'stopped';
      sender.close();
      if (!mine) return;
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, timeoutMs);
      });
      const goodbye = async (): Promise<void> => {
        if (!wasUp) return;
        const farewell: StationState = { device, online: false, epoch: deps.epoch, reason };
        await mine.publishAsync(stateTopic(device), JSON.stringify(farewell), { qos: 1, retain: true });
      };
      await Promise.race([goodbye().catch(() => {}), timeout]);
      clearTimeout(timer);
      await Promise.race([
        mine.endAsync(!wasUp).catch(() => {}),
        new Promise((resolve) => setTimeout(resolve, 500).unref()),
      ]);
      mine.on('error', () => {});
    },
  };
}
