import { join } from 'node:path';
import type { Command, TokenResponse } from '@voltbay/protocol';
import Database from 'better-sqlite3';
import { DEMO } from '../../../simulators/dist/network/demo-accounts.js';
import { startNetwork } from '../../../simulators/dist/network/network.js';
import { operatorApi, request } from '../../../simulators/dist/rider/api.js';
import { COMMANDS, ECHO, echoClient, echoed, restCaller, sequence, warmUp } from '../command-load.js';
import { needsMosquitto, startMosquitto, startPeer } from '../processes.js';
import type { Row, Sides } from '../row.js';

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
      ...ECHO,
      file: join(dir, ECHO.file),
    });
    const echo = await echoClient(broker.url);
    const { accessToken: token } = await request<TokenResponse>(network.apiUrl, '/auth/v1/token', {
      method: 'POST',
      body: JSON.stringify({ grantType: 'password', ...DEMO.operator }),
    });
    const body = JSON.stringify({ name: 'SERVER_ASK_INFO' });
    const caller = restCaller(network.apiUrl, token);
    const ask = async () => {
      const { id, state } = await caller.post<Command>(path, body);
      return state === 'done' ? id : null;
    };
    const journal = new Database(join(dir, 'network', `agent-${network.device}`, 'agent.db'), {
      readonly: true,
    });
    const journalled = journal.prepare<[], { n: number }>(
      "SELECT count(*) AS n FROM commands WHERE state = 'done'",
    );
    const recorded = async () => ({
      hub: await operator.count(`/core/v0/commands?stationId=${network.device}&state=done&_limit=1`),
      agent: journalled.get()?.n ?? 0,
    });
    const answered = echoed(join(dir, ECHO.file));
    await warmUp(ask, echo.ask);
    return {
      ours: sequence([network.hub.pid, network.agent.pid], ask, async () => {
        const { hub, agent } = await recorded();
        return agent === hub ? hub : Number.NaN;
      }),
      peer: sequence([peer.pid], echo.ask, async () => answered()),
      note: `${COMMANDS} commands a round, one after another, over Mosquitto`,
      async close() {
        journal.close();
        caller.close();
        await echo.close();
        await peer.stop();
        await network.stop();
        await broker.stop();
      },
    };
  },
};
