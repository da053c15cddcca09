import { join } from 'node:path';
import { writeAgentConfig } from '../../../network/agent-config.js';
import { agentStatus } from '../../../network/agent-status.js';
import { type Child, startChild } from '../../../network/child.js';
import { eventually } from '../../../network/eventually.js';
import type { AgentReady, StationReady } from '../../../network/network.js';
import { type FaultCase, mustHold } from '../case.js';
import { alarmAtHub } from '../observe.js';

export const twoAgents: FaultCase = {
  id: 'F25',
  name: 'two agents with one identity',
  async open(folder) {
    const children: Child<unknown>[] = [];
    return {
      network: { agentConfig: { uplink: { infoIntervalS: 2 } } },
      async close() {
        for (const child of children.reverse()) await child.stop();
      },
      async run({ site, swap, charge }) {
        const { device, apiUrl } = site.network;
        const root = join(import.meta.dirname, '..', '..', '..', '..', '..');
        const dir = join(folder, 'second');
        // A whole second station, with a database of its own and the first one's password.
        const station = await startChild<StationReady>({
          name: 'second station',
          args: [
            join(root, 'simulators', 'bin', 'voltbay-sim.mjs'),
            ...['station', '--json', '--device', device, '--group', '02', '--dir', join(dir, 'station')],
          ],
          cwd: root,
          logFile: join(folder, 'logs', 'second-station.log'),
        });
        children.push(station);
        const config = writeAgentConfig({
          dir,
          device,
          apiUrl,
          // Past the witness: nothing of what it says may be stored.
          mqttUrl: brokerOf(site.network.hub.ready.mqttUrl),
          hardware: station.ready.hardware,
          settings: { uplink: { infoIntervalS: 2 } },
        });
        const { epoch: ours } = (await site.status()) ?? {};
        const agent = await startChild<AgentReady>({
          name: 'second agent',
          args: [
            join(root, 'station-agent', 'bin', 'voltbay-agent.mjs'),
            'run',
            '--json',
            '--config',
            config,
          ],
          env: {
            NODE_OPTIONS: `--require=${station.ready.blePreload}`,
            VOLTBAY_BLE_HCI: station.ready.hciUrl,
            VOLTBAY_STATION_SECRET: site.secret(),
          },
          cwd: root,
          logFile: join(folder, 'logs', 'second-agent.log'),
        });
        children.push(agent);
        await eventually('the second agent to know that it is not wanted', 90_000, async () => {
          const seen = await agentStatus(join(dir, `agent-${device}`));
          return seen?.alarms.some(({ code }) => code === 'duplicate-identity') ? true : null;
        });
        await alarmAtHub(site, 'duplicate-identity');
        // The first one works on as if nothing were.
        await charge();
        const { order } = await swap();
        mustHold(order?.state === 'completed', `the first agent's swap: ${order?.state} ${order?.reason}`);
        mustHold((await site.status())?.epoch === ours, 'the first agent was restarted');
        const second = await agentStatus(join(dir, `agent-${device}`));
        mustHold(second?.hub.state !== 'up', 'the second agent is online too');
        return {
          runs: 1,
          note: 'the second is fenced off, keeps away and says so; the first serves on; no message of the second is stored',
        };
      },
    };
  },
};

function brokerOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `mqtt://${hostname}:${port}`;
}
