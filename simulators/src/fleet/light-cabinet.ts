import type { AskChargeData, ReadingMessage, SlotMessage } from '@voltbay/protocol';
import type { Random } from '../random.js';

/** A pack as far as a light station knows it: no cells, a state of charge. */
export interface LightPack {
  readonly serial: string;
  readonly packClass: string;
  socPct: number;
}

export type SwapPlan =
  | { ok: true; inSlot: number; outSlot: number; pack: LightPack }
  | { ok: false; reason: 'NO_PACK_READY' | 'NO_EMPTY_SLOT' };

/** What stands in a station without hardware: the truth about its slots, charged by the clock. */
export interface LightCabinet {
  /** Time passes: every pack in a slot charges. */
  charge(elapsedMs: number): void;
  readings(): ReadingMessage[];
  slots(): SlotMessage[];
  /** The fullest pack that the request allows, and where the returned one goes. Nothing moves. */
  plan(ask: AskChargeData): SwapPlan;
  put(slot: number, pack: LightPack): void;
  take(slot: number): LightPack;
  packs(): ReadonlyMap<number, LightPack>;
}

const MIN_DISPENSE_SOC_PCT = 80;
const FULL_SOC_PCT = 99.5;
/** Half the capacity in an hour, tapering off above this, as a CC/CV charger does. */
const CHARGE_PCT_PER_HOUR = 50;
const TAPER_FROM_PCT = 85;
const CELLS = 16;
const HOUR_MS = 3_600_000;

/** `packs` stand in slots 1, 2, …; the slots above them are empty. Throws when there are more packs than slots. */
export function createLightCabinet(options: {
  slots: number;
  packs: readonly LightPack[];
  random: Random;
}): LightCabinet {
  const { slots: count, random } = options;
  if (options.packs.length > count) throw new Error(`${options.packs.length} packs for ${count} slots`);
  const bySlot = new Map(options.packs.map((pack, i) => [i + 1, pack]));

  return {
    charge(elapsedMs) {
      for (const pack of bySlot.values()) pack.socPct = charged(pack.socPct, elapsedMs);
    },
    readings: () => [...bySlot].map(([slot, pack]) => reading(slot, pack, random)),
    slots: () =>
      Array.from({ length: count }, (_, i): SlotMessage => {
        const pack = bySlot.get(i + 1);
        const charging = pack !== undefined && pack.socPct < FULL_SOC_PCT;
        const use = pack === undefined ? 'empty' : pack.socPct >= MIN_DISPENSE_SOC_PCT ? 'ready' : 'charging';
        const base: SlotMessage = {
          slot: i + 1,
          door: 'closed',
          lock: 'locked',
          use,
          charging,
          enabled: true,
        };
        return pack
          ? { ...base, occupied: true, tag: pack.serial, packClass: pack.packClass }
          : { ...base, occupied: false };
      }),
    plan(ask) {
      const wanted = ask.dispense ?? {};
      const least = Math.max(MIN_DISPENSE_SOC_PCT, wanted.minSocPct ?? 0);
      const fits = [...bySlot].filter(
        ([, pack]) =>
          pack.socPct >= least &&
          (wanted.packClass === undefined || pack.packClass === wanted.packClass) &&
          (wanted.serials === undefined || wanted.serials.includes(pack.serial)),
      );
      const best = fits.sort(([, a], [, b]) => b.socPct - a.socPct)[0];
      if (!best) return { ok: false, reason: 'NO_PACK_READY' };
      const inSlot = Array.from({ length: count }, (_, i) => i + 1).find((slot) => !bySlot.has(slot));
      if (inSlot === undefined) return { ok: false, reason: 'NO_EMPTY_SLOT' };
      return { ok: true, inSlot, outSlot: best[0], pack: best[1] };
    },
    put(slot, pack) {
      if (bySlot.has(slot)) throw new Error(`slot ${slot} is taken`);
      bySlot.set(slot, pack);
    },
    take(slot) {
      const pack = bySlot.get(slot);
      if (!pack) throw new Error(`slot ${slot} is empty`);
      bySlot.delete(slot);
      return pack;
    },
    packs: () => bySlot,
  };
}

/** State of charge after so long on the charger. */
export function charged(socPct: number, elapsedMs: number): number {
  let soc = socPct;
  let leftMs = elapsedMs;
  if (soc < TAPER_FROM_PCT) {
    const untilTaperMs = ((TAPER_FROM_PCT - soc) / CHARGE_PCT_PER_HOUR) * HOUR_MS;
    const ms = Math.min(leftMs, untilTaperMs);
    soc += (ms / HOUR_MS) * CHARGE_PCT_PER_HOUR;
    leftMs -= ms;
  }
  if (leftMs <= 0) return soc;
  const perHour = CHARGE_PCT_PER_HOUR / (100 - TAPER_FROM_PCT);
  return 100 - (100 - soc) * Math.exp((-perHour * leftMs) / HOUR_MS);
}

function reading(slot: number, pack: LightPack, random: Random): ReadingMessage {
  const charging = pack.socPct < FULL_SOC_PCT;
  const cellMv = Array.from({ length: CELLS }, () => Math.round(3250 + pack.socPct + random.between(-4, 4)));
  return {
    slot,
    bluetooth: false,
    charge: charging,
    maxVol: Math.max(...cellMv),
    packClass: pack.packClass,
    serial: pack.serial,
    voltageMv: cellMv.reduce((sum, mv) => sum + mv, 0),
    currentMa: charging ? 10_000 : 0,
    socPct: Math.round(pack.socPct * 10) / 10,
    cellMv,
    temperaturesDeciC: [245, 246, 248],
    alarms: [],
  };
}
