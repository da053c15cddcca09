import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentHardware, writeAgentConfig } from './agent-config.js';
import { type Child, startChild } from './child.js';
import { type Providers, startProviders } from './providers.js';

/**
 * The whole network on one machine as real processes: hub (with its embedded broker and document store unless `MQTT_URL` or
 * `MONGODB_URI` say otherwise), one simulated station, and the real agent on its virtual serial ports and virtual Bluetooth adapter.
 */
export type NetworkOptions = {
  /** Repository root. */
  root: string;
  /** Where data, configuration and logs live. */
  dir: string;
  /** 0 = a free port. */
  httpPort: number;
  mqttPort: number;
  device?: string;
  seed?: number;
  /** Speed of the simulated world; 1 = real time. */
  speed?: number;
  env?: Readonly<Record<string, string | undefined>>;
  onExit?: (name: string, exit: { code: number | null; signal: NodeJS.Signals | null }) => void;
  onStep?: (text: string) => void;
  /** The agent's line to the broker leads through the simulated station, where it can be cut. */
  cuttable?: boolean;
  /** Puts something between the agent and the broker; answers the address that the agent is told. */
  stationLink?: (mqttUrl: string) => Promise<string>;
  /** Also simulated payment providers and a push service, unless the environment names real ones. */
  providers?: boolean;
  /** Variables of one program only. */
  hubEnv?: Readonly<Record<string, string>>;
  agentEnv?: Readonly<Record<string, string>>;
  /** Parts of the agent's configuration file that differ from the defaults. */
  agentConfig?: Readonly<Record<string, unknown>>;
};

export type HubReady = { ready: true; apiUrl: string; mqttUrl: string; pid: number };
export type StationReady = {
  ready: true;
  controlUrl: string;
  hciUrl: string;
  blePreload: string;
  hardware: AgentHardware;
  /** The broker as the agent reaches it, when its line leads through the station. */
  mqttUrl: string | null;
};
export type AgentReady = { ready: true; device: string; pid: number };

export type Network = {
  readonly device: string;
  readonly apiUrl: string;
  /** Where stations connect to, without credentials. */
  readonly mqttUrl: string;
  /** Control API of the simulated station. */
  readonly controlUrl: string;
  readonly dir: string;
  readonly agentConfigFile: string;
  readonly providers: Providers | null;
  hub: Child<HubReady>;
  station: Child<StationReady>;
  agent: Child<AgentReady>;
  startHub(env?: Record<string, string>): Promise<void>;
  startAgent(env?: Record<string, string>): Promise<void>;
  stop(): Promise<void>;
};

export async function startNetwork(options: NetworkOptions): Promise<Network> {
  const device = options.device ?? '1231';
  const step = options.onStep ?? (() => {});
  mkdirSync(options.dir, { recursive: true });
  const logs = join(options.dir, 'logs');
  const started: Child<unknown>[] = [];
  const exit = (name: string) => (how: { code: number | null; signal: NodeJS.Signals | null }) =>
    options.onExit?.(name, how);

  const hubChild = (ports: { http: number; mqtt: number }, env: Record<string, string> = {}) =>
    startChild<HubReady>({
      name: 'hub',
      args: [
        // As its unit file does.
        '--max-semi-space-size=32',
        join(options.root, 'cloud-hub', 'bin', 'voltbay-hub.mjs'),
        ...[
          'run',
          '--demo',
          '--json',
          '--port',
          String(ports.http),
          '--mqtt-port',
          String(ports.mqtt),
          '--data',
          join(options.dir, 'hub'),
        ],
      ],
      env: { ...options.env, ...providerEnv(providers), ...options.hubEnv, ...env },
      cwd: options.root,
      logFile: join(logs, 'hub.log'),
      onExit: exit('hub'),
    });

  let providers: Providers | null = null;
  try {
    if (options.providers) {
      step('payment providers and push service');
      providers = await startProviders({ root: options.root, dir: options.dir, logs, onExit: exit });
    }
    step('hub: document store, broker, API');
    const hub = await hubChild({ http: options.httpPort, mqtt: options.mqttPort });
    started.push(hub);
    const brokerUrl = withoutCredentials(process.env.MQTT_URL ?? options.env?.MQTT_URL ?? hub.ready.mqttUrl);
    step('station: virtual cabinet, serial and Bluetooth packs');
    const station = await startChild<StationReady>({
      name: 'station simulator',
      args: [
        join(options.root, 'simulators', 'bin', 'voltbay-sim.mjs'),
        ...['station', '--json', '--dir', join(options.dir, `station-${device}`), '--http-port', '0'],
        ...(options.seed === undefined ? [] : ['--seed', String(options.seed)]),
        ...(options.speed === undefined ? [] : ['--speed', String(options.speed)]),
        // A line under TLS is not led through here: its certificate names the broker.
        ...(options.cuttable && brokerUrl.startsWith('mqtt:') ? ['--uplink', brokerUrl] : []),
      ],
      cwd: options.root,
      logFile: join(logs, 'station.log'),
      onExit: exit('station simulator'),
    });
    started.push(station);
    const mqttUrl = (await options.stationLink?.(brokerUrl)) ?? station.ready.mqttUrl ?? brokerUrl;
    const configFile = writeAgentConfig({
      dir: options.dir,
      device,
      apiUrl: hub.ready.apiUrl,
      mqttUrl,
      hardware: station.ready.hardware,
      ...(options.agentConfig ? { settings: options.agentConfig } : {}),
    });
    const agentChild = (env: Record<string, string> = {}) =>
      startChild<AgentReady>({
        name: 'station agent',
        args: [
          // As the agent's own launcher line does: a station is a small machine.
          '--max-semi-space-size=1',
          '--optimize-for-size',
          '--no-opt',
          join(options.root, 'station-agent', 'bin', 'voltbay-agent.mjs'),
          'run',
          '--json',
          '--config',
          configFile,
        ],
        env: {
          ...options.env,
          ...options.agentEnv,
          NODE_OPTIONS: [process.env.NODE_OPTIONS, `--require=${station.ready.blePreload}`]
            .filter(Boolean)
            .join(' '),
          VOLTBAY_BLE_HCI: station.ready.hciUrl,
          ...env,
        },
        cwd: options.root,
        logFile: join(logs, 'agent.log'),
        onExit: exit('station agent'),
      });
    step('agent: reading packs, signing in');
    const agent = await agentChild();
    started.push(agent);
    const ports = {
      http: Number(new URL(hub.ready.apiUrl).port),
      mqtt: Number(new URL(hub.ready.mqttUrl).port || options.mqttPort),
    };
    const network: Network = {
      device,
      apiUrl: hub.ready.apiUrl,
      mqttUrl,
      controlUrl: station.ready.controlUrl,
      dir: options.dir,
      agentConfigFile: configFile,
      providers,
      hub,
      station,
      agent,
      async startHub(env) {
        network.hub = await hubChild(ports, env);
      },
      async startAgent(env) {
        network.agent = await agentChild(env);
      },
      async stop() {
        await network.agent.stop();
        await network.station.stop();
        await network.hub.stop();
        await providers?.stop();
      },
    };
    return network;
  } catch (error) {
    for (const child of started.reverse()) await child.stop();
    await providers?.stop();
    throw error;
  }
}

/** What the person who starts the network has set stays. */
const providerEnv = (providers: Providers | null): Record<string, string> =>
  Object.fromEntries(
    Object.entries(providers?.hubEnv ?? {}).filter(([name]) => process.env[name] === undefined),
  );

function withoutCredentials(url: string): string {
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.toString().replace(/\/$/, '');
}
