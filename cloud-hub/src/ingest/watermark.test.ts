import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWatermark } from './watermark.js';

describe('watermark', () => {
  it('agrees with a plain set for any order of single numbers and ranges', () => {
    const step = fc.tuple(fc.nat(60), fc.nat(6));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const watermark = createWatermark();
        const stored = new Set<number>();
        for (const [from, length] of steps) {
          watermark.addRange(from, from + length);
          for (let seq = from; seq <= from + length; seq++) stored.add(seq);
          let upTo = -1;
          while (stored.has(upTo + 1)) upTo++;
          expect(watermark.upTo).toBe(upTo);
          for (let seq = 0; seq < 70; seq++) expect(watermark.has(seq)).toBe(stored.has(seq));
          expect(watermark.gapped).toBe([...stored].some((seq) => seq > upTo));
        }
      }),
    );
  });

  it('names the first gap', () => {
    const watermark = createWatermark(4);
    watermark.add(9);
    expect(watermark.firstGap()).toEqual({ from: 5, to: 8 });
  });

  it('forgets the furthest ranges rather than growing, and never claims what it does not know', () => {
    const watermark = createWatermark(-1, 10);
    for (let seq = 1; seq < 200; seq += 2) watermark.add(seq);
    expect(watermark.has(1)).toBe(true);
    expect(watermark.has(2)).toBe(false);
    expect(watermark.has(199)).toBe(false);
  });
});
