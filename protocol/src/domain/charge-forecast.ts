/**
 * When a pack on a charger will be good enough to leave: the charge curve of a lithium pack (constant current, then constant voltage),
 * shared by the station's charge planner and the hub's "ready by". Pure.
 *
 * Above a knee the charger holds the voltage and the current falls in proportion to the charge that is still missing, down to a tail
 * current at which chargers stop. The faster a pack is charged, the earlier its knee: the voltage over its inner resistance is larger.
 */

export type ChargeForecastInput = {
  /** State of charge now, 0–100. */
  socPct: number;
  /** State of charge that is wanted, 0–100. */
  targetSocPct: number;
  /** Charge of the full pack today, mAh. */
  capacityMah: number;
  /** What the charger may give, mA. */
  chargeLimitMa: number;
  /** What flows into the pack now, mA, positive = charging. A pack that takes less than it could is expected to go on so. */
  currentMa?: number | undefined;
  /** Coldest and warmest cell, 0.1 °C. Absent = neither slows it down. */
  minDeciC?: number | undefined;
  maxDeciC?: number | undefined;
};

/** Charge that is kept of the charge that went in. */
const CHARGE_EFFICIENCY = 0.99;
/** The knee lies this much below full, % of the capacity, and as much lower again for each 1C of current. */
const KNEE_BELOW_FULL_PCT = 2;
const KNEE_PER_C_PCT = 10;
/** The current does not fall below this many times the capacity. */
const TAIL_C = 0.03;
/** A measured current counts for no less than this share of the expected one: a charger that only just started is not for ever slow. */
const SLOWEST_SHARE = 0.2;
/** Lithium cells take no charge below freezing, and little up to 10 °C. */
const COLD_DECI_C = { none: 0, full: 100, least: 0.2 };
/** From 45 °C charging is slowed down, at 55 °C it is stopped. */
const HOT_DECI_C = { full: 450, none: 550 };

/**
 * Minutes until `targetSocPct`, rounded up; 0 when it is there already; `null` when it does not get there: no charge flows, the pack is
 * too cold or too hot, or a value makes no sense.
 */
export function forecastReady(input: ChargeForecastInput): number | null {
  const { socPct, targetSocPct, capacityMah } = input;
  if (!inPercent(socPct) || !inPercent(targetSocPct)) return null;
  if (socPct >= targetSocPct) return 0;
  const curve = chargeCurve(input);
  if (curve === null) return null;
  const missing = (soc: number) => ((100 - soc) / 100) * capacityMah;
  const hours = curve.hoursBetween(missing(socPct), missing(targetSocPct));
  return Math.ceil(hours * 60);
}

/** State of charge after `minutes` on the charger, 0–100; unchanged when nothing flows. The inverse of {@link forecastReady}. */
export function socAfterCharging(input: Omit<ChargeForecastInput, 'targetSocPct'>, minutes: number): number {
  const { socPct } = input;
  if (forecastReady({ ...input, targetSocPct: 100 }) === null || !(minutes > 0)) return socPct;
  let [low, high] = [socPct, 100];
  const curve = chargeCurve(input);
  const missing = (soc: number) => ((100 - soc) / 100) * input.capacityMah;
  for (let step = 0; step < 40 && curve; step += 1) {
    const middle = (low + high) / 2;
    if (curve.hoursBetween(missing(socPct), missing(middle)) * 60 <= minutes) low = middle;
    else high = middle;
  }
  return low;
}

type Curve = {
  /** Hours that it takes until only `toMah` are missing of `fromMah`. */
  hoursBetween(fromMah: number, toMah: number): number;
};

function chargeCurve(input: Omit<ChargeForecastInput, 'targetSocPct'>): Curve | null {
  const { capacityMah, chargeLimitMa } = input;
  if (!(capacityMah > 0) || !Number.isFinite(capacityMah)) return null;
  if (!(chargeLimitMa > 0) || !Number.isFinite(chargeLimitMa)) return null;
  const limitMa = chargeLimitMa * temperatureShare(input.minDeciC, input.maxDeciC);
  if (!(limitMa > 0)) return null;
  const kneePct = Math.min(100, KNEE_BELOW_FULL_PCT + KNEE_PER_C_PCT * (limitMa / capacityMah));
  const kneeMah = (kneePct / 100) * capacityMah;
  const tailMa = Math.min(limitMa, TAIL_C * capacityMah);
  /** Charge still missing where the falling current reaches the tail. */
  const tailMah = (kneeMah * tailMa) / limitMa;
  const expectedMa = (missingMah: number) =>
    Math.min(limitMa, Math.max(tailMa, (limitMa * missingMah) / kneeMah));

  const nowMa = expectedMa(((100 - input.socPct) / 100) * capacityMah);
  const measured = input.currentMa ?? 0;
  const share = measured > 0 ? Math.min(1, Math.max(SLOWEST_SHARE, measured / nowMa)) : 1;
  return {
    hoursBetween(fromMah, toMah) {
      const constant = Math.max(0, fromMah - Math.max(toMah, kneeMah)) / limitMa;
      const [fallFrom, fallTo] = [Math.min(fromMah, kneeMah), Math.max(toMah, tailMah)];
      const falling = fallFrom > fallTo ? (kneeMah / limitMa) * Math.log(fallFrom / fallTo) : 0;
      const tail = Math.max(0, Math.min(fromMah, tailMah) - toMah) / tailMa;
      return (constant + falling + tail) / (share * CHARGE_EFFICIENCY);
    },
  };
}

/** Share of the allowed current that a pack takes at these temperatures, 0–1. */
function temperatureShare(minDeciC: number | undefined, maxDeciC: number | undefined): number {
  return Math.min(coldShare(minDeciC ?? maxDeciC), hotShare(maxDeciC ?? minDeciC));
}

function coldShare(deciC: number | undefined): number {
  if (deciC === undefined || deciC >= COLD_DECI_C.full) return 1;
  if (deciC < COLD_DECI_C.none) return 0;
  return COLD_DECI_C.least + (1 - COLD_DECI_C.least) * (deciC / COLD_DECI_C.full);
}

function hotShare(deciC: number | undefined): number {
  if (deciC === undefined || deciC <= HOT_DECI_C.full) return 1;
  if (deciC >= HOT_DECI_C.none) return 0;
  return (HOT_DECI_C.none - deciC) / (HOT_DECI_C.none - HOT_DECI_C.full);
}

const inPercent = (value: number): boolean => value >= 0 && value <= 100;
