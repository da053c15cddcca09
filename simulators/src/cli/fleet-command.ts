import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { SimulatorError } from '../errors.js';
import { enrolFleet } from '../fleet/enrol-fleet.js';
import { createFleet } from '../fleet/fleet.js';
import type { StationCredentials } from '../fleet/light-station.js';
import { line, runFleetWithHub } from '../fleet/run-fleet.js';
import { factor, wholeNumber } from './numbers.js';
import { untilSignal } from './until-signal.js';

interface FleetFlags {
  api: string;
  mqtt: string;
  operator: { username: string; password: string };
  prefix: string;
  credentials?: string;
  slots: number;
  interval: number;
  ramp: number;
  duration: number;
  seed: number;
  ownHub?: boolean;
  riders: number;
  storm: number;
  json?: boolean;
}

function account(text: string): { username: string; password: string } {
  const at = text.indexOf(':');
  if (at < 1) throw new InvalidArgumentError('write name:password');
  return { username: text.slice(0, at), password: text.slice(at + 1) };
}

const credentialsSchema = z.array(z.object({ device: z.string(), secret: z.string() }));

/** `voltbay-sim fleet N`: many light stations against a hub; figures at the end. */
export function fleetCommand(): Command {
  return new Command('fleet')
    .description('run many light stations over MQTT: births, readings, acknowledgements, reconnects')
    .argument('<n>', 'number of stations', wholeNumber)
    .option('--api <url>', 'REST address of the hub', 'http://127.0.0.1:8080')
    .option('--mqtt <url>', 'its MQTT address', 'mqtt://127.0.0.1:1883')
    .option(
      '--operator <name:password>',
      'operator who registers the stations (env VOLTBAY_OPERATOR)',
      account,
    )
    .option('--prefix <text>', 'start of the device numbers', 'light-')
    .option('--credentials <file>', 'keep the secrets here (0600) and use them again')
    .option('--slots <n>', 'packs that each station reports', wholeNumber, 4)
    .option('--interval <s>', 'seconds between two reports of one station', factor, 30)
    .option('--ramp <n>', 'stations that connect in a second', factor, 200)
    .option('--duration <s>', 'seconds until it ends; 0 = at a signal', factor, 0)
    .option('--seed <n>', 'everything random follows from it', wholeNumber, 1)
    .option('--own-hub', 'start a hub in a temporary folder, measure both sides, and check what it shows')
    .option('--riders <n>', 'with --own-hub: riders who swap without a pause', wholeNumber, 10)
    .option('--storm <share>', 'with --own-hub: share of connections broken at once at the end', factor, 0)
    .option('--json', 'print the figures as JSON')
    .action((count: number, flags: FleetFlags) =>
      flags.ownHub ? runWithHub(count, flags) : run(count, flags),
    );
}

async function runWithHub(count: number, flags: FleetFlags): Promise<void> {
  const result = await runFleetWithHub({
    stations: count,
    slots: flags.slots,
    intervalMs: Math.max(0.1, flags.interval) * 1000,
    rampPerS: Math.max(1, flags.ramp),
    durationMs: (flags.duration || 60) * 1000,
    riders: flags.riders,
    stormShare: Math.min(1, flags.storm),
    seed: flags.seed,
    onStep: (text) => flags.json || process.stdout.write(`${text}\n`),
  });
  process.stdout.write(`${JSON.stringify(result, null, flags.json ? 0 : 2)}\n`);
  if (!result.ok) throw new SimulatorError('SIM_IMPOSSIBLE', result.problems.join('; '));
  process.exit(0);
}

async function run(count: number, flags: FleetFlags): Promise<void> {
  const credentials = await credentialsFor(count, flags);
  const fleet = createFleet({
    mqttUrl: flags.mqtt,
    credentials,
    slots: flags.slots,
    intervalMs: Math.max(0.1, flags.interval) * 1000,
    rampPerS: Math.max(1, flags.ramp),
    seed: flags.seed,
  });
  fleet.start();
  const progress = setInterval(() => flags.json || process.stdout.write(`${line(fleet.stats())}\n`), 5_000);
  const ends = [untilSignal()];
  if (flags.duration > 0) ends.push(new Promise((resolve) => setTimeout(resolve, flags.duration * 1000)));
  await Promise.race(ends);
  clearInterval(progress);
  const stats = fleet.stats();
  await fleet.stop();
  process.stdout.write(flags.json ? `${JSON.stringify(stats)}\n` : `${line(stats)}\n`);
  // Never all born is a failure of the run, whatever the reason.
  if (stats.births < stats.stations) {
    throw new SimulatorError(
      'SIM_UNREACHABLE',
      `${stats.stations - stats.births} stations were never born: ${stats.lastRefusal}`,
    );
  }
  process.exit(0);
}

async function credentialsFor(count: number, flags: FleetFlags): Promise<StationCredentials[]> {
  const { credentials: file, api, prefix } = flags;
  if (file && existsSync(file)) {
    const result = credentialsSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (!result.success)
      throw new SimulatorError('SIM_CONFIG', `${file} holds no credentials: delete it to enrol again`);
    if (result.data.length >= count) return result.data.slice(0, count);
  }
  const fromEnv = process.env.VOLTBAY_OPERATOR;
  const operator = flags.operator ?? (fromEnv ? account(fromEnv) : undefined);
  if (!operator) {
    throw new SimulatorError(
      'SIM_CONFIG',
      'stations must be registered: give --operator name:password or VOLTBAY_OPERATOR',
    );
  }
  const enrolled = await enrolFleet({ apiUrl: api, operator, count, prefix });
  if (file) writeFileSync(file, JSON.stringify(enrolled), { mode: 0o600 });
  return enrolled;
}
