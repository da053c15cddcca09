import type { PackReading } from '@voltbay/protocol';
import type { PackReader, ReaderResult } from '../drivers/driver.js';
import type { HardwareClock } from '../hardware/deps.js';
import type { PackReadOutcome, PackSourceStats, SlotReading } from '../hardware/ports.js';
import { judgeReading } from './quality.js';
import type { PollingRates, SlotPollState } from './schedule.js';

/** How a slot's pack is read. */
export type SlotPlan = {
  slot: number;
  driver: string;
  transport: 'serial' | 'ble';
  /** A reader without memory, for the pack that is put in. */
  createReader(): PackReader;
};

/** A reading is `stale` after this many idle periods without a new one. */
const STALE_PERIODS = 3;
const STALE_MIN_MS = 15_000;

/** What is known of one slot: its schedule, its pack's reader, the last good reading, the counters. */
export type SlotRecord = {
  readonly plan: SlotPlan;
  readonly state: SlotPollState;
  tag(): string | undefined;
  reader(): PackReader;
  /** Changes with each pack that is put in or taken out; a read that began under another one is of another pack. */
  generation(): number;
  /** True when it is another pack, or none, than before. */
  packChanged(present: boolean, tag: string | undefined): boolean;
  /** Counts the result of a read; gives what the caller is told. */
  take(result: ReaderResult): PackReadOutcome;
  latest(): SlotReading | null;
  stats(): PackSourceStats['slots'][number];
};

export function createSlotRecord(plan: SlotPlan, clock: HardwareClock, rates: PollingRates): SlotRecord {
  const staleMs = Math.max(STALE_MIN_MS, STALE_PERIODS * rates.idleMs);
  const state: SlotPollState = {
    slot: plan.slot,
    present: null,
    urgent: false,
    silentStreak: 0,
    lastStartMs: null,
  };
  const counters = { reads: 0, silent: 0, badFrames: 0 };
  let reader = plan.createReader();
  let tag: string | undefined;
  let generation = 0;
  let last: SlotReading | null = null;
  let lastError: string | undefined;

  function good(reading: PackReading): SlotReading {
    const monotonicMs = clock.monotonicMs();
    return {
      slot: plan.slot,
      atMs: clock.nowMs(),
      monotonicMs,
      source: plan.driver,
      transport: plan.transport,
      reading,
      quality: judgeReading(reading, monotonicMs, last),
    };
  }

  return {
    plan,
    state,
    tag: () => tag,
    reader: () => reader,
    generation: () => generation,
    packChanged(present, newTag) {
      // A known pack whose label was read later, or not again, is still the same pack.
      const samePack =
        state.present === present && (newTag === undefined || tag === undefined || newTag === tag);
      const firstNews = state.present === null;
      if (samePack && present) tag ??= newTag;
      state.present = present;
      state.lastStartMs = null;
      state.silentStreak = 0;
      if (samePack) return false;
      tag = present ? newTag : undefined;
      if (firstNews && present && last) return false;
      generation += 1;
      last = null;
      reader = plan.createReader();
      return true;
    },
    take(result) {
      counters.reads += 1;
      if (result.ok) {
        state.silentStreak = 0;
        last = good(result.reading);
        return { ok: true, value: last };
      }
      const { reason, detail } = result;
      if (reason === 'silent') {
        counters.silent += 1;
        state.silentStreak += 1;
      } else if (reason === 'bad-frame' || reason === 'refused') {
        counters.badFrames += 1;
      }
      if (reason !== 'cancelled') lastError = detail;
      return { ok: false, reason: reason === 'refused' ? 'bad-frame' : reason, detail };
    },
    latest() {
      if (!last || clock.monotonicMs() - last.monotonicMs <= staleMs) return last;
      return { ...last, quality: [...last.quality, 'stale'] };
    },
    stats: () => ({
      slot: plan.slot,
      driver: plan.driver,
      ...counters,
      lastError,
      lastGoodAtMs: last?.atMs,
    }),
  };
}
