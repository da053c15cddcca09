/** An hour of a station's future. Counts are expected values, so they have fractions. */
export type ForecastHour = {
  /** Start of the hour, ISO 8601; the first one has begun already. */
  at: string;
  /** Orders that are expected. */
  demand: number;
  /** Packs that can leave in it. */
  ready: number;
  /** Orders for which no pack is ready. */
  shortage: number;
  /** How likely at least one order finds none, 0–100. */
  riskPct: number;
};
export type Forecast = {
  hours: ForecastHour[];
  demand: number;
  shortage: number;
  /** Of the worst hour. */
  riskPct: number;
  /** First hour in which a shortage is likelier than not. */
  firstShortageAt: string | null;
};

const HOUR_MS = 3_600_000;
const LIKELY_PCT = 50;

/**
 * How many riders will find no ready pack, hour by hour. Orders come as a Poisson process; what is served leaves, the pack that was
 * brought back is ready again `rechargeMs` later. Pure.
 */
export function forecastShortage(input: {
  nowMs: number;
  hours: number;
  ready: number;
  /** When the packs that are being charged will be ready, ms. */
  arrivalsMs: readonly number[];
  /** Orders an hour, expected in the whole hour that begins at `hourMs`. */
  demandAt(hourMs: number): number;
  rechargeMs: number;
}): Forecast {
  const firstMs = Math.floor(input.nowMs / HOUR_MS) * HOUR_MS;
  const indexOf = (ms: number) => Math.max(0, Math.floor((ms - firstMs) / HOUR_MS));
  const arriving = Array.from({ length: input.hours }, () => 0);
  const arrive = (index: number, count: number) => {
    if (index < input.hours) arriving[index] = (arriving[index] ?? 0) + count;
  };
  for (const atMs of input.arrivalsMs) arrive(indexOf(atMs), 1);
  const recharge = Math.max(1, Math.round(input.rechargeMs / HOUR_MS));
  let stock = input.ready;
  const hours = arriving.map((_, index): ForecastHour => {
    const hourMs = firstMs + index * HOUR_MS;
    const left = index === 0 ? 1 - (input.nowMs - firstMs) / HOUR_MS : 1;
    const demand = input.demandAt(hourMs) * left;
    const ready = stock + (arriving[index] ?? 0);
    const short = beyond(demand, Math.floor(ready));
    const served = Math.min(demand - short.expected, ready);
    stock = ready - served;
    arrive(index + recharge, served);
    return {
      at: new Date(hourMs).toISOString(),
      demand: round(demand),
      ready: round(ready),
      shortage: round(short.expected),
      riskPct: round(short.chance * 100),
    };
  });
  const sum = (of: 'demand' | 'shortage') => round(hours.reduce((total, hour) => total + hour[of], 0));
  return {
    hours,
    demand: sum('demand'),
    shortage: sum('shortage'),
    riskPct: Math.max(0, ...hours.map(({ riskPct }) => riskPct)),
    firstShortageAt: hours.find(({ riskPct }) => riskPct >= LIKELY_PCT)?.at ?? null,
  };
}

/** Of a Poisson distribution with mean `mean`: the chance of more than `limit`, and by how many it is exceeded on average. */
export function beyond(mean: number, limit: number): { chance: number; expected: number } {
  if (mean <= 0) return { chance: 0, expected: 0 };
  let [within, served] = [0, 0];
  for (let count = 0; count <= limit; count += 1) {
    // By logarithms: e^-mean of a large mean is zero.
    const share = Math.exp(count * Math.log(mean) - mean - logFactorial(count));
    within += share;
    served += share * count;
  }
  const chance = Math.min(1, Math.max(0, 1 - within));
  return { chance, expected: Math.max(0, mean - served - chance * limit) };
}

function logFactorial(count: number): number {
  let sum = 0;
  for (let factor = 2; factor <= count; factor += 1) sum += Math.log(factor);
  return sum;
}

const round = (value: number): number => Math.round(value * 100) / 100;
