/**
 * Which pack leaves the cabinet, and why. One rule for the station, which acts on it, and the hub, which explains it to operators.
 * Pure: the answer depends on the arguments alone, not on their order.
 */

/** Why a pack may not leave, in the order in which the first one is named to people. */
export const PACK_REFUSALS = [
  'EXCLUDED',
  'EMPTY',
  'SLOT_FAULT',
  'SLOT_NOT_SHUT',
  'NO_READING',
  'BAD_READING',
  'QUARANTINED',
  'HELD',
  'WRONG_CLASS',
  'ALARM',
  'TOO_HOT',
  'TOO_COLD',
  'LOW_SOC',
  'NOT_THE_RESERVED_ONE',
] as const;
export type PackRefusal = (typeof PACK_REFUSALS)[number];

/** Why a fit pack stands where it stands: what set it apart from the chosen one, or the chosen one from the next. */
export const PACK_PREFERENCES = ['ONLY_ONE', 'SAME_DOOR', 'CHARGE', 'TEMPERATURE', 'SLOT_ORDER'] as const;
export type PackPreference = (typeof PACK_PREFERENCES)[number];

/** One slot with what is known of its pack. */
export type PackCandidate = {
  slot: number;
  /** Label or serial number, whichever the station goes by. */
  serial?: string | undefined;
  packClass: string;
  /** null = the sensor says nothing. */
  occupied: boolean | null;
  /** Door closed and lock locked. */
  shut: boolean;
  /** Why the slot may not be used; null = sound. */
  fault: string | null;
  /** null = never read, or no reading fit to decide on. */
  socPct: number | null;
  /** Hottest and coldest sensor, 0.1 °C. */
  maxDeciC: number | null;
  minDeciC: number | null;
  alarms: readonly string[];
  /** Quality flags of the reading (`stale`, `implausible`, …); any makes it unfit. */
  quality: readonly string[];
  /** May leave for this order only; order `null` = for nobody (quarantine). */
  heldFor?: { orderId: string | null } | undefined;
};

/** What the order asks for. */
export type PackWish = {
  orderId?: string | undefined;
  packClass?: string | undefined;
  /** Wins over the station's limit, in both directions. */
  minSocPct?: number | undefined;
  /** Packs reserved for the order; absent or empty = any. */
  serials?: readonly string[] | undefined;
  /** The door that the rider stands at already; taken when its pack is fit. */
  preferredSlot?: number | null | undefined;
  /** Slots tried in vain, or taken by this very swap. */
  exceptSlots?: readonly number[] | undefined;
};

/** The station's own limits. */
export type PackLimits = {
  minDispenseSocPct: number;
  /** 0.1 °C. */
  maxTemperatureDeciC: number;
  minTemperatureDeciC: number;
};

export type PackVerdict = { code: PackRefusal; detail: string };

export type RankedPack = {
  slot: number;
  serial?: string;
  ok: boolean;
  /** Every refusal, or the one preference. */
  reasons: (PackRefusal | PackPreference)[];
  /** The refusals in words, English; empty for a fit pack. */
  detail: string;
  /** Larger is better, comparable within one choice: charge in 0.1 % counts before temperature. null = not fit. */
  score: number | null;
};

export type PackChoice = {
  /** null = no pack may leave. */
  chosen: { slot: number; serial?: string } | null;
  /** Fit packs first, best first; then the others by slot. */
  ranked: RankedPack[];
};

/** Alarms that a full pack raises in normal use: charging has stopped, nothing is wrong. */
const FULL_PACK_ALARMS: ReadonlySet<string> = new Set(['cell_over_voltage', 'pack_over_voltage']);

/** Everything that keeps a pack from leaving for this wish, most telling first; empty = it may leave. */
export function packRefusals(candidate: PackCandidate, wish: PackWish, limits: PackLimits): PackVerdict[] {
  const found: PackVerdict[] = [];
  const refuse = (code: PackRefusal, detail: string): void => {
    found.push({ code, detail });
  };
  const { slot, serial, heldFor, socPct, maxDeciC, minDeciC } = candidate;
  if (wish.exceptSlots?.includes(slot)) refuse('EXCLUDED', 'left out of this choice');
  if (candidate.occupied !== true) {
    refuse('EMPTY', candidate.occupied === null ? 'the sensor says nothing' : 'empty');
    return found;
  }
  if (candidate.fault !== null) refuse('SLOT_FAULT', candidate.fault);
  if (!candidate.shut) refuse('SLOT_NOT_SHUT', 'door or lock is not shut');
  if (socPct === null) refuse('NO_READING', 'no reading');
  else if (candidate.quality.length > 0) refuse('BAD_READING', candidate.quality.join(', '));
  if (heldFor && heldFor.orderId === null) refuse('QUARANTINED', 'held');
  else if (heldFor && heldFor.orderId !== wish.orderId) refuse('HELD', 'held');
  if (wish.packClass !== undefined && candidate.packClass !== wish.packClass)
    refuse('WRONG_CLASS', `class ${candidate.packClass}, asked ${wish.packClass}`);
  const alarms = candidate.alarms.filter((name) => !FULL_PACK_ALARMS.has(name));
  if (alarms.length > 0) refuse('ALARM', alarms.join(', '));
  if (maxDeciC !== null && maxDeciC > limits.maxTemperatureDeciC)
    refuse('TOO_HOT', `${maxDeciC / 10} °C, limit ${limits.maxTemperatureDeciC / 10} °C`);
  if (minDeciC !== null && minDeciC < limits.minTemperatureDeciC)
    refuse('TOO_COLD', `${minDeciC / 10} °C, lowest ${limits.minTemperatureDeciC / 10} °C`);
  const minSocPct = wish.minSocPct ?? limits.minDispenseSocPct;
  if (socPct !== null && socPct < minSocPct) refuse('LOW_SOC', `${socPct} %, needs ${minSocPct} %`);
  if (wish.serials && wish.serials.length > 0 && !(serial !== undefined && wish.serials.includes(serial)))
    refuse('NOT_THE_RESERVED_ONE', 'another pack is reserved for this order');
  return found;
}

/**
 * Fullest pack first (in steps of 0.1 %), coolest among equals, lowest slot last; the door the rider stands at comes before all that.
 * Never throws; slots must be unique.
 */
export function choosePack(
  candidates: readonly PackCandidate[],
  wish: PackWish,
  limits: PackLimits,
): PackChoice {
  const judged = candidates.map((candidate) => {
    const refusals = packRefusals(candidate, wish, limits);
    return { candidate, refusals, score: refusals.length === 0 ? packScore(candidate) : null };
  });
  type Judged = (typeof judged)[number];
  const isPreferred = ({ candidate }: Judged): boolean => candidate.slot === wish.preferredSlot;
  const bySlot = (a: Judged, b: Judged): number => a.candidate.slot - b.candidate.slot;
  const fit = judged
    .filter(({ score }) => score !== null)
    .sort(
      (a, b) =>
        Number(isPreferred(b)) - Number(isPreferred(a)) || (b.score ?? 0) - (a.score ?? 0) || bySlot(a, b),
    );
  const unfit = judged.filter(({ score }) => score === null).sort(bySlot);
  const [best, second] = fit;
  const ranked = [...fit, ...unfit].map((entry): RankedPack => {
    const { candidate, refusals, score } = entry;
    const other = entry === best ? second : best;
    const preference: PackPreference = !other
      ? 'ONLY_ONE'
      : isPreferred(entry) || isPreferred(other)
        ? 'SAME_DOOR'
        : difference(candidate, other.candidate);
    return {
      ...named(candidate),
      ok: score !== null,
      reasons: score === null ? refusals.map(({ code }) => code) : [preference],
      detail: refusals.map(({ detail }) => detail).join('; '),
      score,
    };
  });
  return { chosen: best ? named(best.candidate) : null, ranked };
}

const named = ({ slot, serial }: PackCandidate): { slot: number; serial?: string } => ({
  slot,
  ...(serial !== undefined && { serial }),
});

/** Room for the temperature below one step of charge. */
const CHARGE_STEP = 10_000;
const tenths = (socPct: number | null): number => Math.round((socPct ?? 0) * 10);
/** An unknown temperature ranks as a hot one. */
const warmth = (maxDeciC: number | null): number =>
  Math.max(0, Math.min(CHARGE_STEP - 1, Math.round(maxDeciC ?? 1_000) + 1_000));

const packScore = ({ socPct, maxDeciC }: PackCandidate): number =>
  tenths(socPct) * CHARGE_STEP + (CHARGE_STEP - 1 - warmth(maxDeciC));

function difference(a: PackCandidate, b: PackCandidate): PackPreference {
  if (tenths(a.socPct) !== tenths(b.socPct)) return 'CHARGE';
  return warmth(a.maxDeciC) === warmth(b.maxDeciC) ? 'SLOT_ORDER' : 'TEMPERATURE';
}
