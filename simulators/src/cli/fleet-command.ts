import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { SimulatorError } from '../errors.js';
import { enrolFleet } from '../fleet/enrol-fleet.js';
import { createFleet, type FleetStats } from '../fleet/fleet.js';
import type { StationCredentials } from '../fleet/light-station.js';
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
    .option('--json', 'print the figures as JSON')
    .action(run);
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

function line(stats: FleetStats): string {
  const { connected, stations, births, reports, acknowledged, unacknowledged, ackP50Ms, ackP99Ms } = stats;
  const memory = `${Math.round(stats.rssBytesPerStation / 1024)} KiB a station`;
  const waiting = `${acknowledged} stored, ${unacknowledged} waiting`;
  return `${connected}/${stations} connected, ${births} births, ${reports} reports, ${waiting}, stored after p50 ${ackP50Ms} ms, p99 ${ackP99Ms} ms, ${memory}`;
}
