import { controlTopic, infoTopic, MSG_TYPE, stateTopic } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { openUplinkLine, type PreparedPackets, type UplinkLine } from './uplink-line.js';

/** Stations that send as fast as the broker takes it: packets are made before the clock starts. */
export interface UplinkLoad {
  /** Resolves when the broker has taken all of them. */
  send(messages: readonly StationPackets[]): Promise<void>;
  /** Messages of the next round. */
  make(perStation: number): StationPackets[];
  /** Resolves when SERVER_ACK covers what was made last, for every station. */
  acknowledged(): Promise<void>;
  /** Sends again what is not covered by a SERVER_ACK yet, as an agent does after a while; returns how many. */
  sendAgain(): Promise<number>;
  /** Messages that were refused by the hub. */
  refused(): number;
  close(): Promise<void>;
}

export interface StationPackets {
  device: string;
  packets: PreparedPackets;
}

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

  function takeAck(station: Station, payload: Buffer): void {
    const { type, data } = JSON.parse(payload.toString('utf8')) as { type?: number; data?: AckData };
    if (type !== MSG_TYPE.SERVER_ACK || data?.epoch !== epoch) return;
    refusedCount += data.refused?.length ?? 0;
    for (const seq of data.also ?? []) station.kept.delete(seq);
    for (let seq = station.upTo + 1; seq <= data.upTo; seq++) station.kept.delete(seq);
    station.upTo = Math.max(station.upTo, data.upTo);
    if (station.kept.size === 0) onAck();
  }

  for (const device of options.devices) {
    const kept = new Map<number, string>();
    const line = await openUplinkLine({
      url: options.mqttUrl,
      clientId: `bench-${device}-${uuidv7()}`,
      onMessage: (payload) => takeAck(station, payload),
    });
    const station: Station = { line, seq: -1, upTo: -1, kept };
    stations.set(device, station);
    // A peer answers nobody, and the hub would take a stranger's birth for a mistake.
    if (options.topicOf) continue;
    await line.subscribe(controlTopic(device));
    const birth = { device, online: true, epoch, seq: 0, instanceId: uuidv7(), versions: { agent: 'bench' } };
    const topic = stateTopic(device);
    await line.send(line.prepare([{ topic, payload: JSON.stringify(birth), retain: true }]));
  }
  const covered = () => [...stations.values()].every(({ kept }) => kept.size === 0);
  const packetsOf = (device: string, line: UplinkLine, payloads: readonly string[]): PreparedPackets =>
    line.prepare(payloads.map((payload) => ({ topic: topicOf(device), payload })));

  return {
    make: (perStation) =>
      [...stations].map(([device, station]) => {
        const payloads = Array.from({ length: perStation }, () => {
          const payload = telemetry(device, epoch, ++station.seq);
          // A peer answers nobody.
          if (!options.topicOf) station.kept.set(station.seq, payload);
          return payload;
        });
        return { device, packets: packetsOf(device, station.line, payloads) };
      }),
    async send(messages) {
      await Promise.all(
        messages.map(({ device, packets }) => {
          const line = stations.get(device)?.line;
          if (!line) throw new Error(`no connection of ${device}`);
          return line.send(packets);
        }),
      );
    },
    acknowledged: () =>
      new Promise((resolve) => {
        onAck = () => {
          if (covered()) resolve();
        };
        onAck();
      }),
    async sendAgain() {
      const waiting = [...stations].map(([device, { line, kept }]) => ({
        line,
        packets: packetsOf(device, line, [...kept.values()]),
      }));
      await Promise.all(waiting.map(({ line, packets }) => line.send(packets)));
      return waiting.reduce((sum, { packets }) => sum + packets.ends.length, 0);
    },
    refused: () => refusedCount,
    async close() {
      await Promise.all([...stations.values()].map(({ line }) => line.close()));
    },
  };
}

type AckData = { epoch: number; upTo: number; also?: number[]; refused?: unknown[] };

interface Station {
  line: UplinkLine;
  /** Number of the newest message, and up to which the hub has them all. */
  seq: number;
  upTo: number;
  /** Not covered yet. */
  kept: Map<number, string>;
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
