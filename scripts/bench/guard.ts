import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureQuiet, type Quiet } from './quiet.js';
import type { Row, RowResult } from './row.js';
import { rows } from './rows.js';
import { runRow } from './run-row.js';

/** A row may be this much worse than its floor before the guard fails. */
const TOLERANCE = 0.25;
const ROUNDS = 3;
/** After this long no row is begun or repeated. */
const BUDGET_MS = 75_000;
/** Interleaved ratios bear other work on the machine, but not a machine on which the same work takes as long as it likes. */
const MAX_JITTER = 1;
const MIN_IDLE = 0.15;

export interface Floors {
  why: string;
  rows: Readonly<Record<string, { ratio: number; reason: string }>>;
}

export const floorsFile = (root: string): string => join(root, 'scripts', 'bench', 'floors.json');

/** What a result says about a row: null when it is no worse than allowed. */
export function verdict(
  row: Pick<Row, 'target'>,
  floor: number,
  result: Pick<RowResult, 'name' | 'ratio' | 'lost' | 'duplicated'>,
): string | null {
  if (result.lost > 0 || result.duplicated > 0)
    return `${result.name}: ${result.lost} lost, ${result.duplicated} doubled`;
  const higherIsBetter = 'atLeast' in row.target;
  const limit = higherIsBetter ? floor * (1 - TOLERANCE) : floor * (1 + TOLERANCE);
  const good = higherIsBetter ? result.ratio >= limit : result.ratio <= limit;
  if (good) return null;
  const sign = higherIsBetter ? '≥' : '≤';
  return `${result.name}: ratio ${result.ratio}, and ${sign} ${round(limit)} is wanted (floor ${floor}, a quarter allowed)`;
}

/** Why a comparison on this machine would only show its other work; null when it is worth making. */
export function tooNoisy({ idle, jitter }: Quiet): string | null {
  if (idle < MIN_IDLE) return `only ${Math.round(idle * 100)} % of the processors are free`;
  if (jitter > MAX_JITTER) return `the same arithmetic takes up to ${round(1 + jitter)} times as long`;
  return null;
}

/**
 * Compares ingest, buffer and command with the floors. A row that fails is run once more before it counts. Exit code 0 also when the
 * machine is too noisy, which is then said aloud; 1 when a row is worse, or could not run.
 */
export async function runGuard(
  root: string,
  say: (text: string) => void,
  { noisy: anyway }: { noisy: boolean },
): Promise<number> {
  const floors = JSON.parse(readFileSync(floorsFile(root), 'utf8')) as Floors;
  const noisy = tooNoisy(await measureQuiet());
  if (noisy && !anyway) {
    say(`SKIPPED: the speed guard compares nothing on this machine now: ${noisy}`);
    return 0;
  }
  const endMs = performance.now() + BUDGET_MS;
  const problems: string[] = [];
  for (const [name, { ratio: floor }] of Object.entries(floors.rows)) {
    const row = rows.find((each) => each.name === name);
    if (!row) problems.push(`${name}: there is no such row; correct ${floorsFile(root)}`);
    else problems.push(...(await guardRow(row, floor, { root, say, endMs })));
  }
  for (const problem of problems) say(`WORSE: ${problem}`);
  const noisyNow = problems.length > 0 ? tooNoisy(await measureQuiet()) : null;
  if (noisyNow && !anyway) {
    say(`SKIPPED: meanwhile ${noisyNow}; the above proves nothing`);
    return 0;
  }
  return problems.length === 0 ? 0 : 1;
}

async function guardRow(
  row: Row,
  floor: number,
  { root, say, endMs }: { root: string; say: (text: string) => void; endMs: number },
): Promise<string[]> {
  const unavailable = row.unavailable?.(root) ?? null;
  if (unavailable) {
    say(`SKIPPED: ${row.name}: ${unavailable}`);
    return [];
  }
  for (const attempt of [1, 2]) {
    if (performance.now() > endMs) {
      say(`SKIPPED: ${row.name}${attempt === 2 ? ' a second time' : ''}: the guard's time is over`);
      return [];
    }
    const result = await runRow(row, { root, rounds: ROUNDS, size: 'normal', progress: () => {} });
    const problem = verdict(row, floor, result);
    const spread = `spread ${Math.round(result.spread * 100)} %`;
    say(`${row.name}: ratio ${result.ratio}, floor ${floor}, ${spread}${problem ? '' : ', ok'}`);
    if (!problem) return [];
    if (attempt === 2) return [problem];
  }
  return [];
}

const round = (value: number): number => Math.round(value * 100) / 100;
