import type { ReadingMessage, SwapReason } from '@voltbay/protocol';
import type { SwapConfig } from '../config/config.js';

/** What a swap was asked to do, fixed at acceptance. */
export type SwapRequest = {
  swapId: string;
  /** The command or the local start that asked for it. */
  requestId: string;
  origin: 'remote' | 'local' | 'offline';
  /** The request at the hub behind a remote swap, for log lines. */
  hubRequestId?: string;
  orderId?: string;
  user: string;
  vehicle: string;
  /** Packs that the rider brings back; 0 for a new customer. */
  returns: number;
  /** Serials that the rider is known to hold. */
  returnSerials?: string[];
  /** Packs to hand out. */
  count: number;
  /** The charged packs leave first, the rider's own come in afterwards. */
  outFirst?: boolean;
  packClass?: string;
  minSocPct?: number;
  /** Packs that are reserved for this order. */
  serials?: string[];
};

export type DoorPurpose = 'return' | 'dispense' | 'give-back';

/** Why a door that was asked to open is known not to have moved. `unfit`: its pack may not leave any more. */
export type NotOpenedCause = 'jam' | 'unfit' | 'busy' | 'no-power' | 'maintenance' | 'refused' | 'silent';

/**
 * Journal of one swap. `opening` is written before a lock moves, every other step after it was seen. The state of a swap is the fold
 * of its steps and nothing else, so a restarted agent stands where the killed one stood.
 */
export type SwapJournalStep =
  | { step: 'accepted' }
  | {
      step: 'opening';
      purpose: DoorPurpose;
      slot: number;
      token: string;
      packId?: string;
      reading?: ReadingMessage;
    }
  | { step: 'released'; slot: number }
  | { step: 'not-opened'; slot: number; cause: NotOpenedCause; detail?: string }
  | { step: 'opened'; slot: number }
  | { step: 'pack-inserted'; slot: number }
  | { step: 'pack-taken'; slot: number }
  /** `foreignPackId`: the charged pack is gone and another one stands in its place. */
  | { step: 'closed'; slot: number; occupied: boolean; foreignPackId?: string }
  | { step: 'left-open'; slot: number }
  | { step: 'verified'; slot: number; packId?: string; reading?: ReadingMessage }
  | { step: 'pack-refused'; slot: number; packId?: string; reason: SwapReason; detail?: string }
  | { step: 'failing'; reason: SwapReason; detail?: string }
  | { step: 'unknown'; reason: SwapReason; detail?: string }
  | { step: 'resumed'; epoch: number }
  | { step: 'ended'; outcome: SwapOutcome; reason?: SwapReason; detail?: string };

export type SwapOutcome = 'completed' | 'failed';

export type DoorCycle = {
  purpose: DoorPurpose;
  slot: number;
  token: string;
  status: 'intended' | 'released' | 'opened';
  packId?: string;
  /** Reading on whose strength a charged pack was let go. */
  reading?: ReadingMessage;
  /** The pack sensor changed in the expected direction since the release. */
  packMoved: boolean;
};

export type SwapState = {
  request: SwapRequest;
  /** Doors asked to open so far; numbers the tokens. */
  opens: number;
  door: DoorCycle | null;
  /** Closed with a pack inside that nobody has looked at yet. */
  toVerify: number | null;
  /** A pack that must go back to the rider, with the reason. */
  refused: { slot: number; packId?: string; reason: SwapReason; detail?: string } | null;
  returned: { slot: number; packId?: string }[];
  dispensed: { slot: number; packId?: string; doorLeftOpen: boolean }[];
  givenBack: { slot: number; taken: boolean }[];
  jammed: number[];
  /** Doors that closed again without the pack moving, by purpose. */
  idleCycles: Record<DoorPurpose, number>;
  lastSlot: Record<DoorPurpose, number | null>;
  pulledBack: boolean;
  failing: { reason: SwapReason; detail?: string } | null;
  unknown: { reason: SwapReason } | null;
  ended: { outcome: SwapOutcome; reason?: SwapReason; detail?: string } | null;
};

/** One slot as a decision sees it: fresh sensors, what the agent knows of the pack. */
export type SlotView = {
  slot: number;
  /** Class of packs that this slot takes, from the config. */
  packClass: string;
  door: 'closed' | 'open' | 'unknown';
  lock: 'locked' | 'unlocked' | 'jam' | 'unknown';
  occupied: boolean | null;
  /** The slot may not be used, with the reason (a jam, a technician's mark). */
  fault: string | null;
  pack: PackView | null;
};

export type PackView = {
  packId?: string;
  packClass: string;
  socPct: number | null;
  /** Hottest and coldest sensor, 0.1 °C. */
  maxDeciC: number | null;
  minDeciC: number | null;
  alarms: string[];
  quality: string[];
  /** Age of the reading on the monotonic clock; null when there is none. */
  ageMs: number | null;
  /** May leave only for this order; `null` order = for nobody. */
  heldFor?: { orderId: string | null };
};

export type SwapRules = {
  minDispenseSocPct: number;
  maxTemperatureDeciC: number;
  minTemperatureDeciC: number;
  returnTimeoutMs: number;
  collectTimeoutMs: number;
  /** How old a reading may be when a pack is let go on its strength. */
  maxReadingAgeMs: number;
  /** Time a door may stand open beyond the timeout before it counts as left open. */
  closeGraceMs: number;
  /** How long the cabinet may be silent before the outcome is reported as unknown. */
  silentLimitMs: number;
  /** A lock that still reads locked this soon after a release has not moved yet. */
  settleMs: number;
  /** Doors that may close again unused before the rider counts as gone. */
  maxIdleCycles: number;
  /** Repeats of a release with the same token while it is not known whether the lock moved. */
  maxRepeats: number;
};

export const DEFAULT_SWAP_RULES: SwapRules = {
  minDispenseSocPct: 80,
  maxTemperatureDeciC: 550,
  minTemperatureDeciC: -200,
  returnTimeoutMs: 120_000,
  collectTimeoutMs: 120_000,
  maxReadingAgeMs: 30_000,
  closeGraceMs: 60_000,
  silentLimitMs: 60_000,
  settleMs: 1_500,
  maxIdleCycles: 5,
  maxRepeats: 5,
};

/** The rules of a station: its config file over the defaults; `over` wins over both. */
export const swapRules = (config: SwapConfig, over: Partial<SwapRules> = {}): SwapRules => ({
  ...DEFAULT_SWAP_RULES,
  minDispenseSocPct: config.minDispenseSocPct,
  maxTemperatureDeciC: config.maxTemperatureDeciC,
  minTemperatureDeciC: config.minTemperatureDeciC,
  returnTimeoutMs: config.returnTimeoutS * 1000,
  collectTimeoutMs: config.collectTimeoutS * 1000,
  ...over,
});
