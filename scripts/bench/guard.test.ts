import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readArguments } from './arguments.js';
import { type Floors, floorsFile, tooNoisy, verdict } from './guard.js';
import type { Sample } from './row.js';
import { rows } from './rows.js';
import { compare } from './run-row.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sample = (value: number, lost = 0): Sample => ({
  value,
  cpuUsPerOperation: null,
  rssMiB: null,
  lost,
  duplicated: 0,
});
const result = (ratio: number, lost = 0) => ({ name: 'x', ratio, lost, duplicated: 0 });
const more = { target: { atLeast: 0.8 } };
const less = { target: { atMost: 2 } };

describe('the speed guard', () => {
  it('fails a row that is more than a quarter worse than its floor, whichever way is better', () => {
    expect(verdict(more, 0.8, result(0.61))).toBeNull();
    expect(verdict(more, 0.8, result(0.59))).toContain('≥ 0.6');
    expect(verdict(less, 2, result(2.49))).toBeNull();
    expect(verdict(less, 2, result(2.51))).toContain('≤ 2.5');
  });

  it('fails a row that lost a message however fast it is', () => {
    expect(verdict(more, 0.8, result(5, 1))).toContain('1 lost');
  });

  it('compares nothing where other programs have the processors', () => {
    expect(tooNoisy({ idle: 0.02, jitter: 0.1 })).toContain('2 %');
    expect(tooNoisy({ idle: 0.9, jitter: 3 })).toContain('4 times');
    expect(tooNoisy({ idle: 0.9, jitter: 0.1 })).toBeNull();
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
  });

  it('refuses rounds, names and sizes that mean nothing', () => {
    expect(readArguments(['--rounds', '0'])).toHaveProperty('problem');
    expect(readArguments(['nothing-such'])).toHaveProperty('problem');
    expect(readArguments(['--short', '--long'])).toHaveProperty('problem');
    expect(readArguments([])).toMatchObject({ size: 'normal', rows: rows.filter((row) => !row.onlyByName) });
  });
});
