import { describe, expect, it } from 'vitest';
import type { SlotReading } from '../hardware/ports.js';
import { createPackWatch } from './pack-watch.js';

function watching() {
  const standing = new Set<string>();
  const alarms = {
    raise: (code: string) => void standing.add(code),
    clear: (code: string) => void standing.delete(code),
    note: () => {},
    active: () => [],
    flush: () => {},
  };
  const watch = createPackWatch({ limits: { imbalanceMv: 200, heatingDeciCPerMin: 30 }, alarms });
  const read = (over: Partial<SlotReading['reading']>, monotonicMs = 0): string[] => {
    const reading = { cellMv: [], temperaturesDeciC: [], alarms: [], currentMa: 0, socPct: 50, ...over };
    watch.watch({ slot: 1, atMs: 0, monotonicMs, source: 'x', transport: 'serial', reading, quality: [] });
    return [...standing];
  };
  return { watch, read };
}

describe('the watch over packs', () => {
  it('names cells that have drifted apart, once, and clears only when they are clearly closer again', () => {
    const { read } = watching();
    expect(read({ cellMv: [3_300, 3_490] })).toEqual([]);
    expect(read({ cellMv: [3_300, 3_501] })).toEqual(['pack-imbalance']);
    expect(read({ cellMv: [3_300, 3_480] })).toEqual(['pack-imbalance']);
    expect(read({ cellMv: [3_300, 3_440] })).toEqual([]);
  });

  it('takes no drift under load or near full for a fault', () => {
    const { read } = watching();
    expect(read({ cellMv: [3_000, 3_400], currentMa: 20_000 })).toEqual([]);
    expect(read({ cellMv: [3_300, 3_600], socPct: 98 })).toEqual([]);
  });

  it('stops a pack that warms too fast until it has cooled down or left', () => {
    const { read, watch } = watching();
    for (let second = 0; second <= 60; second += 10)
      read({ temperaturesDeciC: [250 + second / 10] }, second * 1_000);
    expect(watch.isHeating(1)).toBe(false);
    for (let second = 70; second <= 200; second += 10)
      read({ temperaturesDeciC: [256 + (second - 60)] }, second * 1_000);
    expect(watch.isHeating(1)).toBe(true);
    expect(read({ temperaturesDeciC: [390] }, 210_000)).toEqual(['pack-heating']);
    expect(read({ temperaturesDeciC: [300] }, 600_000)).toEqual([]);
    expect(watch.isHeating(1)).toBe(false);
  });
});
