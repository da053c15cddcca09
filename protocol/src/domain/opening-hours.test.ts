import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isTimeZone,
  type OpeningSpan,
  openingState,
  parseOpeningHours,
  weekdayRuns,
  writeOpeningHours,
} from './opening-hours.js';

const ZONE = 'Asia/Shanghai';
const at = (local: string): number => Date.parse(`${local}+08:00`);
const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

describe('opening hours', () => {
  const shop = parseOpeningHours('Mo-Fr 07:00-22:00; Sa,Su 09:00-02:00')?.hours ?? null;

  // 23 November 2026 is a Monday.
  test.each([
    ['in the morning of a working day', '2026-11-23T07:00', true, '2026-11-23T22:00'],
    ['a minute before it opens', '2026-11-23T06:59', false, '2026-11-23T07:00'],
    ['at closing time', '2026-11-27T22:00', false, '2026-11-28T09:00'],
    ['after midnight, in the span of the day before', '2026-11-29T01:59', true, '2026-11-29T02:00'],
    ['after midnight of the last day of the week', '2026-11-30T01:00', true, '2026-11-30T02:00'],
  ])('%s', (_name, now, open, changes) => {
    expect(openingState(shop, ZONE, at(now))).toEqual({ open, changesAtMs: at(changes) });
  });

  test('without hours it is always open, with an empty list never', () => {
    expect(openingState(null, ZONE, 0)).toEqual({ open: true, changesAtMs: null });
    expect(openingState([], ZONE, 0)).toEqual({ open: false, changesAtMs: null });
  });

  test('spans that meet are one: it does not close between them', () => {
    const day = [
      { from: '08:00', to: '12:00' },
      { from: '12:00', to: '24:00' },
      { from: '00:00', to: '08:00' },
    ];
    expect(openingState(day, ZONE, at('2026-11-23T11:59'))).toEqual({ open: true, changesAtMs: null });
  });

  test('where clocks are put forward at night, it opens by the wall clock', () => {
    const state = openingState(
      [{ from: '08:00', to: '20:00' }],
      'Europe/Berlin',
      Date.parse('2026-03-28T21:00Z'),
    );
    expect(iso(state.changesAtMs)).toBe('2026-03-29T06:00:00.000Z');
  });

  test.each(['24/7', '', '  24/7 '])('%j is always', (text) => {
    expect(parseOpeningHours(text)).toEqual({ hours: null });
  });
  test.each(['7-22', 'Mo-Fr', 'Mo 25:00-26:00', 'Mo-Fr 07:00-22:00; closed', 'Mo 24:00-08:00'])(
    '%j is not taken',
    (text) => {
      expect(parseOpeningHours(text)).toBeNull();
    },
  );

  test('days are written as runs of the week, Monday first', () => {
    expect(weekdayRuns([0, 1, 2, 3, 5])).toEqual([
      [1, 3],
      [5, 5],
      [0, 0],
    ]);
    expect(writeOpeningHours(shop)).toBe('Mo-Fr 07:00-22:00; Sa-Su 09:00-02:00');
  });

  test('a time zone is known from a word', () => {
    expect(isTimeZone('Asia/Shanghai')).toBe(true);
    expect(isTimeZone('Mars/Olympus')).toBe(false);
  });

  const time = fc.integer({ min: 0, max: 1_439 }).map((minute) => {
    const two = (value: number): string => String(value).padStart(2, '0');
    return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
  });
  const spans: fc.Arbitrary<OpeningSpan[]> = fc.array(
    fc.record({
      weekdays: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }).map((days) => days.sort()),
      from: time,
      to: time,
    }),
    { minLength: 1, maxLength: 6 },
  );

  test('what is written is read back', () => {
    fc.assert(
      fc.property(spans, (hours) => {
        expect(parseOpeningHours(writeOpeningHours(hours))).toEqual({ hours });
      }),
      { numRuns: 60 },
    );
  });

  test('nothing changes before the change that is told, and it does change then', () => {
    fc.assert(
      fc.property(
        spans,
        fc.integer({ min: 0, max: 20_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (hours, minute, part) => {
          const nowMs = at('2026-11-23T00:00') + minute * 60_000 + 1_234;
          const { open, changesAtMs } = openingState(hours, ZONE, nowMs);
          if (changesAtMs === null) return;
          expect(changesAtMs).toBeGreaterThan(nowMs);
          const between = nowMs + Math.floor((changesAtMs - 1 - nowMs) * part);
          expect(openingState(hours, ZONE, between).open).toBe(open);
          expect(openingState(hours, ZONE, changesAtMs).open).toBe(!open);
        },
      ),
      { numRuns: 80 },
    );
  });
});
