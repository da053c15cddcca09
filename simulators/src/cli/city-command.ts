import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type CityRun, runCity } from '../city/run-city.js';
import { SimulatorError } from '../errors.js';
import { factor, wholeNumber } from './numbers.js';

interface CityFlags {
  stations: number;
  riders: number;
  days: number;
  swaps: number;
  seed: number;
  from: number;
  speed: number;
  dir?: string;
  json?: boolean;
}

/** Local midnight in Beijing, where the city lies. */
function day(text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00+08:00`) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('write a day such as 2027-01-04');
  return ms;
}

/** `voltbay-sim city`: days of a whole city in simulated time against a real hub; exit code 1 when the books differ at the end. */
export function cityCommand(): Command {
  return new Command('city')
    .description(
      'run a city of stations and riders in simulated time, and hold everybody’s books against each other',
    )
    .option('--stations <n>', 'stations', wholeNumber, 30)
    .option('--riders <n>', 'riders, each with a vehicle', wholeNumber, 150)
    .option('--days <n>', 'simulated days', factor, 7)
    .option('--swaps <n>', 'swaps of a rider on a working day', factor, 1.2)
    .option('--seed <n>', 'everything random follows from it', wholeNumber, 1)
    .addOption(
      new Option('--from <day>', 'first day').argParser(day).default(day('2027-01-04'), '2027-01-04'),
    )
    .option('--speed <x>', 'simulated over real time at most; 0 = as fast as it goes', factor, 0)
    .option('--dir <dir>', 'new folder that keeps the hub’s data and log')
    .option('--json', 'print the outcome as JSON')
    .action(run);
}

async function run(flags: CityFlags): Promise<void> {
  if (flags.dir && existsSync(flags.dir) && readdirSync(flags.dir).length > 0)
    throw new SimulatorError('SIM_CONFIG', `${flags.dir} is not empty: a city begins with an empty hub`);
  const dir = flags.dir ?? mkdtempSync(join(tmpdir(), 'voltbay-city-'));
  const result = await runCity({
    dir,
    stations: flags.stations,
    riders: flags.riders,
    days: flags.days,
    swapsPerDay: flags.swaps,
    seed: flags.seed,
    fromMs: flags.from,
    maxSpeed: flags.speed,
    onStep: (text) => flags.json || process.stdout.write(`${text}\n`),
  });
  process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : `${report(result)}\n`);
  if (!result.ok) {
    const repeat = `voltbay-sim city --stations ${flags.stations} --riders ${flags.riders} --days ${flags.days} --swaps ${flags.swaps} --seed ${flags.seed}`;
    throw new SimulatorError(
      'SIM_SCENARIO_FAILED',
      `the books differ; hub data in ${join(dir, 'hub')}; repeat with: ${repeat}`,
    );
  }
  if (!flags.dir) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
}

function report(run: CityRun): string {
  const { books, swaps, analytics } = run;
  const hours = (run.simulatedMs / 3_600_000).toFixed(0);
  return [
    `${hours} simulated hours in ${(run.realMs / 1000).toFixed(0)} s (${run.speed} times as fast as life); processor: city ${seconds(run.cpuMs.city)}, hub ${seconds(run.cpuMs.hub)}`,
    `swaps: ${swaps.completed} of ${swaps.wished} wished for, ${swaps.refused} refused on the way, ${swaps.givenUp} given up`,
    `hub: ${books.orders} orders, ${books.charges} charges, ${(books.revenueFen / 100).toFixed(2)} yuan, ${books.ledger.entries} ledger entries, ${books.messages} messages`,
    `analytics: ${analytics.attempts} orders, ${analytics.swaps} swaps, ${(analytics.revenueFen / 100).toFixed(2)} yuan`,
    ...books.differences.slice(0, 40).map((text) => `DIFFERENCE  ${text}`),
    run.ok ? 'ledger, custody and analytics agree' : `${books.differences.length} differences`,
  ].join('\n');
}

const seconds = (ms: number | null): string => (ms === null ? 'not known' : `${(ms / 1000).toFixed(1)} s`);
