import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Row, RowResult, Sample, Side, Size } from './row.js';

const MAX_ROUND_MS = 20 * 60_000;

/** Runs both sides of a row in turns and compares them round by round, so that what slows the machine slows both. */
export async function runRow(
  row: Row,
  options: { root: string; rounds?: number; size: Size; progress: (text: string) => void },
): Promise<RowResult> {
  const rounds = options.rounds ?? row.rounds;
  const dir = mkdtempSync(join(tmpdir(), `voltbay-bench-${row.name}-`));
  const removeDir = () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', removeDir);
  try {
    options.progress('preparing');
    const sides = await row.prepare({
      root: options.root,
      dir,
      size: options.size,
      progress: options.progress,
    });
    const ours: Sample[] = [];
    const peer: Sample[] = [];
    try {
      // The first pair warms caches, compilers and files, and is not counted.
      for (let i = 0; i <= rounds; i++) {
        options.progress(i === 0 ? 'warming up' : `round ${i} of ${rounds}`);
        const oursFirst = i % 2 === 0;
        const first = await bounded(oursFirst ? sides.ours : sides.peer, i);
        const second = await bounded(oursFirst ? sides.peer : sides.ours, i);
        ours.push(oursFirst ? first : second);
        peer.push(oursFirst ? second : first);
      }
    } finally {
      await sides.close();
    }
    const result = compare(row, ours, peer, sides.note ?? '');
    const broken = sides.fails?.(ours, peer) ?? null;
    return broken ? { ...result, ok: false, note: `${broken}. ${result.note}` } : result;
  } finally {
    process.removeListener('exit', removeDir);
    removeDir();
  }
}

/** A side that stands still is an error with a name, not a benchmark that never ends. */
async function bounded(side: Side, index: number): Promise<Sample> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_resolve, reject) => {
    const minutes = MAX_ROUND_MS / 60_000;
    const stuck = () => reject(new Error(`round ${index} of one side was not over after ${minutes} minutes`));
    timer = setTimeout(stuck, MAX_ROUND_MS);
  });
  try {
    return await Promise.race([side.round(index), tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

/** `ours` and `peer` begin with the round that is not counted; nothing may be lost in that one either. */
export function compare(
  row: Pick<Row, 'name' | 'unit' | 'target'>,
  ours: readonly Sample[],
  peer: readonly Sample[],
  note: string,
): RowResult {
  const counted = (samples: readonly Sample[]) => samples.slice(1);
  const ratios = counted(ours).map((sample, i) => sample.value / (peer[i + 1]?.value ?? Number.NaN));
  const ratio = median(ratios);
  const all = [...ours, ...peer];
  const lost = all.reduce((sum, sample) => sum + sample.lost, 0);
  const duplicated = all.reduce((sum, sample) => sum + sample.duplicated, 0);
  const reached = 'atLeast' in row.target ? ratio >= row.target.atLeast : ratio <= row.target.atMost;
  const middle = (samples: readonly Sample[], of: (sample: Sample) => number | null) => {
    const values = counted(samples)
      .map(of)
      .filter((value) => value !== null);
    return values.length > 0 ? round(median(values)) : null;
  };
  return {
    name: row.name,
    ours: middle(ours, ({ value }) => value) ?? Number.NaN,
    peer: middle(peer, ({ value }) => value) ?? Number.NaN,
    unit: row.unit,
    ratio: round(ratio),
    target: 'atLeast' in row.target ? `≥ ${row.target.atLeast}` : `≤ ${row.target.atMost}`,
    ok: reached && lost === 0 && duplicated === 0,
    spread: round((Math.max(...ratios) - Math.min(...ratios)) / ratio),
    rounds: ratios.length,
    lost,
    duplicated,
    oursCpuUs: middle(ours, ({ cpuUsPerOperation }) => cpuUsPerOperation),
    peerCpuUs: middle(peer, ({ cpuUsPerOperation }) => cpuUsPerOperation),
    oursRssMiB: middle(ours, ({ rssMiB }) => rssMiB),
    peerRssMiB: middle(peer, ({ rssMiB }) => rssMiB),
    note,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

const round = (value: number): number =>
  Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 1000) / 1000;
