import { startTcpProxy } from '../faults/tcp-proxy.js';

/** The station's way to the broker, which a person can cut. */
export interface NetworkLine {
  /** What the agent connects to instead of the broker itself. */
  readonly mqttUrl: string;
  isUp(): boolean;
  /** Cut: connections break and new ones are refused, as with a pulled modem. */
  set(up: boolean): void;
  close(): Promise<void>;
}

const MQTT_PORT = 1883;

/** A line to the broker at `mqttUrl` (mqtt://host:port). */
export async function openNetworkLine(mqttUrl: string): Promise<NetworkLine> {
  const target = new URL(mqttUrl);
  const proxy = await startTcpProxy({ host: target.hostname, port: Number(target.port || MQTT_PORT) });
  let up = true;
  const own = new URL(mqttUrl);
  own.hostname = '127.0.0.1';
  own.port = String(proxy.port);
  return {
    mqttUrl: own.href.replace(/\/$/, ''),
    isUp: () => up,
    set(on) {
      up = on;
      proxy.refuse(!on);
      if (!on) proxy.cut();
    },
    close: () => proxy.close(),
  };
}
