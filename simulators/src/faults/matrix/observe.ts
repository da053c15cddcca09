import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { controlTopic, MSG_TYPE } from '@voltbay/protocol';
import mqtt, { type MqttClient } from 'mqtt';
import { eventually } from '../../network/eventually.js';
import type { Site } from '../../network/site.js';
import type { StationHappening } from '../../station/station-state.js';

/** An alarm as the hub shows it. */
export type SeenAlarm = { code: string; state: 'raised' | 'cleared'; slot: number | null; count: number };

export const hubAlarms = (site: Site, code: string): Promise<SeenAlarm[]> =>
  site.operator.get(`/core/v0/alarms?stationId=${site.network.device}&code=${code}`);

export const alarmAtHub = (site: Site, code: string, timeoutMs = 60_000): Promise<SeenAlarm> =>
  eventually(`the alarm ${code} at the hub`, timeoutMs, async () => (await hubAlarms(site, code))[0] ?? null);

export const alarmAtStation = (
  site: Site,
  code: string,
  stands: boolean,
  timeoutMs = 90_000,
): Promise<true> =>
  eventually(`the alarm ${code} ${stands ? 'raised' : 'cleared'} at the station`, timeoutMs, async () => {
    const seen = await site.status();
    return seen && seen.alarms.some((alarm) => alarm.code === code) === stands ? true : null;
  });

export const lostHub = (site: Site, timeoutMs = 60_000): Promise<true> =>
  eventually('the agent to miss the hub', timeoutMs, async () => {
    const seen = await site.status();
    return seen && seen.hub.state !== 'up' ? true : null;
  });

/** The hub may take the station for connected before it is again; the agent knows. */
export const foundHub = (site: Site, timeoutMs = 60_000): Promise<true> =>
  eventually('the agent to find the hub', timeoutMs, async () => {
    const seen = await site.status();
    return seen?.hub.state === 'up' ? true : null;
  });

/** Lines of a program's log (JSON), oldest first; what is no JSON is left out. */
export function logOf(site: Site, program: 'agent' | 'hub'): Record<string, unknown>[] {
  const text = readFileSync(join(site.network.dir, 'logs', `${program}.log`), 'utf8');
  return text.split('\n').flatMap((line) => {
    try {
      return line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : [];
    } catch {
      return [];
    }
  });
}

/** Waits until something happens at the cabinet from a moment on. */
export const happening = (
  site: Site,
  what: string,
  since: string,
  timeoutMs = 60_000,
): Promise<StationHappening> =>
  eventually(what, timeoutMs, async () => {
    const { history } = await site.truth();
    return history.find((each) => each.at >= since && each.what === what) ?? null;
  });

export const releases = async (site: Site): Promise<number> =>
  (await site.truth()).history.filter(({ what }) => what === 'latch released').length;

/** States of a command that the station has told, in the order in which it sent them. */
export const resultsOf = (site: Site, commandId: string): string[] =>
  [...site.uplink.sent.values()]
    .filter(({ type }) => type === MSG_TYPE.COMMAND_RESULT)
    .map(({ data }) => data as { commandId: string; state: string })
    .filter((result) => result.commandId === commandId)
    .map(({ state }) => state);

/** A PUBLISH of QoS 0 as it would come from the broker, for the station's control topic. */
export function controlPacket(device: string, message: object | string, retain = false): Buffer {
  const topic = Buffer.from(controlTopic(device));
  const payload = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
  let left = 2 + topic.length + payload.length;
  const header = [0x30 | (retain ? 1 : 0)];
  do {
    const digit = left % 128;
    left = Math.floor(left / 128);
    header.push(left > 0 ? digit | 0x80 : digit);
  } while (left > 0);
  return Buffer.concat([
    Buffer.from(header),
    Buffer.from([topic.length >> 8, topic.length & 0xff]),
    topic,
    payload,
  ]);
}

/** A client of our own at the broker, past the proxy; null when it is not let in. */
export async function signIn(
  mqttUrl: string,
  account: { device: string; secret: string },
  timeoutMs = 10_000,
): Promise<MqttClient | null> {
  const client = mqtt.connect(mqttUrl, {
    username: account.device,
    password: account.secret,
    clientId: `stranger-${Math.round(performance.now() * 1000)}`,
    reconnectPeriod: 0,
    connectTimeout: timeoutMs,
  });
  return new Promise((resolve) => {
    client.once('connect', () => resolve(client));
    const fail = () => {
      client.end(true);
      resolve(null);
    };
    client.on('error', fail);
    client.once('close', fail);
  });
}
