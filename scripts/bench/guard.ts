import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row, RowResult } from './row.js';
import { rows } from './rows.js';
import { runRow } from './run-row.js';
import { foreignShare, machineTime } from './usage.js';

/** A row may be this much worse than its floor before the guard fails. */
const TOLERANCE = 0.25;
/** The same where others use the machine: what a program does by the clock then costs more for each operation, which takes longer. */
const TOLERANCE_BESIDE_OTHERS = 0.6;
const ROUNDS = 5;
/** After this long no row is begun or repeated, and after the second one what still runs is given up. */
const BUDGET_MS = 110_000;
const LAST_MS = 165_000;
/** While others have more of the processors than this, how long something took tells about them. */
const MAX_FOREIGN = 0.1;

export interface Floor {
  /** Of the row, as the table shows it: by the clock. */
  ratio: number;
  /** Of processor time for an operation, ours to the peer's. */
  cpuRatio: number;
  reason: string;
}

export interface Floors {
  why: string;
  rows: Readonly<Record<string, Floor>>;
}

export const floorsFile = (root: string): string => join(root, 'scripts', 'bench', 'floors.json');

/**
 * What a result says about a row: null when it is no worse than allowed. Processor time is compared always: other programs on the machine
 * change it little, and for both sides. The clock is compared only when they used little (`foreign`, a share of the processors).
 */
export function verdict(
  row: Pick<Row, 'target'>,
  floor: Pick<Floor, 'ratio' | 'cpuRatio'>,
  result: Pick<RowResult, 'name' | 'ratio' | 'cpuRatio' | 'lost' | 'duplicated'>,
  foreign: number,
): string | null {
  const { name, ratio, cpuRatio, lost, duplicated } = result;
  if (lost > 0 || duplicated > 0) return `${name}: ${lost} lost, ${duplicated} doubled`;
  const quiet = foreign <= MAX_FOREIGN;
  const mostCpu = floor.cpuRatio * (1 + (quiet ? TOLERANCE : TOLERANCE_BESIDE_OTHERS));
  if (cpuRatio === null || cpuRatio > mostCpu)
    return `${name}: ${cpuRatio} times the peer's processor time, and ≤ ${round(mostCpu)} is wanted (floor ${floor.cpuRatio})`;
  if (!quiet) return null;
  const higherIsBetter = 'atLeast' in row.target;
  const limit = higherIsBetter ? floor.ratio * (1 - TOLERANCE) : floor.ratio * (1 + TOLERANCE);
  if (higherIsBetter ? ratio >= limit : ratio <= limit) return null;
  const sign = higherIsBetter ? '≥' : '≤';
  return `${name}: ratio ${ratio}, and ${sign} ${round(limit)} is wanted (floor ${floor.ratio}, a quarter allowed)`;
}

/**
 * Compares ingest, buffer and command with the floors. A row that fails is run once more before it counts. Exit code 1 when a row is worse,
 * could not run, or was not over in time although nobody else used the machine.
 */
export async function runGuard(root: string, say: (text: string) => void): Promise<number> {
  const floors = JSON.parse(readFileSync(floorsFile(root), 'utf8')) as Floors;
  const startedMs = performance.now();
  const problems: string[] = [];
  for (const [name, floor] of Object.entries(floors.rows)) {
    const row = rows.find((each) => each.name === name);
    if (!row) problems.push(`${name}: there is no such row; correct ${floorsFile(root)}`);
    else problems.push(...(await guardRow(row, floor, { root, say, startedMs })));
  }
  for (const problem of problems) say(`WORSE: ${problem}`);
  return problems.length === 0 ? 0 : 1;
}

async function guardRow(
  row: Row,
  floor: Floor,
  { root, say, startedMs }: { root: string; say: (text: string) => void; startedMs: number },
): Promise<string[]> {
  const unavailable = row.unavailable?.(root) ?? null;
  if (unavailable) {
    say(`SKIPPED: ${row.name}: ${unavailable}`);
    return [];
  }
  let problem: string | null = null;
  for (const attempt of [1, 2]) {
    if (performance.now() - startedMs > BUDGET_MS) {
      say(`SKIPPED: ${row.name}${attempt === 2 ? ' a second time' : ''}: the guard's time is over`);
      break;
    }
    const before = machineTime();
    const running = runRow(row, { root, rounds: ROUNDS, size: 'normal', progress: () => {} });
    const result = await within(running, LAST_MS - (performance.now() - startedMs));
    const foreign = foreignShare(before, machineTime());
    const share = `others had ${Math.round(foreign * 100)} % of the processors`;
    if (!result) {
      say(`SKIPPED: ${row.name}: not over in the guard's time; ${share}`);
      return foreign > MAX_FOREIGN ? [] : [`${row.name}: not over in the guard's time; ${share}`];
    }
    problem = verdict(row, floor, result, foreign);
    const clock = foreign > MAX_FOREIGN ? ' (not compared)' : '';
    const figures = `processor time ${result.cpuRatio}, floor ${floor.cpuRatio}; ratio ${result.ratio}${clock}, floor ${floor.ratio}`;
    say(`${row.name}: ${figures}; ${share}${problem ? '' : ', ok'}`);
    if (!problem) return [];
  }
  return problem ? [problem] : [];
}

/** Null when the time is over first; what runs then ends with this process. */
async function within<T>(work: Promise<T>, ms: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ms, null);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;
