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
  const warmUps = row.warmUps ?? 1;
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
      // The first pairs warm caches, compilers and files, and are not counted.
      for (let i = 0; i < warmUps + rounds; i++) {
        const which =
          i < warmUps ? `warm-up ${i + 1} of ${warmUps}` : `round ${i - warmUps + 1} of ${rounds}`;
        options.progress(which);
        const oursFirst = i % 2 === 0;
        const first = await bounded(oursFirst ? sides.ours : sides.peer, i);
        const second = await bounded(oursFirst ? sides.peer : sides.ours, i);
        ours.push(oursFirst ? first : second);
        peer.push(oursFirst ? second : first);
        options.progress(`${which}: ${ours.at(-1)?.value.toFixed(1)} / ${peer.at(-1)?.value.toFixed(1)}`);
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

/** `ours` and `peer` begin with the rounds that are not counted; nothing may be lost in those either. */
export function compare(
  row: Pick<Row, 'name' | 'unit' | 'target' | 'warmUps'>,
  ours: readonly Sample[],
  peer: readonly Sample[],
  note: string,
): RowResult {
  const counted = (samples: readonly Sample[]) => samples.slice(row.warmUps ?? 1);
  const peerCounted = counted(peer);
  const ratios = counted(ours).map((sample, i) => sample.value / (peerCounted[i]?.value ?? Number.NaN));
  const ratio = median(ratios);
  const cpuRatios = counted(ours).flatMap(({ cpuUsPerOperation: own }, i) => {
    const others = peerCounted[i]?.cpuUsPerOperation ?? null;
    return own !== null && others ? [own / others] : [];
  });
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
    cpuRatio: cpuRatios.length > 0 ? round(median(cpuRatios)) : null,
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
