import { join } from 'node:path';
import { controlTopic } from '@voltbay/protocol';
import mqtt from 'mqtt';
import { DEMO } from '../../../simulators/dist/network/demo-accounts.js';
import { startNetwork } from '../../../simulators/dist/network/network.js';
import { operatorApi } from '../../../simulators/dist/rider/api.js';
import { needsMosquitto, startMosquitto, startPeer } from '../processes.js';
import type { Row, Sample, Side, Sides } from '../row.js';
import { median } from '../run-row.js';
import { usageOf } from '../usage.js';

const COMMANDS = 60;

/**
 * An operator's command by REST until its result is in the answer: hub, its store, the broker, the agent with its journal on disk, and all
 * the way back. The peer is one QoS 1 message there and one back over the same broker, with one durable row between them.
 */
export const command: Row = {
  name: 'command',
  title: 'REST → MQTT → agent journal → result → REST (p50), against a raw QoS 1 echo with one fsync',
  unit: 'ms',
  target: { atMost: 2 },
  rounds: 5,
  unavailable: needsMosquitto,
  async prepare({ root, dir }): Promise<Sides> {
    const broker = await startMosquitto(dir);
    const network = await startNetwork({
      root,
      dir: join(dir, 'network'),
      httpPort: 0,
      mqttPort: 0,
      env: { MQTT_URL: broker.url, LOG_LEVEL: 'warn' },
    });
    const operator = operatorApi(network.apiUrl, DEMO.operator);
    const path = `/core/v0/stations/${network.device}/commands?waitMs=10000&until=done`;
    const peer = await startPeer(root, dir, 'qos1-echo.mjs', {
      mqttUrl: broker.url,
      file: join(dir, 'echo.db'),
      askTopic: controlTopic('echo'),
      answerTopic: 'echo/answer',
    });
    const echo = await echoClient(broker.url);
    const ours = sequence([network.hub.pid, network.agent.pid], async () => {
      await operator.post(path, { name: 'SERVER_ASK_INFO' });
    });
    return {
      ours,
      peer: sequence([peer.pid], echo.ask),
      note: `${COMMANDS} commands a round, one after another, over Mosquitto`,
      async close() {
        await echo.close();
        await peer.stop();
        await network.stop();
        await broker.stop();
      },
    };
  },
};

function sequence(pids: readonly number[], ask: () => Promise<void>): Side {
  return {
    async round(): Promise<Sample> {
      const before = usageOf(pids);
      const times: number[] = [];
      for (let i = 0; i < COMMANDS; i++) {
        const startedMs = performance.now();
        await ask();
        times.push(performance.now() - startedMs);
      }
      const after = usageOf(pids);
      return {
        value: median(times),
        cpuUsPerOperation: (after.cpuUs - before.cpuUs) / COMMANDS,
        rssMiB: after.rssMiB,
        // A command without its result fails the round: see `ask`.
        lost: 0,
        duplicated: 0,
      };
    },
  };
}

async function echoClient(mqttUrl: string) {
  const client = await mqtt.connectAsync(mqttUrl, { keepalive: 60 });
  let onAnswer = (): void => {};
  client.on('message', () => onAnswer());
  await client.subscribeAsync('echo/answer', { qos: 1 });
  return {
    ask: () =>
      new Promise<void>((resolve, reject) => {
        onAnswer = resolve;
        client.publishAsync(controlTopic('echo'), '{"type":2}', { qos: 1 }).catch(reject);
      }),
    close: () => client.endAsync(true),
  };
}
