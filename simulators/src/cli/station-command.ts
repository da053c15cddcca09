import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { blePreloadPath } from '../ble/preload-path.js';
import { SimulatorError } from '../errors.js';
import { parseStationConfig, type StationConfig } from '../station/config.js';
import { startControlApi } from '../station/control-api.js';
import { demoStation } from '../station/demo-station.js';
import { openNetworkLine } from '../station/network-line.js';
import { createVirtualStation, type VirtualStation } from '../station/station.js';
import { parsePackCounts, stationOfPacks } from '../station/station-of-packs.js';
import { factor, wholeNumber } from './numbers.js';
import { untilSignal } from './until-signal.js';

interface StationFlags {
  config?: string;
  device?: string;
  group?: string;
  slots?: number;
  pylontech?: number;
  jbdSerial?: number;
  ble?: number;
  packs?: string;
  seed?: number;
  speed?: number;
  dir?: string;
  httpPort: number;
  uplink?: string;
  json?: boolean;
}

/** `voltbay-sim station`: one virtual cabinet until a signal comes. */
export function stationCommand(): Command {
  return new Command('station')
    .description('run one virtual swap cabinet with its packs, behind serial ports and a Bluetooth adapter')
    .option('--config <file>', 'station description (JSON); replaces the flags for slots')
    .option('--device <id>', 'device number of the station')
    .option('--group <digits>', 'two digits in the pack serials, to tell stations apart')
    .option('--slots <n>', 'number of slots (8)', wholeNumber)
    .option('--pylontech <n>', 'slots with Pylontech packs on one RS-485 bus', wholeNumber)
    .option('--jbd-serial <n>', 'slots with JBD packs on a serial port each', wholeNumber)
    .option('--ble <n>', 'slots with JBD packs over Bluetooth', wholeNumber)
    .option('--packs <list>', 'any makes, one slot for each pack: pylontech=4,seplos-v2=2,jk-ble=1')
    .option('--seed <n>', 'everything random follows from it', wholeNumber)
    .option('--speed <factor>', 'battery time over real time', factor)
    .option('--dir <dir>', 'where port links and the packs’ state are kept')
    .option('--http-port <n>', 'port of the control API, 0 = any', wholeNumber, 0)
    .option('--uplink <url>', 'broker of the agent: its way there leads through here and can be cut')
    .option('--json', 'print one JSON line when ready')
    .action(async (flags: StationFlags) => run(flags));
}

function describe(flags: StationFlags): StationConfig {
  const { device, seed, speed, group: serialGroup } = flags;
  const sizes = {
    slots: flags.slots,
    pylontech: flags.pylontech,
    jbdSerial: flags.jbdSerial,
    ble: flags.ble,
  };
  if (flags.packs !== undefined) {
    const other = Object.entries(sizes).find(([, value]) => value !== undefined)?.[0];
    if (other !== undefined || flags.config !== undefined)
      throw new SimulatorError(
        'SIM_CONFIG',
        `--packs says it all: leave --config, --slots, --pylontech, --jbd-serial and --ble out`,
      );
    return stationOfPacks(parsePackCounts(flags.packs), { device, serialGroup, seed, speed });
  }
  if (flags.config === undefined) return demoStation({ device, serialGroup, seed, speed, ...sizes });
  let file: object;
  try {
    file = JSON.parse(readFileSync(flags.config, 'utf8')) as object;
  } catch (cause) {
    throw new SimulatorError('SIM_CONFIG', `cannot read ${flags.config}: ${String(cause)}`, { cause });
  }
  const given = Object.entries({ device, seed, speed }).filter(([, value]) => value !== undefined);
  return parseStationConfig({ ...file, ...Object.fromEntries(given) });
}

async function run(flags: StationFlags): Promise<void> {
  const network = flags.uplink === undefined ? undefined : await openNetworkLine(brokerAt(flags.uplink));
  const station = await createVirtualStation(describe(flags), { directory: flags.dir, network });
  const api = await startControlApi(station, flags.httpPort).catch(async (error: unknown) => {
    await station.close();
    throw error;
  });
  announce(station, api.url, network?.mqttUrl ?? null, flags.json === true);
  await untilSignal();
  await api.close();
  await station.close();
  await network?.close();
}

function brokerAt(url: string): string {
  if (URL.canParse(url) && new URL(url).protocol === 'mqtt:') return url;
  throw new SimulatorError(
    'SIM_CONFIG',
    `--uplink takes an address such as mqtt://127.0.0.1:1883, not "${url}"`,
  );
}

function announce(station: VirtualStation, controlUrl: string, mqttUrl: string | null, json: boolean): void {
  const hardware = station.agentHardware();
  const env = station.agentEnvironment({});
  const ports = Object.fromEntries(Object.entries(hardware.ports).map(([name, port]) => [name, port.path]));
  if (json) {
    const ready = { ready: true, device: station.device, pid: process.pid, directory: station.directory };
    const reach = {
      ports,
      hciUrl: station.hciUrl,
      controlUrl,
      blePreload: blePreloadPath(),
      env,
      hardware,
      mqttUrl,
    };
    process.stdout.write(`${JSON.stringify({ ...ready, ...reach })}\n`);
    return;
  }
  const lines = [
    `station ${station.device} is up; Ctrl-C stops it`,
    ...Object.entries(ports).map(([name, path]) => `  port ${name.padEnd(10)} ${path}`),
    `  bluetooth       ${station.hciUrl}`,
    `  control API     ${controlUrl}  (GET /state, GET /help)`,
    ...(mqttUrl ? [`  broker          ${mqttUrl}  (can be cut)`] : []),
    '',
    'start the agent with',
    ...Object.entries(env).map(([name, value]) => `  export ${name}='${value}'`),
    'and this in its configuration file:',
    `"hardware": ${JSON.stringify(hardware, null, 2)}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
