import {
  choosePack,
  type PackCandidate,
  type PackRefusal,
  type PackWish,
  packRefusals,
  type SwapReason,
} from '@voltbay/protocol';
import type { PackView, SlotView, SwapRequest, SwapRules } from './types.js';

/** Alarms that an empty pack raises in normal use: they do not stop a return. */
const EMPTY_PACK_ALARMS: ReadonlySet<string> = new Set([
  'low_soc',
  'cell_under_voltage',
  'pack_under_voltage',
  'cell_imbalance',
]);
/** Alarms that a full pack raises in normal use: charging has stopped, nothing is wrong. */
const FULL_PACK_ALARMS: ReadonlySet<string> = new Set(['cell_over_voltage', 'pack_over_voltage']);

export type Verdict = { ok: true } | { ok: false; reason: SwapReason; detail: string };
const refuse = (reason: SwapReason, detail: string): Verdict => ({ ok: false, reason, detail });

const temperatureVerdict = (pack: PackView, rules: SwapRules): Verdict | null => {
  if (pack.maxDeciC !== null && pack.maxDeciC > rules.maxTemperatureDeciC)
    return refuse(
      'PACK_OVER_TEMPERATURE',
      `${pack.maxDeciC / 10} °C, limit ${rules.maxTemperatureDeciC / 10} °C`,
    );
  if (pack.minDeciC !== null && pack.minDeciC < rules.minTemperatureDeciC)
    return refuse(
      'PACK_OVER_TEMPERATURE',
      `${pack.minDeciC / 10} °C, lowest ${rules.minTemperatureDeciC / 10} °C`,
    );
  return null;
};

/** What the station answers to a swap for each refusal of the choice. */
const SWAP_REASON_OF: Record<PackRefusal, SwapReason> = {
  EXCLUDED: 'NO_PACK_READY',
  EMPTY: 'NO_PACK_READY',
  SLOT_FAULT: 'SLOT_UNSAFE',
  SLOT_NOT_SHUT: 'SLOT_UNSAFE',
  NO_READING: 'PACK_UNREADABLE',
  BAD_READING: 'PACK_UNREADABLE',
  QUARANTINED: 'NO_PACK_READY',
  HELD: 'NO_PACK_READY',
  WRONG_CLASS: 'WRONG_CLASS',
  ALARM: 'PACK_ALARM',
  TOO_HOT: 'PACK_OVER_TEMPERATURE',
  TOO_COLD: 'PACK_OVER_TEMPERATURE',
  LOW_SOC: 'NO_PACK_READY',
  NOT_THE_RESERVED_ONE: 'NO_PACK_READY',
};

/** A slot as the choice of a pack sees it. */
export function packCandidate({
  slot,
  packClass,
  door,
  lock,
  occupied,
  fault,
  pack,
}: SlotView): PackCandidate {
  return {
    slot,
    serial: pack?.packId,
    packClass: pack?.packClass ?? packClass,
    occupied,
    shut: door === 'closed' && lock === 'locked',
    fault,
    socPct: pack && pack.ageMs !== null ? pack.socPct : null,
    maxDeciC: pack?.maxDeciC ?? null,
    minDeciC: pack?.minDeciC ?? null,
    alarms: pack?.alarms ?? [],
    quality: pack?.quality ?? [],
    heldFor: pack?.heldFor,
  };
}

/** Whether a pack may leave for this request. A pack that is not read well and freshly never leaves. */
export function judgeDispense(slot: SlotView, request: SwapRequest, rules: SwapRules): Verdict {
  const [first] = packRefusals(packCandidate(slot), request, rules);
  return first ? refuse(SWAP_REASON_OF[first.code], first.detail) : { ok: true };
}

/** Whether only a good reading is missing for a slot of the right class. */
export function isUnread(slot: SlotView, request: SwapRequest, rules: SwapRules): boolean {
  const verdict = judgeDispense(slot, request, rules);
  return (
    !verdict.ok &&
    verdict.reason === 'PACK_UNREADABLE' &&
    slot.packClass === (request.packClass ?? slot.packClass)
  );
}

/** What a returned pack turned out to be. `identities`: label and serial, whichever are known. */
export type ReturnedPack = { identities: string[]; packClass: string | null; pack: PackView | null };

/** Whether a pack that a rider put in is taken. */
export function judgeReturned(returned: ReturnedPack, request: SwapRequest, rules: SwapRules): Verdict {
  const { identities, pack, packClass } = returned;
  const known = request.returnSerials ?? [];
  if (known.length > 0 && identities.length > 0 && !identities.some((identity) => known.includes(identity)))
    return refuse('PACK_NOT_YOURS', `${identities.join(' / ')} is none of ${known.join(', ')}`);
  if (!pack || pack.ageMs === null) return refuse('PACK_UNREADABLE', 'the pack did not answer');
  if (identities.length === 0) return refuse('UNKNOWN_PACK', 'no label and no serial number');
  if (request.packClass !== undefined && packClass !== null && packClass !== request.packClass)
    return refuse('WRONG_CLASS', `class ${packClass}, asked ${request.packClass}`);
  const temperature = temperatureVerdict(pack, rules);
  if (temperature) return temperature;
  const alarm = pack.alarms.find((name) => !EMPTY_PACK_ALARMS.has(name) && !FULL_PACK_ALARMS.has(name));
  if (alarm) return refuse('PACK_ALARM', alarm);
  return { ok: true };
}

/** The pack to hand out, by the rule that the hub explains too; `preferred` is the door the rider stands at. */
export function chooseDispenseSlot(
  slots: readonly SlotView[],
  request: SwapRequest,
  rules: SwapRules,
  except: readonly number[],
  preferred: number | null = null,
): SlotView | null {
  const wish: PackWish = { ...request, exceptSlots: except, preferredSlot: preferred };
  const { chosen } = choosePack(slots.map(packCandidate), wish, rules);
  return slots.find(({ slot }) => slot === chosen?.slot) ?? null;
}

/** Empty, shut, sound slot of the class; the one used before comes first so that the rider need not walk. */
export function chooseReturnSlot(
  slots: readonly SlotView[],
  request: SwapRequest,
  except: readonly number[],
  preferred: number | null,
): SlotView | null {
  const free = slots.filter(
    (slot) =>
      slot.occupied === false &&
      slot.fault === null &&
      slot.door === 'closed' &&
      slot.lock === 'locked' &&
      !except.includes(slot.slot) &&
      (request.packClass === undefined || slot.packClass === request.packClass),
  );
  return free.find(({ slot }) => slot === preferred) ?? free[0] ?? null;
}

/** Packs that could leave now for anybody, by class. */
export function readyByClass(slots: readonly SlotView[], rules: SwapRules): Record<string, number> {
  const anyone: SwapRequest = {
    swapId: '',
    requestId: '',
    origin: 'local',
    user: '',
    vehicle: '',
    returns: 0,
    count: 1,
  };
  const ready: Record<string, number> = {};
  for (const slot of slots)
    if (slot.pack && judgeDispense(slot, anyone, rules).ok)
      ready[slot.pack.packClass] = (ready[slot.pack.packClass] ?? 0) + 1;
  return ready;
}
