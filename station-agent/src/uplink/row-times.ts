import type { ClockQuality } from '@voltbay/protocol';
import type { Clock } from '../clock.js';
import type { HubClock } from './hub-clock.js';

/** Farther off than this a record's time is not its true time. */
const TRUE_WITHIN_MS = 2_000;
/** The wall clock was set when it runs this far from where the monotonic clock would have it. */
const JUMP_MS = 1_000;
const MAX_STRETCHES = 64;
/** No record can be older: such a clock has never been set. */
const SENSE_MS = Date.parse('2020-01-01T00:00:00Z');

export type RowTimes = ReturnType<typeof createRowTimes>;

/**
 * How far the times in a message are off. What was recorded before the hub was heard carries whatever the wall clock said; the
 * monotonic clock tells afterwards by how much that was wrong, also when the wall clock was set in between.
 */
export function createRowTimes(deps: { epoch: number; wall: Clock; hubClock: HubClock }) {
  const { epoch, wall, hubClock } = deps;
  /** Rows from `fromSeq` on were labelled by a wall clock that stood so far from the monotonic one. */
  const stretches: { fromSeq: number; aheadMs: number }[] = [];
  let nextSeq = 0;
  /** First row that was labelled with the hub's time. */
  let trueFromSeq: number | null = null;

  return {
    /** Rows up to `seq` have just been written. */
    written(seq: number): void {
      if (seq < nextSeq) return;
      if (hubClock.hubNowMs() === null) {
        const aheadMs = wall.nowMs() - wall.monotonicMs();
        const last = stretches.at(-1);
        const jumped = !last || Math.abs(aheadMs - last.aheadMs) > JUMP_MS;
        if (jumped && stretches.length < MAX_STRETCHES) stretches.push({ fromSeq: nextSeq, aheadMs });
      } else trueFromSeq ??= nextSeq;
      nextSeq = seq + 1;
    },
    quality(row: { epoch: number; seq: number; atMs: number }): ClockQuality {
      // An earlier start may have gone by the hub's time: how the wall clock stands now says nothing of its rows' offset.
      if (row.epoch !== epoch) return { synced: row.atMs >= SENSE_MS && hubClock.quality().synced };
      if (trueFromSeq !== null && row.seq >= trueFromSeq) return { synced: true, offsetMs: 0 };
      const hubMs = hubClock.hubNowMs();
      const stretch = stretches.findLast(({ fromSeq }) => fromSeq <= row.seq);
      if (hubMs === null || !stretch) return { synced: false };
      const offsetMs = Math.round(stretch.aheadMs - (hubMs - wall.monotonicMs()));
      return { synced: Math.abs(offsetMs) <= TRUE_WITHIN_MS, offsetMs };
    },
  };
}
