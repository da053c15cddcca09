import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quietForMs } from './quiet-hours.js';

const at = (text: string) => Date.parse(text);
const night = { from: '22:00', to: '07:30', timeZone: 'Asia/Shanghai' };

describe('quiet hours', () => {
  it.each([
    // 21:59 in Shanghai
    ['2026-11-22T13:59:00.000Z', 0],
    // 22:00
    ['2026-11-22T14:00:00.000Z', 9.5 * 3_600_000],
    // 00:30, past midnight
    ['2026-11-22T16:30:00.000Z', 7 * 3_600_000],
    // 07:29:30
    ['2026-11-22T23:29:30.000Z', 30_000],
    // 07:30
    ['2026-11-22T23:30:00.000Z', 0],
  ])('at %s it is quiet for %d ms more', (now, ms) => expect(quietForMs(at(now), night)).toBe(ms));

  it('a span within the day, an empty one and none', () => {
    const noon = { from: '12:00', to: '14:00', timeZone: 'UTC' };
    expect(quietForMs(at('2026-11-22T13:00:00.000Z'), noon)).toBe(3_600_000);
    expect(quietForMs(at('2026-11-22T14:00:00.000Z'), noon)).toBe(0);
    expect(quietForMs(at('2026-11-22T14:00:00.000Z'), { ...noon, to: '12:00' })).toBe(0);
    expect(quietForMs(at('2026-11-22T14:00:00.000Z'), null)).toBe(0);
  });

  it('is over when the time it named has come, in zones that keep their clocks', () => {
    const hhmm = fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`);
    fc.assert(
      fc.property(
        hhmm,
        hhmm,
        fc.constantFrom('UTC', 'Asia/Shanghai', 'Asia/Kolkata'),
        fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }),
        (from, to, timeZone, now) => {
          const wait = quietForMs(now, { from, to, timeZone });
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(86_400_000);
          expect(quietForMs(now + wait, { from, to, timeZone })).toBe(0);
        },
      ),
    );
  });
});
