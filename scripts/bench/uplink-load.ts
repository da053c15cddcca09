import { controlTopic, infoTopic, MSG_TYPE, stateTopic } from '@voltbay/protocol';
import mqtt, { type MqttClient } from 'mqtt';
import { uuidv7 } from 'uuidv7';

/** Stations that send as fast as the broker takes it: messages are made before the clock starts. */
export interface UplinkLoad {
  /** Resolves when the broker has taken all of them. */
  send(messages: readonly StationMessages[]): Promise<void>;
  /** Messages of the next round. */
  make(perStation: number): StationMessages[];
  /** Resolves when SERVER_ACK covers what was made last, for every station. */
  acknowledged(): Promise<void>;
  /** Sends again what is not covered by a SERVER_ACK yet, as an agent does after a while; returns how many. */
  sendAgain(): Promise<number>;
  /** Messages that were refused by the hub. */
  refused(): number;
  close(): Promise<void>;
}

export interface StationMessages {
  device: string;
  payloads: readonly string[];
}

/** Publishes that wait for their PUBACK, for each station: what the agent's window is. */
const WINDOW = 64;
const SLOTS = 4;

export async function connectStations(options: {
  mqttUrl: string;
  devices: readonly string[];
  /** Topic of a device; the hub's by default. */
  topicOf?: (device: string) => string;
}): Promise<UplinkLoad> {
  const topicOf = options.topicOf ?? infoTopic;
  const epoch = Math.floor(Date.now() / 1000);
  const stations = new Map<string, Station>();
  let refusedCount = 0;
  let onAck = (): void => {};
  for (const device of options.devices) {
    const client = await mqtt.connectAsync(options.mqttUrl, {
      clientId: `bench-${device}-${uuidv7()}`,
      keepalive: 60,
    });
    client.stream.setMaxListeners(0);
    const station: Station = { client, seq: -1, upTo: -1, kept: new Map() };
    stations.set(device, station);
    client.on('message', (_topic, payload) => {
      const { type, data } = JSON.parse(payload.toString('utf8')) as { type?: number; data?: AckData };
      if (type !== MSG_TYPE.SERVER_ACK || data?.epoch !== epoch) return;
      refusedCount += data.refused?.length ?? 0;
      for (const seq of data.also ?? []) station.kept.delete(seq);
      for (let seq = station.upTo + 1; seq <= data.upTo; seq++) station.kept.delete(seq);
      station.upTo = Math.max(station.upTo, data.upTo);
      onAck();
    });
    // A peer answers nobody, and the hub would take a stranger's birth for a mistake.
    if (options.topicOf) continue;
    await client.subscribeAsync(controlTopic(device), { qos: 1 });
    const birth = { device, online: true, epoch, seq: 0, instanceId: uuidv7(), versions: { agent: 'bench' } };
    await client.publishAsync(stateTopic(device), JSON.stringify(birth), { qos: 1, retain: true });
  }
  const covered = () => [...stations.values()].every(({ kept }) => kept.size === 0);

  const publishAll = async (messages: readonly StationMessages[]): Promise<void> => {
    await Promise.all(
      messages.map(({ device, payloads }) => {
        const client = stations.get(device)?.client;
        if (!client) throw new Error(`no connection of ${device}`);
        return inWindow(payloads, (payload) => client.publishAsync(topicOf(device), payload, { qos: 1 }));
      }),
    );
  };

  return {
    make: (perStation) =>
      [...stations].map(([device, station]) => ({
        device,
        payloads: Array.from({ length: perStation }, () => {
          const payload = telemetry(device, epoch, ++station.seq);
          // A peer answers nobody.
          if (!options.topicOf) station.kept.set(station.seq, payload);
          return payload;
        }),
      })),
    send: publishAll,
    acknowledged: () =>
      new Promise((resolve) => {
        onAck = () => {
          if (covered()) resolve();
        };
        onAck();
      }),
    async sendAgain() {
      const waiting = [...stations].map(([device, { kept }]) => ({ device, payloads: [...kept.values()] }));
      await publishAll(waiting);
      return waiting.reduce((sum, { payloads }) => sum + payloads.length, 0);
    },
    refused: () => refusedCount,
    async close() {
      await Promise.all([...stations.values()].map(({ client }) => client.endAsync(true)));
    },
  };
}

type AckData = { epoch: number; upTo: number; also?: number[]; refused?: unknown[] };

interface Station {
  client: MqttClient;
  /** Number of the newest message, and up to which the hub has them all. */
  seq: number;
  upTo: number;
  /** Not covered yet. */
  kept: Map<number, string>;
}

async function inWindow<T>(items: readonly T[], send: (item: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const item = items[next++];
      if (item !== undefined) await send(item);
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, worker));
}

/** TELEMETRY of four packs with sixteen cells, about 1.4 kB: what a small station sends. */
function telemetry(device: string, epoch: number, seq: number): string {
  const readings = Array.from({ length: SLOTS }, (_, i) => {
    const cellMv = Array.from({ length: 16 }, (_cell, at) => 3300 + ((seq + at + i) % 9));
    return {
      slot: i + 1,
      bluetooth: false,
      charge: true,
      maxVol: Math.max(...cellMv),
      packClass: 'A',
      serial: `BN-${device}-${i + 1}`,
      voltageMv: cellMv.reduce((sum, mv) => sum + mv, 0),
      currentMa: 10_000,
      socPct: 60 + (seq % 30),
      cellMv,
      temperaturesDeciC: [245, 246, 248],
      alarms: [],
    };
  });
  const time = new Date().toISOString();
  const message = {
    device,
    type: MSG_TYPE.TELEMETRY,
    data: { readings },
    time,
    v: 1,
    id: uuidv7(),
    epoch,
    seq,
  };
  return JSON.stringify({ ...message, historical: false, clock: { synced: true } });
}
