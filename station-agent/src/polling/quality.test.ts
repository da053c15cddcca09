import { emptyReading, type PackReading } from '@voltbay/protocol';
import { describe, expect, it } from 'vitest';
import { judgeReading } from './quality.js';

const aReading = (changes: Partial<PackReading> = {}): PackReading => ({
  ...emptyReading(),
  voltageMv: 53_000,
  currentMa: 5_000,
  socPct: 60,
  remainingMah: 18_000,
  capacityMah: 30_000,
  cellMv: Array.from({ length: 16 }, () => 3_312),
  temperaturesDeciC: [250, 260],
  ...changes,
});

describe('the quality of a reading', () => {
  it('has nothing against a healthy pack, empty or hot', () => {
    expect(judgeReading(aReading(), 0, null)).toEqual([]);
    expect(judgeReading(aReading({ temperaturesDeciC: [720] }), 0, null)).toEqual([]);
  });

  it.each([
    ['no voltage', { voltageMv: undefined }],
    ['a voltage of nothing', { voltageMv: 0, cellMv: [] }],
    ['a charge above full', { socPct: 130 }],
    ['a cell of 9 V', { cellMv: [9_000], voltageMv: 9_000 }],
    ['a temperature of −273 °C', { temperaturesDeciC: [-2_731] }],
    ['a current of 2 000 A', { currentMa: 2_000_000 }],
  ])('calls %s implausible', (_name, changes) => {
    expect(judgeReading(aReading(changes), 0, null)).toContain('implausible');
  });

  it('calls a charge that jumps implausible, unless time has passed', () => {
    const previous = { monotonicMs: 0, reading: aReading({ socPct: 95 }) };
    expect(judgeReading(aReading(), 5_000, previous)).toEqual(['implausible']);
    expect(judgeReading(aReading(), 600_000, previous)).toEqual([]);
  });

  it('says when cells and pack, or charge and capacity, contradict each other', () => {
    expect(judgeReading(aReading({ voltageMv: 60_000 }), 0, null)).toEqual(['disagreeing']);
    expect(judgeReading(aReading({ remainingMah: 40_000 }), 0, null)).toEqual(['disagreeing']);
  });
});
