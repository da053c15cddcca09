import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Order, Station } from '@voltbay/protocol';
import { type AgentRecords, readAgentRecords } from '@voltbay/station-agent';
import { type Direction, type PacketFate, startTcpProxy, type TcpProxy } from '../faults/tcp-proxy.js';
import { createUplinkRecord, type UplinkRecord } from '../faults/uplink-record.js';
import { type OperatorApi, operatorApi } from '../rider/api.js';
import type { StationState } from '../station/station-state.js';
import { type AgentStatus, agentStatus } from './agent-status.js';
import { countPacks } from './demo.js';
import { DEMO } from './demo-accounts.js';
import { eventually } from './eventually.js';
import { type Network, type NetworkOptions, startNetwork } from './network.js';

/**
 * A whole network under observation: real hub, agent and station as processes, a proxy with a witness between agent and broker, and
 * both programs armed to die at a named step. For the tests and the fault matrix.
 */
export type Site = {
  readonly network: Network;
  readonly proxy: TcpProxy;
  readonly uplink: UplinkRecord;
  readonly agentDir: string;
  readonly hubDir: string;
  readonly operator: OperatorApi;
  /** The agent's database as each of its deaths left it, oldest first. */
  readonly journals: AgentRecords[];
  /** Packs that riders hold, as the bench knows. */
  readonly brought: Set<string>;
  /** The next passage of this step ends the program by SIGKILL; `null` disarms. */
  arm(program: 'agent' | 'hub', step: string | null): void;
  /** Starts the program again that has died, or kills it first when it runs. */
  restart(program: 'agent' | 'hub', env?: Record<string, string>): Promise<void>;
  /** Loses, repeats or delays packets between agent and broker; what is lost the witness does not count as seen. */
  filter(decide: ((packet: Buffer, direction: Direction) => PacketFate) | undefined): void;
  /** Takes the agent's network away, or gives it back. */
  offline(on: boolean): void;
  /** The station's password at the broker. */
  secret(): string;
  truth(): Promise<StationState>;
  fault(name: string, body: object): Promise<void>;
  act(name: string, body: object): Promise<{ ok: boolean; reason?: string }>;
  status(): Promise<AgentStatus | null>;
  station(): Promise<Station>;
  /** Waits until the station is online and its packs are known at the hub. */
  ready(timeoutMs?: number): Promise<Station>;
  /** Waits until nothing waits in the agent's outbox. */
  drained(timeoutMs?: number): Promise<void>;
  order(id: string): Promise<Order>;
  close(): Promise<void>;
};

export type SiteOptions = Omit<NetworkOptions, 'httpPort' | 'mqttPort' | 'stationLink'> & {
  /** A document store outside the hub's process; the embedded one when not given. */
  storeUri?: string;
};

export async function openSite(options: SiteOptions): Promise<Site> {
  const device = options.device ?? '1231';
  const uplink = createUplinkRecord(device);
  const arms = { agent: join(options.dir, 'crash-agent'), hub: join(options.dir, 'crash-hub') };
  let proxy: TcpProxy | undefined;
  let decide: ((packet: Buffer, direction: Direction) => PacketFate) | undefined;
  const network = await startNetwork({
    ...options,
    httpPort: 0,
    mqttPort: 0,
    hubEnv: {
      VOLTBAY_CRASH_AT: `@${arms.hub}`,
      VOLTBAY_RATE_PER_ADDRESS: '0',
      ...(options.storeUri ? { MONGODB_URI: options.storeUri } : {}),
      ...options.hubEnv,
    },
    agentEnv: { VOLTBAY_CRASH_AT: `@${arms.agent}`, ...options.agentEnv },
    async stationLink(mqttUrl) {
      const { hostname, port } = new URL(mqttUrl);
      proxy = await startTcpProxy({ host: hostname, port: Number(port), mqtt: true });
      proxy.mqttFilter((packet, direction) => {
        const fate = decide?.(packet, direction) ?? 'pass';
        // Sent is sent, whether it arrives or not; an acknowledgement counts when it gets through.
        if (fate !== 'drop' || direction === 'to-server') uplink.see(packet, direction);
        return fate;
      });
      return `mqtt://127.0.0.1:${proxy.port}`;
    },
  });
  if (!proxy) throw new Error('the agent was not given a link');
  const link = proxy;
  const agentDir = join(options.dir, `agent-${device}`);
  const journals: AgentRecords[] = [];
  const operator = operatorApi(network.apiUrl, DEMO.operator);

  const control = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${network.controlUrl}${path}`, {
      method,
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(10_000),
    });
    const answer = (await response.json()) as T & { error?: string };
    if (!response.ok && response.status !== 409) throw new Error(`${path}: ${answer.error}`);
    return answer;
  };
  const status = () => agentStatus(agentDir);

  const site: Site = {
    network,
    proxy: link,
    uplink,
    agentDir,
    hubDir: join(options.dir, 'hub'),
    operator,
    journals,
    brought: new Set(DEMO.riders.map(({ packId }) => packId)),
    arm(program, step) {
      if (step === null) rmSync(arms[program], { force: true });
      else writeFileSync(arms[program], `${step}\n`);
    },
    async restart(program, env) {
      site.arm(program, null);
      await network[program].kill();
      if (program === 'agent') {
        journals.push(readAgentRecords(agentDir));
        await network.startAgent(env);
      } else await network.startHub(env);
    },
    filter(next) {
      decide = next;
    },
    offline(on) {
      link.refuse(on);
      if (on) link.cut();
    },
    secret: () =>
      (JSON.parse(readFileSync(join(agentDir, 'credentials.json'), 'utf8')) as { secret: string }).secret,
    truth: () => control<StationState>('GET', '/state'),
    async fault(name, body) {
      await control('POST', `/faults/${name}`, body);
    },
    act: (name, body) => control('POST', `/actions/${name}`, body),
    status,
    station: () => operator.get<Station>(`/core/v0/stations/${device}`),
    ready: (timeoutMs = 60_000) =>
      eventually('the station online with its packs read', timeoutMs, async () => {
        const seen = await site.station();
        const packs = countPacks(seen);
        return seen.online && packs.serial >= 4 && packs.ble >= 2 ? seen : null;
      }),
    async drained(timeoutMs = 60_000) {
      await eventually('an empty outbox', timeoutMs, async () => {
        const seen = await status();
        return seen?.outbox.rows === 0 && seen.restCalls === 0 ? true : null;
      });
    },
    order: (id) => operator.get<Order>(`/core/v0/orders/${id}`),
    async close() {
      await network.stop();
      await link.close();
    },
  };
  return site;
}
