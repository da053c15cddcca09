import type { Chance } from './chance.js';
import { HOUR_WEIGHTS, WEEKDAY_WEIGHTS } from './city-map.js';

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** Asia/Shanghai has had no other offset since 1991. */
const ZONE_MS = 8 * HOUR_MS;
const MOST_WEIGHT = Math.max(...HOUR_WEIGHTS);
/** Weekday (0 = Sunday) and minute of the city's day. */
export function localTimeOf(atMs: number): { weekday: number; minute: number } {
  const local = new Date(atMs + ZONE_MS);
  return { weekday: local.getUTCDay(), minute: local.getUTCHours() * 60 + local.getUTCMinutes() };
}
/** Nothing begins later than this before the end, so that what began is over. */
const TAIL_MS = 10 * 60_000;

/** How many swaps each day has: the city grows by half, weekends differ. Adds up to `orders`. */
export function ordersByDay(orders: number, days: number, fromMs: number): number[] {
  const weights = Array.from({ length: days }, (_, day) => {
    const weekday = new Date(fromMs + day * DAY_MS + ZONE_MS).getUTCDay();
    return (1 + (0.5 * day) / days) * (WEEKDAY_WEIGHTS[(weekday + 6) % 7] ?? 1);
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  let carried = 0;
  let given = 0;
  return weights.map((weight, day) => {
    carried += (orders * weight) / sum;
    const count = day === days - 1 ? orders - given : Math.round(carried) - given;
    given += count;
    return count;
  });
}

/** Times of a day's swaps, in order; noon and evening are busy, the night is not. */
export function timesOfDay(count: number, dayMs: number, untilMs: number, chance: Chance): number[] {
  const lastMs = Math.min(dayMs + DAY_MS, untilMs - TAIL_MS);
  const times = Array.from({ length: count }, () => {
    for (;;) {
      const atMs = Math.floor(chance.between(dayMs, lastMs));
      const hour = new Date(atMs + ZONE_MS).getUTCHours();
      if (chance.hits((HOUR_WEIGHTS[hour] ?? 1) / MOST_WEIGHT)) return atMs;
    }
  });
  return times.sort((a, b) => a - b);
}

export type Outage = { fromMs: number; toMs: number };
/** When each station was out of reach: seldom, for minutes or some hours. */
export function outagesOf(stations: number, fromMs: number, days: number, chance: Chance): Outage[][] {
  return Array.from({ length: stations }, () => {
    const outages: Outage[] = [];
    for (let day = 0; day < days - 1; day += 1)
      if (chance.hits(0.09)) {
        const startMs = fromMs + day * DAY_MS + chance.int(0, DAY_MS - 1);
        outages.push({
          fromMs: startMs,
          toMs: startMs + Math.round(60_000 * (4 + chance.next() ** 3 * 200)),
        });
      }
    return outages;
  });
}

export const isOut = (outages: readonly Outage[], atMs: number): boolean =>
  outages.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
