import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.js';
import { planCity } from './city-plan.js';

const MONDAY = Date.parse('2027-01-04T00:00:00+08:00');
const plan = (seed: number) =>
  planCity({
    stations: 12,
    riders: 200,
    days: 7,
    swapsPerDay: 1.2,
    fromMs: MONDAY,
    random: createRandom(seed),
  });
const localHour = (atMs: number) => new Date(atMs + 8 * 3_600_000).getUTCHours();

describe('plan of a city', () => {
  it('is the same for the same seed and another one for another', () => {
    expect(plan(1)).toEqual(plan(1));
    expect(plan(1).wishes).not.toEqual(plan(2).wishes);
  });

  it('has a rhythm: evenings are busy, nights are not, and weekends have less to do', () => {
    const { wishes } = plan(3);
    const within = (from: number, to: number) =>
      wishes.filter(({ atMs }) => localHour(atMs) >= from && localHour(atMs) < to).length;
    expect(within(17, 20)).toBeGreaterThan(within(2, 5) * 5);
    const ofDay = (day: number) =>
      wishes.filter(({ atMs }) => Math.floor((atMs - MONDAY) / 86_400_000) === day).length;
    expect(ofDay(5) + ofDay(6)).toBeLessThan(ofDay(0) + ofDay(1));
  });

  it('lists wishes by time, each with the nearest stations, and never a pack twice', () => {
    const { stations, riders, wishes } = plan(4);
    expect(wishes.map(({ atMs }) => atMs)).toEqual(wishes.map(({ atMs }) => atMs).sort((a, b) => a - b));
    expect(wishes.every(({ near }) => new Set(near).size === 4)).toBe(true);
    const serials = [...stations.flatMap(({ packs }) => packs), ...riders.map(({ pack }) => pack)].map(
      ({ serial }) => serial,
    );
    expect(new Set(serials).size).toBe(serials.length);
    expect(stations.every(({ slots, packs }) => packs.length < slots)).toBe(true);
  });
});
