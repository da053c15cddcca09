import { describe, expect, it } from 'vitest';
import { emptyReading, isCompleteReading, mergeReadings } from './reading.js';

describe('readings', () => {
  it('merge so that a later value wins and an empty array erases nothing', () => {
    const merged = mergeReadings([
      { ...emptyReading(), voltageMv: 1, cellMv: [1, 2], alarms: ['a'] },
      { ...emptyReading(), voltageMv: 2, socPct: undefined, temperaturesDeciC: [3], alarms: ['a', 'b'] },
      { ...emptyReading(), socPct: 50 },
    ]);
    expect(merged).toEqual({
      voltageMv: 2,
      socPct: 50,
      cellMv: [1, 2],
      temperaturesDeciC: [3],
      alarms: ['a', 'b'],
    });
  });

  it('do not share arrays with their parts', () => {
    const part = { ...emptyReading(), cellMv: [1] };
    const merged = mergeReadings([part]);
    merged.cellMv.push(2);
    expect(part.cellMv).toEqual([1]);
  });

  it('are complete with voltage, current and charge', () => {
    expect(isCompleteReading(emptyReading())).toBe(false);
    expect(isCompleteReading({ ...emptyReading(), voltageMv: 1, currentMa: 0, socPct: 0 })).toBe(true);
  });
});
