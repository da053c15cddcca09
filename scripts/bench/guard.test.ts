import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readArguments } from './arguments.js';
import { type Floors, floorsFile, verdict } from './guard.js';
import type { Sample } from './row.js';
import { rows } from './rows.js';
import { compare } from './run-row.js';
import { foreignShare, machineTime } from './usage.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sample = (value: number, lost = 0): Sample => ({
  value,
  cpuUsPerOperation: null,
  rssMiB: null,
  lost,
  duplicated: 0,
});
const result = (ratio: number, cpuRatio: number | null = 1, lost = 0) => ({
  name: 'x',
  ratio,
  cpuRatio,
  lost,
  duplicated: 0,
});
const more = { target: { atLeast: 0.8 } };
const less = { target: { atMost: 2 } };
const quiet = 0.02;
const busy = 0.6;

describe('the speed guard', () => {
  it('fails a row that is more than a quarter worse than its floor, whichever way is better', () => {
    expect(verdict(more, { ratio: 0.8, cpuRatio: 1 }, result(0.61), quiet)).toBeNull();
    expect(verdict(more, { ratio: 0.8, cpuRatio: 1 }, result(0.59), quiet)).toContain('≥ 0.6');
    expect(verdict(less, { ratio: 2, cpuRatio: 1 }, result(2.49), quiet)).toBeNull();
    expect(verdict(less, { ratio: 2, cpuRatio: 1 }, result(2.51), quiet)).toContain('≤ 2.5');
  });

  it('compares processor time also beside other programs, and the clock only without them', () => {
    const floor = { ratio: 0.8, cpuRatio: 1 };
    expect(verdict(more, floor, result(0.3, 1.2), busy)).toBeNull();
    expect(verdict(more, floor, result(0.3, 1.2), quiet)).toContain('ratio 0.3');
    expect(verdict(more, floor, result(0.9, 1.26), quiet)).toContain('1.26 times');
    expect(verdict(more, floor, result(0.9, 1.26), busy)).toBeNull();
    expect(verdict(more, floor, result(0.9, 1.61), busy)).toContain('1.61 times');
    expect(verdict(more, floor, result(0.9, null), busy)).toContain('processor time');
  });

  it('fails a row that lost a message however fast it is', () => {
    expect(verdict(more, { ratio: 0.8, cpuRatio: 1 }, result(5, 0.1, 1), busy)).toContain('1 lost');
  });

  it('tells what others use of the machine from what its own programs use', () => {
    const before = { totalUs: 0, busyUs: 0, ownUs: 0 };
    expect(foreignShare(before, { totalUs: 1_000, busyUs: 900, ownUs: 800 })).toBeCloseTo(0.1);
    expect(foreignShare(before, { totalUs: 1_000, busyUs: 500, ownUs: 510 })).toBe(0);
    const now = machineTime();
    expect(now.ownUs).toBeGreaterThan(0);
    expect(now.busyUs).toBeGreaterThan(now.ownUs);
    expect(now.totalUs).toBeGreaterThanOrEqual(now.busyUs);
  });

  it('has floors for ingest, buffer and command alone, each of a row that exists', () => {
    const floors = JSON.parse(readFileSync(floorsFile(root), 'utf8')) as Floors;
    expect(Object.keys(floors.rows).sort()).toEqual(['buffer', 'command', 'ingest']);
    for (const name of Object.keys(floors.rows)) expect(rows.map((row) => row.name)).toContain(name);
  });
});

describe('the comparison of a row', () => {
  it('takes the median of the rounds’ ratios and leaves the first round out of it, but not what that one lost', () => {
    const row = { name: 'x', unit: '1/s', target: { atLeast: 0.5 } };
    const ours = [sample(1, 1), sample(10), sample(20), sample(90)];
    const peer = [sample(100), sample(20), sample(20), sample(100)];
    expect(compare(row, ours, peer, '')).toMatchObject({ ratio: 0.9, rounds: 3, lost: 1, ok: false });
    expect(compare({ ...row, warmUps: 3 }, ours, peer, '')).toMatchObject({ ratio: 0.9, rounds: 1, lost: 1 });
  });

  it('refuses rounds, names and sizes that mean nothing', () => {
    expect(readArguments(['--rounds', '0'])).toHaveProperty('problem');
    expect(readArguments(['nothing-such'])).toHaveProperty('problem');
    expect(readArguments(['--short', '--long'])).toHaveProperty('problem');
    expect(readArguments([])).toMatchObject({ size: 'normal', rows: rows.filter((row) => !row.onlyByName) });
  });
});
