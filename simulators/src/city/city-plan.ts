import type { LightPack } from '../fleet/light-cabinet.js';
import type { Random } from '../random.js';

/** A city before its first minute: where stations and riders are, and when who wants a full pack. */
export interface CityPlan {
  readonly stations: readonly PlannedStation[];
  readonly riders: readonly PlannedRider[];
  /** In order of time. */
  readonly wishes: readonly SwapWish[];
}

export interface PlannedStation {
  readonly device: string;
  readonly name: string;
  readonly lat: number;
  readonly lon: number;
  readonly slots: number;
  readonly packs: LightPack[];
}

export interface PlannedRider {
  readonly number: number;
  readonly pack: LightPack;
}

export interface SwapWish {
  readonly atMs: number;
  /** Index of the rider. */
  readonly rider: number;
  /** Indexes of stations, nearest first. */
  readonly near: readonly number[];
  /** What is left in the pack, percent. */
  readonly socPct: number;
}

export interface CityOptions {
  stations: number;
  riders: number;
  days: number;
  /** Swaps of one rider on a working day. */
  swapsPerDay: number;
  /** Start of the first day, milliseconds since 1970. */
  fromMs: number;
  random: Random;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Hours of a day in Beijing lie so much ahead of UTC. */
const ZONE_MS = 8 * HOUR_MS;
const CENTRE = { lat: 39.9042, lon: 116.4074 };
const NEAR = 4;
/** Share of a day's swaps by local hour: to work, lunch deliveries, home and dinner; hardly any at night. */
const WORKDAY = [1, 1, 0, 0, 0, 1, 3, 8, 10, 6, 5, 8, 9, 6, 4, 4, 5, 9, 12, 10, 7, 5, 3, 2];
const WEEKEND = [2, 1, 1, 0, 0, 0, 1, 2, 4, 6, 8, 10, 10, 8, 7, 6, 6, 7, 9, 9, 7, 6, 4, 3];
const WEEKEND_SHARE = 0.7;

/** Pure: the same options give the same city. */
export function planCity(options: CityOptions): CityPlan {
  const { random, days, fromMs } = options;
  const places = random.fork('places');
  const stations = Array.from({ length: options.stations }, (_, i): PlannedStation => {
    const slots = 8 + 2 * places.integer(0, 2);
    const device = `city-${String(i + 1).padStart(3, '0')}`;
    return {
      device,
      name: `City station ${i + 1}`,
      ...placeAround(places, 0.12),
      slots,
      packs: Array.from({ length: slots - 2 }, (_, n) => ({
        serial: `CP-${i + 1}-${n + 1}`,
        packClass: 'A',
        socPct: places.between(60, 100),
      })),
    };
  });
  const people = random.fork('people');
  const riders = Array.from(
    { length: options.riders },
    (_, i): PlannedRider => ({
      number: 10_000 + i,
      pack: { serial: `CR-${i + 1}`, packClass: 'A', socPct: people.between(10, 60) },
    }),
  );
  const wishes: SwapWish[] = [];
  for (let rider = 0; rider < riders.length; rider += 1) {
    const own = people.fork(`rider-${rider}`);
    const habits = [placeAround(own, 0.12), placeAround(own, 0.08)];
    for (let day = 0; day < days; day += 1) {
      const startMs = fromMs + day * DAY_MS;
      const weekday = new Date(startMs + ZONE_MS).getUTCDay();
      const weekend = weekday === 0 || weekday === 6;
      const mean = options.swapsPerDay * (weekend ? WEEKEND_SHARE : 1);
      const count = Math.floor(mean) + (own.next() < mean - Math.floor(mean) ? 1 : 0);
      for (let n = 0; n < count; n += 1) {
        const hour = drawHour(weekend ? WEEKEND : WORKDAY, own.next());
        const atMs = startMs + hour * HOUR_MS + own.between(0, HOUR_MS);
        const at = habits[own.integer(0, habits.length - 1)] ?? CENTRE;
        wishes.push({ atMs, rider, near: nearest(stations, at), socPct: own.between(4, 28) });
      }
    }
  }
  return { stations, riders, wishes: wishes.sort((a, b) => a.atMs - b.atMs) };
}

function placeAround(random: Random, spreadDegrees: number): { lat: number; lon: number } {
  // Two draws added: denser in the middle.
  const offset = () => (random.next() + random.next() - 1) * spreadDegrees;
  const round = (value: number) => Math.round(value * 1e6) / 1e6;
  return { lat: round(CENTRE.lat + offset()), lon: round(CENTRE.lon + offset()) };
}

function drawHour(weights: readonly number[], share: number): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let left = share * total;
  for (const [hour, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return hour;
  }
  return weights.length - 1;
}

function nearest(stations: readonly PlannedStation[], at: { lat: number; lon: number }): number[] {
  const distance = ({ lat, lon }: PlannedStation) => (lat - at.lat) ** 2 + (lon - at.lon) ** 2;
  return stations
    .map((station, index) => ({ index, far: distance(station) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, NEAR)
    .map(({ index }) => index);
}
