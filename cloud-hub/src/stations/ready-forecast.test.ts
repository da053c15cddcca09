import { describe, expect, it } from 'vitest';
import { packForecasts, readyByTime } from './ready-forecast.js';

const NOW = Date.parse('2026-11-22T08:00:00.000Z');
const charging = (slot: number, socPct: number, more: object = {}) => ({
  slot,
  use: 'charging' as const,
  packClass: 'A',
  updatedAt: '2026-11-22T08:00:00.000Z',
  reading: { socPct, capacityMah: 40_000, currentMa: 10_000, ...more },
});

describe('packForecasts', () => {
  it('comes soonest first, in whole minutes, and not before now', () => {
    const forecasts = packForecasts([charging(1, 20), charging(2, 70), charging(3, 79.99)], NOW);
    expect(forecasts.map(({ slot }) => slot)).toEqual([3, 2, 1]);
    for (const { atMs } of forecasts) {
      expect(atMs % 60_000).toBe(0);
      expect(atMs).toBeGreaterThan(NOW);
    }
    // 10 % of 40 Ah at 10 A, 99 % kept: 24.2 minutes, said as 25.
    expect(forecasts[1]?.atMs).toBe(NOW + 25 * 60_000);
  });

  it('counts from when the reading was taken, for the pack has been charging since', () => {
    const [fresh] = packForecasts([charging(1, 20)], NOW);
    const [old] = packForecasts([{ ...charging(1, 20), updatedAt: '2026-11-22T07:50:00.000Z' }], NOW);
    expect((fresh?.atMs ?? 0) - (old?.atMs ?? 0)).toBe(600_000);
  });

  it.each([
    ['is not charged', { ...charging(1, 20), use: 'faulty' as const }],
    ['is switched off', { ...charging(1, 20), enabled: false }],
    ['raises an alarm', charging(1, 20, { alarms: ['cell_fault'] })],
    ['is not read well', charging(1, 20, { quality: ['stale'] })],
    ['has no known capacity', charging(1, 20, { capacityMah: undefined })],
    ['is frozen', charging(1, 20, { temperaturesDeciC: [-10, 20] })],
    ['is not read at all', { slot: 1, use: 'charging' as const, reading: null }],
  ])('says nothing of a pack that %s', (_why, slot) => {
    expect(packForecasts([slot], NOW)).toEqual([]);
  });
});

describe('readyByTime', () => {
  const at = (minutes: number, packClass = 'A') => ({ packClass, atMs: NOW + minutes * 60_000 });
  it('adds up from what is ready now, by class, one entry a moment', () => {
    expect(readyByTime({ A: 1 }, [at(5), at(5, 'B'), at(9)])).toEqual([
      { at: '2026-11-22T08:05:00.000Z', count: 3, ready: { A: 2, B: 1 } },
      { at: '2026-11-22T08:09:00.000Z', count: 4, ready: { A: 3, B: 1 } },
    ]);
  });
  it('leaves out what is promised to somebody', () => {
    expect(readyByTime({}, [at(5), at(9)], { A: 1 })).toEqual([
      { at: '2026-11-22T08:09:00.000Z', count: 1, ready: { A: 1 } },
    ]);
    expect(readyByTime({}, [at(5)], { A: 2 })).toEqual([]);
  });
});
