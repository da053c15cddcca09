import { forecastReady, socAfterCharging } from '@voltbay/protocol';

/** One pack that may be charged now. */
export type ChargeablePack = {
  slot: number;
  packClass: string;
  socPct: number;
  /** Full charge today, mAh. */
  capacityMah: number;
  voltageMv: number;
  /** What its charger may give, mA. */
  maxMa: number;
  minDeciC?: number | undefined;
  maxDeciC?: number | undefined;
  /** What flows into it now, mA; a pack near full takes less than it may. */
  currentMa?: number | undefined;
};

/** So many packs (of a class, or of any) must be ready in so many minutes. */
export type ReadyPromise = { count: number; inMinutes: number; packClass?: string | undefined };

export type ChargePlanInput = {
  /** Packs that may be charged. */
  packs: readonly ChargeablePack[];
  /** Packs that are ready and need no charge, by class, for the promises. */
  readyByClass: Readonly<Record<string, number>>;
  /** What all chargers together may draw from the mains, W; null = no limit. */
  powerW: number | null;
  /** Charge at which a pack may leave, %. */
  readySocPct: number;
  promises: readonly ReadyPromise[];
  /** Electricity gets cheaper later today: what need not be charged now waits. */
  isDear: boolean;
};

export type ChargeReason = 'promised' | 'cheap-hours' | 'waits-for-cheap-hours' | 'no-power-left';
export type PlannedCharge = { slot: number; limitMa: number; reason: ChargeReason };

/** Mains power that becomes charge. */
export const CHARGER_EFFICIENCY = 0.92;
/** Slack that every promise gets: forecasts err, doors stand open. */
export const MARGIN_MINUTES = 10;
export const MARGIN_SHARE = 1.1;
/** Limits come in steps of this, so that they do not change with every reading; less than one step is no charge. */
export const LIMIT_STEP_MA = 500;

/**
 * Shares the site's power among the packs. What a promise needs now comes first, by deadline; the rest charges when electricity is cheap,
 * nearest to ready first. Pure.
 *
 * INVARIANTS (tested as properties)
 * - The limits together never draw more than `powerW`, and no pack gets more than its charger may give.
 * - A promise that is within reach (`minutesToKeep` and the margin) is kept.
 * - While it is dear, only promised packs charge, and only when they can wait no longer.
 */
export function planCharge(input: ChargePlanInput): PlannedCharge[] {
  const { packs, powerW, isDear } = input;
  const due = duePacks(input);
  const isDue = (pack: ChargeablePack): boolean => due.has(pack.slot);
  const missing = (pack: ChargeablePack): number => Math.max(0, input.readySocPct - pack.socPct);
  const order = [...packs].sort(
    (a, b) =>
      (due.get(a.slot) ?? Number.POSITIVE_INFINITY) - (due.get(b.slot) ?? Number.POSITIVE_INFINITY) ||
      missing(a) - missing(b) ||
      b.socPct - a.socPct ||
      a.slot - b.slot,
  );
  let leftW = powerW ?? Number.POSITIVE_INFINITY;
  return order
    .map((pack): PlannedCharge => {
      const { slot } = pack;
      if (isDear && !isDue(pack)) return { slot, limitMa: 0, reason: 'waits-for-cheap-hours' };
      const affordableMa = currentFor(leftW, pack.voltageMv);
      const limitMa = stepped(Math.min(pack.maxMa, affordableMa));
      if (limitMa === 0) return { slot, limitMa, reason: 'no-power-left' };
      leftW -= powerOf(limitMa, pack.voltageMv);
      return { slot, limitMa, reason: isDue(pack) ? 'promised' : 'cheap-hours' };
    })
    .sort((a, b) => a.slot - b.slot);
}

const stepped = (ma: number): number => Math.floor(ma / LIMIT_STEP_MA) * LIMIT_STEP_MA;
/** Mains power that a charge current takes, W. */
export const powerOf = (ma: number, mv: number): number => (ma * mv) / 1e6 / CHARGER_EFFICIENCY;
const currentFor = (watt: number, mv: number): number =>
  mv > 0 ? (watt * CHARGER_EFFICIENCY * 1e6) / mv : 0;

type Need = { pack: ChargeablePack; deadlineMinutes: number; minutes: number };

/** Packs that must charge now for a promise, with their turn. */
function duePacks(input: ChargePlanInput): ReadonlyMap<number, number> {
  const needs = promisedPacks(input);
  const finish = finishMinutes(needs, input);
  const due = new Map<number, number>();
  let latest = 0;
  for (const [index, { deadlineMinutes }] of needs.entries()) {
    latest = Math.max(latest, finish[index] ?? 0);
    const slack = deadlineMinutes - latest * MARGIN_SHARE - MARGIN_MINUTES;
    if (slack > 0) continue;
    // The whole queue up to this deadline must move, or this one comes too late.
    for (const [turn, need] of needs.slice(0, index + 1).entries()) due.set(need.pack.slot, turn);
  }
  return due;
}

/** Minutes until all promised packs would be ready if they began now; Infinity when they never would. */
export const minutesToKeep = (input: ChargePlanInput): number =>
  Math.max(0, ...finishMinutes(promisedPacks(input), input));

/** When each would be ready if they began now, the power shared in their order. */
function finishMinutes(needs: readonly Need[], { powerW, readySocPct }: ChargePlanInput): number[] {
  const fullW = needs.reduce((sum, { pack }) => sum + powerOf(pack.maxMa, pack.voltageMv), 0);
  if (powerW === null || fullW <= powerW) return needs.map(({ minutes }) => minutes);
  const finish = needs.map(() => Number.POSITIVE_INFINITY);
  let waiting = needs.map(({ pack }, index) => ({ pack, index }));
  let atMinutes = 0;
  while (waiting.length > 0) {
    let leftW = powerW;
    const running = waiting.map(({ pack, index }) => {
      const limitMa = stepped(Math.min(pack.maxMa, currentFor(leftW, pack.voltageMv)));
      leftW -= powerOf(limitMa, pack.voltageMv);
      const minutes = forecastReady({ ...pack, targetSocPct: readySocPct, chargeLimitMa: limitMa });
      return { pack, index, limitMa, minutes };
    });
    const nextMinutes = Math.min(...running.map(({ minutes }) => minutes ?? Number.POSITIVE_INFINITY));
    if (!Number.isFinite(nextMinutes)) break;
    atMinutes += nextMinutes;
    for (const { index, minutes } of running) if (minutes === nextMinutes) finish[index] = atMinutes;
    waiting = running
      .filter(({ minutes }) => minutes !== nextMinutes)
      .map(({ pack, index, limitMa }) => {
        const socPct = socAfterCharging({ ...pack, chargeLimitMa: limitMa }, nextMinutes);
        return { pack: { ...pack, socPct }, index };
      });
  }
  return finish;
}

/** Which packs the promises count on, earliest deadline first: of each class those that are ready soonest. */
function promisedPacks(input: ChargePlanInput): Need[] {
  const { packs, promises, readyByClass, readySocPct } = input;
  const taken = new Set<number>();
  const needs: Need[] = [];
  const minutesOf = (pack: ChargeablePack): number | null => {
    const limitMa = stepped(
      Math.min(pack.maxMa, currentFor(input.powerW ?? Number.POSITIVE_INFINITY, pack.voltageMv)),
    );
    const { socPct, capacityMah, minDeciC, maxDeciC } = pack;
    return forecastReady({
      socPct,
      targetSocPct: readySocPct,
      capacityMah,
      chargeLimitMa: limitMa,
      minDeciC,
      maxDeciC,
    });
  };
  for (const { count, inMinutes, packClass } of [...promises].sort((a, b) => a.inMinutes - b.inMinutes)) {
    const fits = (name: string): boolean => packClass === undefined || packClass === name;
    const ready = Object.entries(readyByClass).reduce((sum, [name, n]) => sum + (fits(name) ? n : 0), 0);
    const counted = needs.filter(({ pack }) => fits(pack.packClass)).length;
    const candidates = packs
      .filter((pack) => fits(pack.packClass) && !taken.has(pack.slot) && pack.socPct < readySocPct)
      .flatMap((pack) => {
        const minutes = minutesOf(pack);
        return minutes === null ? [] : [{ pack, minutes }];
      })
      .sort((a, b) => a.minutes - b.minutes || a.pack.slot - b.pack.slot);
    for (const { pack, minutes } of candidates.slice(0, Math.max(0, count - ready - counted))) {
      taken.add(pack.slot);
      needs.push({ pack: { ...pack, currentMa: undefined }, deadlineMinutes: inMinutes, minutes });
    }
  }
  return needs;
}
