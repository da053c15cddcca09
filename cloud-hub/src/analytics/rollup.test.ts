import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addFigures,
  dayOf,
  type Figures,
  METRICS,
  netFen,
  noFigures,
  rollUpDay,
  rollUpHour,
} from './rollup.js';
import { figuresOfDay, hoursOf, rollUpStationDays } from './station-days.js';

const figuresOnly = (row: Readonly<Figures>) => Object.fromEntries(METRICS.map((name) => [name, row[name]]));
const HOUR = '2026-11-22T08:00:00.000Z';
const where = {
  stationId: fc.constantFrom('1231', '1232'),
  plan: fc.constantFrom('per-swap@1', 'per-swap@2'),
};
const facts = fc.record({
  made: fc.array(
    fc.record({
      ...where,
      state: fc.constantFrom('completed', 'refused', 'failed', 'unknown', 'dispatched'),
      reason: fc.constantFrom(null, 'NO_PACK_READY', 'DOOR_JAM'),
      waitMs: fc.option(fc.nat(20_000)),
    }),
  ),
  completed: fc.array(fc.record({ ...where, swapMs: fc.nat(600_000) })),
  charges: fc.array(fc.record(where)),
  money: fc.array(
    fc.record({
      ...where,
      metric: fc.constantFrom('revenueFen', 'refundsFen', 'planFen', 'planRefundsFen', 'forfeitFen'),
      amountFen: fc.nat(10_000),
    }),
  ),
  availability: fc.array(
    fc.record({ stationId: where.stationId, onlineMinutes: fc.nat(60), knownMinutes: fc.nat(60) }),
    { maxLength: 1 },
  ),
});

describe('roll-ups', () => {
  it('lose no fen and no order, whatever the order of the facts', () => {
    fc.assert(
      fc.property(facts, (hour) => {
        const rows = rollUpHour('t', HOUR, hour);
        const total = rows.reduce(addFigures, noFigures());
        expect(total.attempts).toBe(hour.made.length);
        expect(total.swaps).toBe(hour.completed.length);
        expect(total.charges).toBe(hour.charges.length);
        const sign = { revenueFen: 1, refundsFen: -1, planFen: 1, planRefundsFen: -1, forfeitFen: 1 };
        expect(netFen(total)).toBe(
          hour.money.reduce((sum, { metric, amountFen }) => sum + sign[metric] * amountFen, 0),
        );
        const mirrored = rollUpHour('t', HOUR, {
          made: hour.made.toReversed(),
          completed: hour.completed.toReversed(),
          charges: hour.charges.toReversed(),
          money: hour.money.toReversed(),
          availability: hour.availability,
        });
        const byId = (all: typeof rows) => Object.fromEntries(all.map((row) => [row._id, row]));
        expect(byId(mirrored)).toEqual(byId(rows));
        const day = rollUpDay('t', '2026-11-21T16:00:00.000Z', [...rows, ...rows]);
        const ofDay = day.reduce(addFigures, noFigures());
        for (const name of METRICS) expect(ofDay[name]).toBe(2 * total[name]);
      }),
    );
  });

  it('of a day of a station are those of its hours, and the tenant as a whole is the sum of its stations', () => {
    const DAY = '2026-11-21T16:00:00.000Z';
    const hourAt = (index: number) => new Date(Date.parse(DAY) + index * 3_600_000).toISOString();
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.nat(23), facts), { selector: ([index]) => index, maxLength: 6 }),
        fc.nat(24),
        fc.nat(24),
        (hours, first, last) => {
          const rows = hours.flatMap(([index, hour]) => rollUpHour('t', hourAt(index), hour));
          const days = rollUpStationDays('t', DAY, rows);
          const span = { from: hourAt(first), to: hourAt(last) };
          for (const day of days) {
            const own = rows.filter(({ stationId }) => day.stationId === '*' || stationId === day.stationId);
            const inSpan = own.filter(({ bucket }) => bucket >= span.from && bucket < span.to);
            const read = hoursOf(day, span);
            expect(read.map(({ hour }) => hour)).toEqual(
              [...new Set(inSpan.map((row) => row.bucket))].sort(),
            );
            const sum = (all: readonly Readonly<Figures>[]) => all.reduce(addFigures, noFigures());
            expect(sum(read.map(({ figures }) => figures))).toEqual(figuresOnly(sum(inSpan)));
            expect(figuresOfDay(day)).toEqual(figuresOnly(sum(own)));
          }
          expect(days.length > 0).toBe(rows.length > 0);
        },
      ),
    );
  });

  it.each([
    ['2026-11-22T15:59:59.999Z', 'Asia/Shanghai', '2026-11-21T16:00:00.000Z', '2026-11-22T16:00:00.000Z'],
    ['2026-11-22T16:00:00.000Z', 'Asia/Shanghai', '2026-11-22T16:00:00.000Z', '2026-11-23T16:00:00.000Z'],
    // 23 and 25 hours on the days when clocks change.
    ['2026-03-29T10:00:00.000Z', 'Europe/Berlin', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['2026-10-25T10:00:00.000Z', 'Europe/Berlin', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
  ])('the local day of %s in %s', (at, zone, from, to) => expect(dayOf(at, zone)).toEqual({ from, to }));
});
