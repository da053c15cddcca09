import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDemandBook, expectedDemand } from './demand-profile.js';
import { localDates, periodStart, periodsBetween, shiftPeriod, weekCells } from './local-calendar.js';
import { rankStations } from './ranking.js';
import { activityOf, cohortsOf, createActivityBook } from './rider-activity.js';
import { type Figures, noFigures } from './rollup.js';
import { beyond, forecastShortage } from './shortage-forecast.js';
import { partsOf } from './spans.js';

const HOUR = 3_600_000;
const SHANGHAI = 'Asia/Shanghai';

describe('the local calendar', () => {
  it('knows weeks from Monday and months, also over the year', () => {
    expect(periodStart('week', '2026-11-22')).toBe('2026-11-16');
    expect(periodStart('week', '2026-11-16')).toBe('2026-11-16');
    expect(periodStart('month', '2026-11-22')).toBe('2026-11-01');
    expect(shiftPeriod('month', '2026-01-01', -1)).toBe('2025-12-01');
    expect(shiftPeriod('month', '2025-12-01', 13)).toBe('2027-01-01');
    expect(shiftPeriod('week', '2025-12-29', 1)).toBe('2026-01-05');
    expect(periodsBetween('month', '2025-11-01', '2026-02-01')).toBe(3);
    expect(periodsBetween('week', '2025-12-29', '2026-01-12')).toBe(2);
    expect(weekCells(SHANGHAI)('2026-11-22T16:30:00.000Z')).toBe(0);
    expect(weekCells(SHANGHAI)('2026-11-22T15:30:00.000Z')).toBe(167);
    expect(localDates(SHANGHAI)('2026-11-22T16:30:00.000Z')).toBe('2026-11-23');
  });
});

describe('a span of time', () => {
  const at = (text: string) => new Date(text).toISOString();
  it('is read by whole local days, and by hours at its ends', () => {
    const month = partsOf({ from: at('2026-10-20T05:00:00Z'), to: at('2026-11-20T07:30:00Z') }, SHANGHAI);
    expect(month).toEqual([
      { period: 'hour', from: at('2026-10-20T05:00:00Z'), to: at('2026-10-20T16:00:00Z') },
      { period: 'day', from: at('2026-10-20T16:00:00Z'), to: at('2026-11-19T16:00:00Z') },
      { period: 'hour', from: at('2026-11-19T16:00:00Z'), to: at('2026-11-20T07:30:00Z') },
    ]);
    const days = { from: at('2026-10-20T16:00:00Z'), to: at('2026-10-22T16:00:00Z') };
    expect(partsOf(days, SHANGHAI)).toEqual([{ period: 'day', ...days }]);
    const hours = { from: at('2026-10-20T17:00:00Z'), to: at('2026-10-21T17:00:00Z') };
    expect(partsOf(hours, SHANGHAI)).toEqual([{ period: 'hour', ...hours }]);
  });
});

describe('what riders are expected to want', () => {
  const day = '2026-11-22T16:00:00.000Z';
  const bucket = (hoursBefore: number) => new Date(Date.parse(day) - hoursBefore * HOUR).toISOString();

  it('follows the hour of the week, and the hour of the day while there is little', () => {
    const book = createDemandBook(day, SHANGHAI);
    // Four weeks, one hour each day with an order, ten of them on that weekday.
    for (let back = 1; back <= 28 * 24; back += 1) {
      const at = bucket(back);
      const cell = weekCells(SHANGHAI)(at);
      book.add({ stationId: 's', bucket: at, attempts: cell % 24 === 8 ? (cell === 8 ? 10 : 1) : 0 });
    }
    const [profile] = book.close('t');
    if (!profile) throw new Error('no profile');
    expect(profile.looked.every((count) => count === 4)).toBe(true);
    const meanOfHour = (4 * 10 + 6 * 4) / 28;
    expect(expectedDemand(profile, 8)).toBeCloseTo((40 + 2 * meanOfHour) / 6);
    expect(expectedDemand(profile, 24 + 8)).toBeCloseTo((4 + 2 * meanOfHour) / 6);
    expect(expectedDemand(profile, 9)).toBe(0);
  });

  it('a station that was put up yesterday was not idle before', () => {
    const book = createDemandBook(day, SHANGHAI);
    for (let back = 1; back <= 24; back += 1)
      book.add({ stationId: 'new', bucket: bucket(back), attempts: 2 });
    const [profile] = book.close('t');
    if (!profile) throw new Error('no profile');
    expect(profile.looked.reduce((sum, count) => sum + count, 0)).toBe(24);
    for (let cell = 0; cell < 168; cell += 1) expect(expectedDemand(profile, cell)).toBeCloseTo(2);
  });
});

describe('the forecast of shortages', () => {
  const nowMs = Date.parse('2026-11-22T08:00:00.000Z');
  const base = { nowMs, hours: 4, ready: 0, arrivalsMs: [], demandAt: () => 3, rechargeMs: 2 * HOUR };

  it('is certain without packs, and gone with more than anybody wants', () => {
    const none = forecastShortage(base);
    expect(none).toMatchObject({ demand: 12, shortage: 12, firstShortageAt: '2026-11-22T08:00:00.000Z' });
    const many = forecastShortage({ ...base, ready: 100 });
    expect(many).toMatchObject({ shortage: 0, riskPct: 0, firstShortageAt: null });
  });

  it('counts packs when they will be ready, and those brought back after they were charged', () => {
    const later = forecastShortage({ ...base, arrivalsMs: Array(12).fill(nowMs + 90 * 60_000) });
    expect(later.hours.map(({ ready }) => ready).slice(0, 2)).toEqual([0, 12]);
    const served = 12 - (later.hours[2]?.ready ?? 0);
    expect(served).toBeGreaterThan(2.9);
    // What was served in the second hour is back two hours after it.
    const third = (later.hours[2]?.ready ?? 0) - (3 - (later.hours[2]?.shortage ?? 0));
    expect(later.hours[3]?.ready).toBeCloseTo(third + served, 1);
    const late = forecastShortage({ ...base, nowMs: nowMs + HOUR / 2, hours: 1 });
    expect(late.demand).toBe(1.5);
  });

  it('agrees with a Poisson distribution summed up, and never promises more than there is', () => {
    expect(beyond(2, 0).chance).toBeCloseTo(1 - Math.exp(-2));
    expect(beyond(2, 0).expected).toBeCloseTo(2);
    expect(beyond(1_000, 0).expected).toBeCloseTo(1_000);
    fc.assert(
      fc.property(
        fc.record({
          ready: fc.integer({ min: 0, max: 40 }),
          demand: fc.double({ min: 0, max: 60, noNaN: true }),
          arrivals: fc.array(fc.integer({ min: 0, max: 6 * HOUR }), { maxLength: 20 }),
          rechargeMs: fc.integer({ min: 0, max: 8 * HOUR }),
        }),
        ({ ready, demand, arrivals, rechargeMs }) => {
          const input = { nowMs, hours: 6, ready, demandAt: () => demand, rechargeMs };
          const forecast = forecastShortage({ ...input, arrivalsMs: arrivals.map((ms) => nowMs + ms) });
          for (const hour of forecast.hours) {
            expect(hour.shortage).toBeGreaterThanOrEqual(0);
            expect(hour.shortage).toBeLessThanOrEqual(hour.demand + 0.01);
            expect(hour.ready).toBeGreaterThanOrEqual(0);
            expect(hour.riskPct).toBeGreaterThanOrEqual(0);
            expect(hour.riskPct).toBeLessThanOrEqual(100);
          }
          const more = forecastShortage({ ...input, ready: ready + 5, arrivalsMs: [] });
          const fewer = forecastShortage({ ...input, arrivalsMs: [] });
          expect(more.hours[0]?.shortage ?? 0).toBeLessThanOrEqual((fewer.hours[0]?.shortage ?? 0) + 0.01);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the ranking of stations', () => {
  const figures = (patch: Partial<Figures>): Figures => ({ ...noFigures(), ...patch });
  const now = new Map([
    ['a', figures({ swaps: 5, attempts: 10 })],
    ['b', figures({ swaps: 9, attempts: 9 })],
    ['c', figures({ swaps: 5, attempts: 5 })],
  ]);
  const previous = new Map([
    ['a', figures({ swaps: 8 })],
    ['b', figures({ swaps: 2 })],
  ]);
  const rank = (by: 'swaps' | 'successPct', order: 'asc' | 'desc') =>
    rankStations({ stationIds: ['a', 'b', 'c', 'd'], now, previous, by, order }).map((row) => [
      row.stationId,
      row.rank,
      row.value,
      row.previousRank,
    ]);

  it('shares places, says where a station stood before, and puts the unknown last either way', () => {
    expect(rank('swaps', 'desc')).toEqual([
      ['b', 1, 9, 2],
      ['a', 2, 5, 1],
      ['c', 2, 5, null],
      ['d', 4, 0, null],
    ]);
    expect(rank('successPct', 'desc').map(([id]) => id)).toEqual(['b', 'c', 'a', 'd']);
    expect(rank('successPct', 'asc').map(([id]) => id)).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('cohorts of days', () => {
  it('count each rider once a period, under the period in which the rider came', () => {
    const book = createActivityBook(SHANGHAI);
    const swap = (userId: string, completedAt: string) =>
      book.completed({ userId, state: 'completed', completedAt });
    swap('u1', '2026-09-30T15:00:00.000Z');
    // The same evening, but the first of October in Shanghai.
    swap('u2', '2026-09-30T17:00:00.000Z');
    swap('u1', '2026-10-05T00:00:00.000Z');
    swap('u1', '2026-10-05T01:00:00.000Z');
    book.completed({ userId: 'u3', state: 'refused', completedAt: '2026-10-05T01:00:00.000Z' });
    book.charged({ userId: 'u2', createdAt: '2026-11-02T00:00:00.000Z', amountFen: 600 });
    const months = cohortsOf(activityOf('t', book.days).filter(({ period }) => period === 'month'));
    expect(
      months.map(({ cohort, bucket, riders, swaps, spentFen }) => [cohort, bucket, riders, swaps, spentFen]),
    ).toEqual([
      ['2026-09-01', '2026-09-01', 1, 1, 0],
      ['2026-10-01', '2026-10-01', 1, 1, 0],
      ['2026-09-01', '2026-10-01', 1, 2, 0],
      ['2026-10-01', '2026-11-01', 1, 0, 600],
    ]);
  });
});
